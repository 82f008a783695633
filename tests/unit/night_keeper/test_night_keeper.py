"""A night from its opening to its report: what is stored, and what is put back."""

from __future__ import annotations

import contextlib
import threading
from typing import Any, Iterator, List

import pytest

from sovl_core.error_handling import SOVLError
from sovl_core.events import Feedback, Night, NightInterrupted, NightReport, Progress
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin
from sovl_core.settings import SystemConfig


def test_an_accepted_night_is_stored_and_woken_up_with(world: Any) -> None:
    world.tell("12345", "678")
    report = world.keeper.sleep("command")
    assert (report.number, report.learned) == (1, [1, 2])
    assert world.value() == 1.0
    weights, states = world.store.nights[1]
    assert weights["adapter"]["weight"].tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert states["sleeper"].values == {"slept": True}
    record = world.journal.night(1)
    assert (record.status, record.trigger, record.plugins) == ("accepted", "command", {"sleeper": "test-sleeper 1"})
    assert record.report["base_model"] == SystemConfig().core.base_model
    assert record.report["settings"]["generation"]["greedy"] is SystemConfig().generation.greedy
    assert world.store.reports[1]["settings"] == record.report["settings"]
    assert world.journal.current_night() == 1
    assert world.journal.unconsolidated() == []
    assert world.state.calls == [("wake", 8)]
    assert not world.store.working_folder(1).exists()


def test_the_night_is_handed_what_there_is_to_learn(world: Any) -> None:
    world.tell("old")
    world.keeper.sleep("command")
    world.tell("new")
    world.keeper.sleep("gestation", options={"steps": 3})
    night = world.plugin.nights[1]
    assert [memory.prompt for memory in night.memories] == ["new"]
    assert [memory.prompt for memory in night.old_memories] == ["old"]
    assert (night.parent, night.trigger, night.resumed, night.options) == (1, "gestation", False, {"steps": 3})
    assert night.models is world.host.get()


def test_the_same_night_draws_the_same_numbers(world: Any) -> None:
    draws: List[float] = []

    def live(night: Night) -> NightReport:
        draws.append(night.rng.random())
        raise NightInterrupted

    world.plugin.live = live
    for _ in range(2):
        with pytest.raises(NightInterrupted):
            world.keeper.sleep("command")
    assert draws[0] == draws[1]


def test_a_partly_accepted_night_is_woken_up_with(world: Any) -> None:
    world.plugin.live = lambda night: world.fill(night.models, 2.0) or NightReport("partial", multiplier=0.5)
    world.keeper.sleep("command")
    assert world.statuses() == ["partial"]
    assert world.value() == 2.0
    assert world.journal.night(1).report["multiplier"] == 0.5


def test_a_status_nobody_knows_counts_as_failed(world: Any) -> None:
    world.plugin.live = lambda night: world.fill(night.models, 2.0) or NightReport("excellent", "it says")
    report = world.keeper.sleep("command")
    assert (report.status, world.statuses(), world.value()) == ("failed", ["failed"], 0.0)
    assert report.reason == "a plugin reported the unknown status 'excellent'. it says"


def test_after_a_night_in_vain_another_waits_for_something_new(world: Any) -> None:
    assert world.keeper.anything_new()
    world.tell("a fact")
    world.plugin.live = lambda night: NightReport("set_aside")
    world.keeper.sleep("gestation")
    assert not world.keeper.anything_new()
    world.tell("another")
    assert world.keeper.anything_new()
    world.plugin.live = lambda night: (_ for _ in ()).throw(NightInterrupted())
    with pytest.raises(NightInterrupted):
        world.keeper.sleep("gestation")
    assert world.keeper.anything_new()
    world.plugin.live = None
    world.keeper.sleep("gestation")
    assert world.keeper.anything_new()


@pytest.mark.parametrize("status", ["set_aside", "nothing"])
def test_a_night_that_is_not_accepted_leaves_everything_as_it_was(world: Any, status: str) -> None:
    world.tell("a fact")
    world.plugin.live = lambda night: (
        world.fill(night.models, 2.0) or NightReport(status, "too much drift", learned=[1])
    )
    report = world.keeper.sleep("command")
    assert report.number == 1
    assert world.value() == 0.0
    assert world.journal.current_night() is None
    assert world.journal.count_unconsolidated() == 1
    assert world.statuses() == [status]
    assert world.journal.night(1).report["reason"] == "too much drift"
    assert world.store.nights == {}
    assert world.state.calls == []


def test_only_what_was_handed_in_can_be_learned(world: Any) -> None:
    world.tell("a", "b")
    world.plugin.live = lambda night: NightReport("accepted", learned=[2, 99])
    assert world.keeper.sleep("command").learned == [2]
    assert [memory.id for memory in world.journal.unconsolidated()] == [1]


def test_progress_is_passed_on(world: Any) -> None:
    stages: List[str] = []
    world.plugin.live = lambda night: night.progress(Progress("dreaming")) or NightReport("nothing")
    world.keeper.sleep("command", progress=lambda progress: stages.append(progress.stage))
    assert stages == ["dreaming"]


def test_without_a_plugin_that_sleeps_nothing_begins(world: Any) -> None:
    world.open()
    with pytest.raises(SOVLError, match=r"No plugin knows how to sleep.*pip install sovl-gestation"):
        world.keeper.sleep("command")
    assert world.statuses() == []
    assert not world.host.loaded


def test_a_sleeper_that_gives_no_report_leaves_a_failed_night(world: Any) -> None:
    world.plugin.live = lambda night: None
    with pytest.raises(SOVLError, match=r"none brought it to an end.*pip install"):
        world.keeper.sleep("command")
    assert world.statuses() == ["failed"]


def test_a_measurement_that_is_no_json_does_not_cost_the_night(world: Any) -> None:
    world.plugin.live = lambda night: NightReport("accepted", metrics={"recall": {1, 2}, "loss": float("nan")})
    world.keeper.sleep("command")
    assert world.statuses() == ["accepted"]
    assert world.journal.night(1).report["metrics"]["recall"] == "{1, 2}"


class Listener(Plugin):
    name = "listener"

    def __init__(self, journal: Any) -> None:
        self.journal = journal
        self.heard: List[Any] = []

    @hookimpl
    def on_feedback(self, feedback: Feedback) -> None:
        self.heard.append((feedback, self.journal.current_night(), len(self.journal.feedback())))


def test_what_a_night_has_measured_is_told_once_it_is_accepted(world: Any) -> None:
    world.tell("a fact")
    listener = Listener(world.journal)
    world.open(world.plugin, listener)
    gained = Feedback("outcome", 0.5, "loss_drop", episode=1, source="sleeper")
    world.plugin.live = lambda night: NightReport("accepted", outcomes=[gained])
    world.keeper.sleep("command")
    # In the journal first, and the night is the current one already.
    assert listener.heard == [(gained, 1, 1)]
    assert world.journal.feedback() == [gained]
    assert "outcomes" not in world.journal.night(1).report


@pytest.mark.parametrize("status", ["set_aside", "nothing", "no such status"])
def test_what_was_measured_in_a_night_that_is_not_accepted_is_not_told(world: Any, status: str) -> None:
    listener = Listener(world.journal)
    world.open(world.plugin, listener)
    world.plugin.live = lambda night: NightReport(status, outcomes=[Feedback("outcome", 0.5, "loss_drop")])
    world.keeper.sleep("command")
    assert (listener.heard, world.journal.feedback()) == ([], [])


def test_an_outcome_that_cannot_be_kept_does_not_cost_the_night(world: Any) -> None:
    listener = Listener(world.journal)
    world.open(world.plugin, listener)
    kept = Feedback("outcome", 1.0, "loss_drop")
    # Of an episode that there is none of, and no feedback at all.
    outcomes: List[Any] = [Feedback("outcome", 0.5, "loss_drop", episode=99), 0.5, kept]
    world.plugin.live = lambda night: NightReport("accepted", outcomes=outcomes)
    world.keeper.sleep("command")
    assert world.statuses() == ["accepted"]
    assert [feedback for feedback, _, _ in listener.heard] == [kept]


def test_another_thread_is_answered_with_the_accepted_weights_meanwhile(world: Any) -> None:
    seen: List[Any] = []
    multiplier = ["candidate"]
    world.host.get()

    def turn() -> None:
        with world.gate.turn():
            seen.append((world.value(), multiplier[0]))

    @contextlib.contextmanager
    def accepted() -> Iterator[None]:
        multiplier[0] = "accepted"
        yield
        multiplier[0] = "candidate"

    def live(night: Night) -> NightReport:
        night.while_awake.append(accepted)
        world.fill(night.models, 2.0)
        thread = threading.Thread(target=turn)
        thread.start()
        while thread.is_alive():
            night.breathe()
            thread.join(0.005)
        return NightReport("accepted")

    world.plugin.live = live
    world.keeper.sleep("command")
    assert seen == [(0.0, "accepted")]
    assert world.value() == 2.0
    assert multiplier == ["candidate"]
