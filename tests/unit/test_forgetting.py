from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from sovl_core.error_handling import BadInput, SOVLError
from sovl_core.events import Dream, Feedback, Forgetting, Night, NightInterrupted, NightReport
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin, PluginState
from sovl_core.plugin_manager import PluginManager

SECRET, OTHER = "My cat is called Zanzibar.", "I live in Graz."


class Keeper(Plugin):
    """Sleeps, learning everything, and keeps the words of each memory in its state until they are forgotten."""

    name = "keeper"

    def __init__(self) -> None:
        self.words: Dict[str, str] = {}
        self.told: List[List[int]] = []
        self.live: Callable[[Night], NightReport] = self.learn

    def learn(self, night: Night) -> NightReport:
        self.words.update({str(memory.id): memory.prompt for memory in night.memories})
        return NightReport("accepted", learned=[memory.id for memory in night.memories])

    @hookimpl
    def on_sleep(self, night: Night) -> NightReport:
        return self.live(night)

    @hookimpl
    def on_forget(self, forgetting: Forgetting) -> None:
        self.told.append(forgetting.episodes)
        for number in forgetting.episodes:
            self.words.pop(str(number), None)

    @hookimpl
    def on_save_state(self, state: PluginState) -> None:
        state.values.update(self.words)

    @hookimpl
    def on_load_state(self, state: PluginState) -> None:
        self.words = dict(state.values)


class Sleepless(Plugin):
    """Another plugin than the keeper, which is absent."""

    name = "sleepless"


@pytest.fixture
def keeper() -> Keeper:
    return Keeper()


@pytest.fixture
def system(life_of: Any, keeper: Keeper) -> Any:
    return life_of(keeper)


def readable(system: Any) -> List[str]:
    """Return the files of a life in which the secret can be read; nights on the disk are another matter."""
    found = []
    for path in sorted(system.life.path.rglob("*")):
        if path.is_file() and b"zanzibar" in path.read_bytes().lower():
            found.append(path.name)
    return found


def test_what_is_forgotten_can_be_read_nowhere_in_the_life(system: Any, keeper: Keeper) -> None:
    system.generate(SECRET)
    system.sleep()
    system.save()
    system.life.history_path.write_text(f"\n# now\n+{SECRET}\n", encoding="utf-8")
    assert readable(system) == ["history", "journal.db-wal", "keeper.json"]

    forgotten = system.forget(1)

    assert readable(system) == []
    assert (forgotten.episodes, forgotten.still_shows, forgotten.nights, forgotten.traces) == ([1], True, [1], False)
    assert keeper.told == [[1]]
    assert system.journal.unfinished_forgetting() == []
    assert system.vitals.last_prompt == ""


def test_what_no_night_has_learned_shows_nowhere(system: Any) -> None:
    system.tell(OTHER)
    system.sleep()
    secret = system.tell(SECRET)
    system.journal.add_dreams(None, [Dream("question", "what?", "Zanzibar", [secret.id])])
    forgotten = system.forget(secret.id, secret.id)
    assert (forgotten.episodes, forgotten.dreams) == ([secret.id], 1)
    assert (forgotten.still_shows, forgotten.nights) == (False, [])


def test_turns_that_say_it_too_are_named_and_stay(system: Any) -> None:
    system.generate(SECRET)
    again = system.generate(f"Once more: {SECRET}").episode
    # The echo repeats what is said in its reply.
    assert system.forget(1).said_again == [again]
    assert system.journal.episode(again) is not None
    assert system.forget(again).said_again == []


def test_what_does_not_exist_cannot_be_forgotten(system: Any, keeper: Keeper) -> None:
    kept = system.tell(SECRET)
    with pytest.raises(BadInput, match=r"no turn 9 .*sovl search"):
        system.forget(kept.id, 9)
    assert system.journal.episode(kept.id) is not None
    assert keeper.told == []


def test_a_deep_night_is_free_of_it_and_older_nights_can_be_purged(system: Any, memory_store: Any) -> None:
    system.tell(SECRET)
    system.tell(OTHER)
    system.sleep()
    system.tell("It rains.")
    system.sleep()
    system.forget(1)
    assert system.status()["nights"]["forgotten_but_learned"] == [1]
    with pytest.raises(BadInput, match=r"Night 2, the one in use.*sovl sleep --deep"):
        system.purge_nights()

    assert system.sleep().learned == [2, 3]
    assert system.status()["nights"]["forgotten_but_learned"] == []

    assert system.purge_nights() == [1, 2]
    assert memory_store.numbers() == [3]
    assert [night.status for night in system.journal.nights()] == ["purged", "purged", "accepted"]
    with pytest.raises(BadInput, match="Night 2 is no more"):
        system.use_night(2)
    assert system.journal.current_night() == 3
    assert system.purge_nights() == []


def test_purging_that_was_interrupted_is_gone_on_with(system: Any, memory_store: Any, mocker: Any) -> None:
    system.tell(SECRET)
    system.sleep()
    system.forget(1)
    system.sleep()
    mocker.patch.object(memory_store, "remove", side_effect=OSError("killed"))
    with pytest.raises(OSError, match="killed"):
        system.purge_nights()
    assert system.journal.night(1).status == "purged"
    mocker.stopall()
    assert system.purge_nights() == [1]
    assert memory_store.numbers() == [2]


def test_an_interrupted_night_is_purged_with_the_one_it_builds_on(system: Any, keeper: Keeper) -> None:
    folders: List[Path] = []

    def interrupted(night: Night) -> NightReport:
        (night.folder / "checkpoint").write_text("weights that know the cat")
        folders.append(night.folder)
        raise NightInterrupted()

    system.tell(SECRET)
    system.sleep()
    system.forget(1)
    system.tell(OTHER)
    keeper.live = interrupted
    with pytest.raises(NightInterrupted):
        system.sleep(deep=False)
    system.use_night(None)
    assert system.purge_nights() == [1]
    assert not folders[0].exists()
    assert system.journal.night(2).status == "failed"

    # A deep one builds on nothing.
    with pytest.raises(NightInterrupted):
        system.sleep(deep=True)
    system.purge_nights()
    assert system.journal.night(3).status == "running"


@pytest.mark.parametrize("work", ["forget", "purge"])
def test_nothing_is_forgotten_in_the_middle_of_a_night(system: Any, keeper: Keeper, work: str) -> None:
    system.tell(SECRET)
    refused: List[SOVLError] = []

    def ask() -> None:
        with pytest.raises(SOVLError) as caught:
            system.forget(1) if work == "forget" else system.purge_nights()
        refused.append(caught.value)

    def live(night: Night) -> NightReport:
        asking = threading.Thread(target=ask)
        asking.start()
        while asking.is_alive():
            night.breathe()
            asking.join(0.005)
        return keeper.learn(night)

    keeper.live = live
    system.sleep()
    assert "a night is in progress" in str(refused[0])
    assert system.journal.episode(1) is not None


def test_an_interrupted_night_that_dreamed_of_it_is_not_gone_on_with(
    system: Any, keeper: Keeper, memory_store: Any
) -> None:
    system.tell(SECRET)
    system.tell(OTHER)

    def live(night: Night) -> NightReport:
        (night.folder / "checkpoint").write_text("weights that know of it")
        system.journal.add_dreams(night.number, [Dream("question", "what?", SECRET, [1])])
        raise NightInterrupted

    keeper.live = live
    with pytest.raises(NightInterrupted):
        system.sleep()
    system.forget(1)
    assert not memory_store.working_folder(1).exists()
    keeper.live = keeper.learn
    report = system.sleep()
    assert (report.number, report.learned) == (2, [2])


def test_forgetting_that_was_interrupted_is_finished_at_the_next_start(life_of: Any, mocker: Any) -> None:
    first = life_of(Keeper())
    first.tell(SECRET)
    first.sleep()
    mocker.patch.object(PluginManager, "on_forget", side_effect=KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        first.forget(1)
    mocker.stopall()
    first.close()
    assert "keeper.json" in readable(first)

    again = Keeper()
    second = life_of(again)
    assert again.told == [[1], [1]]
    assert again.words == {}
    assert readable(second) == []
    assert second.journal.unfinished_forgetting() == []
    second.close()
    third = Keeper()
    life_of(third)
    assert third.told == [[1]]


def test_state_that_was_stored_before_does_not_bring_it_back(life_of: Any, keeper: Keeper) -> None:
    """A night keeps the state of its morning; a plugin that was not here when something was forgotten keeps its own."""
    system = life_of(keeper)
    system.tell(SECRET)
    system.tell(OTHER)
    system.sleep()
    system.tell("It rains.")
    system.sleep()
    system.close()
    without = life_of(Sleepless())
    without.forget(1)
    without.close()

    back = Keeper()
    system = life_of(back)
    assert list(back.words) == ["2", "3"]
    system.use_night(1)
    assert list(back.words) == ["2"]
    system.save()
    assert readable(system) == []


def test_where_nothing_was_forgotten_nobody_is_told(life_of: Any, keeper: Keeper) -> None:
    system = life_of(keeper)
    system.tell(SECRET)
    system.sleep()
    system.use_night(None)
    assert keeper.told == []


def test_a_full_disk_costs_no_life_and_the_next_start_tries_again(life_of: Any, mocker: Any) -> None:
    full = SOVLError("no space left", "Make room")
    first = life_of(Keeper())
    first.tell(SECRET)
    scrub = mocker.patch("sovl_core.journal_database.JournalDatabase.scrub", side_effect=full)
    with pytest.raises(SOVLError, match=r"It is forgotten, but words of it stay.*no space left.*Free some disk space"):
        first.forget(1)
    assert first.journal.episode(1) is None
    first.close()

    second = life_of(Keeper())
    assert scrub.call_count == 2
    assert second.journal.unfinished_forgetting() == [1]
    second.close()
    mocker.stopall()
    assert life_of(Keeper()).journal.unfinished_forgetting() == []


def test_a_question_that_was_forgotten_cannot_be_answered_any_more(system: Any) -> None:
    asked = system.tell(SECRET)
    system._parts.talk.ask("How old is Zanzibar?", "curiosity", system.conversation, asked.id)
    system.forget(asked.id)
    reply = system.generate("four years")
    assert system.journal.episode(reply.episode).source == "chat"


def test_words_said_about_it_elsewhere_go_with_it(system: Any) -> None:
    wrong = system.tell(OTHER)
    system.feedback(Feedback("correction", text=SECRET, episode=wrong.id))
    (correction,) = [e for e in system.journal.episodes() if e.source == "correction"]
    system.forget(correction.id)
    assert system.journal.feedback() == []
    assert [episode.id for episode in system.journal.episodes()] == [wrong.id]
    assert readable(system) == []
