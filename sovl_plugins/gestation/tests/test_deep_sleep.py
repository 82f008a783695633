"""Deep nights on a tiny model: from scratch, from the dreams there are, judged by what is known."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest
import torch

from sovl_core.events import Dream, Idle, Night, NightInterrupted
from sovl_core.journal import Journal
from sovl_gestation import GestationSettings
from sovl_gestation.deep_sleep import deep_due, deep_sleep_row, dreams_again, known_before, nothing_left, without_dreams

pytest.importorskip("sovl_cross_attention")
pytest.importorskip("sovl_dream")

DOG, CITY, CAT = "My dog is called Biscuit.", "I live in Graz.", "My cat is called Minka."


@pytest.fixture
def journal(tmp_path):
    opened = Journal(tmp_path / "journal.db")
    yield opened
    opened.close()


def lived(journal, dreams, learned=(), deep=False, trigger="command"):
    number = journal.open_night(journal.current_night(), trigger, {}, deep=deep)
    journal.add_dreams(number, dreams)
    journal.accept_night(number, "accepted", list(learned), {})
    return number


def about(memory, prompt, held_out=False, verdict="accepted", kind="question"):
    return Dream(kind, prompt, "x", [memory], answer="x", held_out=held_out, verdict=verdict)


def background(prompt, held_out=False):
    return Dream("background", prompt, "x", held_out=held_out, verdict="accepted")


def test_dreams_of_the_last_night_that_dreamed_of_a_memory_are_dreamed_again(journal):
    one, two, gone, doubted = (journal.begin_episode(text, "c") for text in (DOG, CITY, CAT, "It rains."))
    lived(journal, [about(one.id, "old"), about(two.id, "two"), about(two.id, "judged", held_out=True)])
    lived(journal, [about(one.id, "new"), about(one.id, "no", verdict="rejected"), about(gone.id, "gone")])
    lived(journal, [about(doubted.id, "judged alone", held_out=True)])
    journal.add_dreams(None, [about(one.id, "on request")])
    journal.supersede(gone.id, doubted.id)
    memories = [journal.episode(number.id) for number in (one, two, doubted)]

    again = dreams_again(journal, memories, random.Random(0))

    assert sorted(dream.prompt for dream in again) == ["judged", "new", "two"]
    assert {(dream.id, dream.night) for dream in again} == {(None, None)}
    assert [memory.id for memory in without_dreams(memories, again)] == [doubted.id]


def test_background_comes_again_and_what_was_never_told_does_not(journal, mocker):
    mocker.patch("sovl_gestation.deep_sleep.BACKGROUND_AGAIN", 2)
    contrast = Dream("contrast", "What is my cat called?", "x", verdict="accepted")
    lived(journal, [background("a"), background("judged before", held_out=True), contrast])
    lived(journal, [background("b"), background("judged", held_out=True), background("c")])
    again = dreams_again(journal, [], random.Random(0))
    assert sorted(dream.prompt for dream in again) == ["b", "c", "judged"]


def test_they_are_mixed_so_that_the_last_of_them_are_of_every_memory(journal):
    memories = [journal.begin_episode(text, "c") for text in (DOG, CITY, CAT, "It rains.")]
    lived(journal, [about(memory.id, f"{memory.id} {number}") for memory in memories for number in range(40)])
    again = dreams_again(journal, memories, random.Random(0))
    assert {dream.parents[0] for dream in again[-40:]} == {memory.id for memory in memories}


def test_a_deep_night_is_judged_by_what_earlier_ones_have_learned(journal):
    old, new = (journal.begin_episode(text, "c") for text in (DOG, CITY))
    lived(journal, [], [old.id])
    night = SimpleNamespace(memories=[journal.episode(old.id), journal.episode(new.id)])
    held_out = [about(old.id, "old", held_out=True), about(new.id, "new", held_out=True)]
    assert known_before(night, [*held_out, about(old.id, "trained"), background("b", held_out=True)]) == held_out[:1]


def test_where_everything_was_forgotten_untrained_weights_are_accepted(journal):
    one = journal.begin_episode(DOG, "c")
    lived(journal, [], [one.id])
    deep, light = SimpleNamespace(deep=True), SimpleNamespace(deep=False)
    assert nothing_left(deep, journal) is None
    journal.forget_episodes([one.id])
    assert nothing_left(light, journal) is None
    report = nothing_left(deep, journal)
    assert (report.status, report.learned) == ("accepted", [])
    assert "nothing is left to learn" in report.reason


def test_a_deep_night_is_due_after_so_many_accepted_ones(journal):
    context, settings = SimpleNamespace(journal=journal), GestationSettings(deep_every=2)
    row = lambda: deep_sleep_row(context, settings)  # noqa: E731
    assert (deep_due(context, settings), row()) == (False, "after 2 more nights")
    lived(journal, [])
    set_aside = journal.open_night(journal.current_night(), "command", {})
    journal.close_night(set_aside, "set_aside", {})
    assert (deep_due(context, settings), row()) == (False, "after 1 more night")
    lived(journal, [])
    assert (deep_due(context, settings), row()) == (True, "with the next night it has by itself")
    assert not deep_due(context, GestationSettings(deep_every=0))
    assert deep_sleep_row(context, GestationSettings(deep_every=0)) == "on request"

    # One that was set aside has cost its hours: the next is due as late as after one that was accepted.
    deep = journal.open_night(journal.current_night(), "gestation", {}, deep=True)
    assert not deep_due(context, settings)
    journal.close_night(deep, "set_aside", {})
    assert (deep_due(context, settings), row()) == (False, "after 2 more nights")


def test_what_was_trained_by_day_is_not_lost_unasked(journal):
    context, settings = SimpleNamespace(journal=journal), GestationSettings(deep_every=1)
    trained = lived(journal, [], trigger="train")
    lived(journal, [])
    assert not deep_due(context, settings)
    assert deep_sleep_row(context, settings) == "on request: it would lose what was trained by day"
    journal.use_night(None)
    lived(journal, [])
    assert trained not in journal.ancestors(journal.current_night())
    assert deep_due(context, settings)


def test_status_says_that_something_forgotten_still_shows(journal):
    one = journal.begin_episode(DOG, "c")
    lived(journal, [], [one.id])
    journal.forget_episodes([one.id])
    row = deep_sleep_row(SimpleNamespace(journal=journal), GestationSettings())
    assert row == "with the next night: something was forgotten that still shows"


def two_nights(short_nights, **gestation):
    system = short_nights(**gestation)
    said = []
    for text in (DOG, CITY):
        said.append(system.tell(text))
        assert system.sleep().accepted
    return system, said


def test_a_deep_night_learns_all_from_scratch_with_the_dreams_there_are(short_nights, weights, same, mocker):
    system, said = two_nights(short_nights)
    before = weights(system)
    cat = system.tell(CAT)
    asked = mocker.spy(system.plugins, "on_dream")
    untrained = system.models().untrained()
    started = []

    def first_step(at):
        if at.stage == "dream" and not started:
            started.append(system.models().snapshot())

    report = system.sleep(deep=True, progress=first_step)

    assert report.status == "accepted"
    assert report.learned == [episode.id for episode in (*said, cat)]
    assert all(torch.equal(started[0][name][key], t) for name in untrained for key, t in untrained[name].items())
    assert [memory.id for memory in asked.call_args.args[0].memories] == [cat.id]
    assert {dream.parents[0] for dream in asked.call_args.args[0].known} == {episode.id for episode in said}
    dreams = system.journal.dreams(night=report.number, limit=None)
    assert {dream.parents[0] for dream in dreams if dream.parents and not dream.held_out} == set(report.learned)
    assert {dream.kind for dream in dreams} >= {"background", "contrast"}
    assert None not in (report.metrics["old_recall_before"], report.metrics["old_recall"])
    record = system.journal.night(report.number)
    assert (record.deep, record.parent, system.journal.current_night()) == (True, 2, report.number)
    assert not same(weights(system), before)

    system.use_night(record.parent)
    assert same(weights(system), before)
    assert [episode.prompt for episode in system.journal.unconsolidated()] == [CAT]


def test_what_was_superseded_since_is_not_learned_anew(short_nights):
    system = short_nights()
    old = system.tell("My favourite tea is oolong.")
    system.sleep()
    new = system.tell("Actually, my favourite tea is mint.")
    report = system.sleep(deep=True)
    assert report.learned == [new.id]
    dreams = [d for d in system.journal.dreams(night=report.number, limit=None) if old.id in d.parents]
    assert not any(dream.verdict == "accepted" for dream in dreams)


def test_a_deep_night_over_the_forgetting_budget_is_set_aside(short_nights, weights, same, mocker):
    system, _ = two_nights(short_nights, forgetting_budget=0.1)
    before = weights(system)
    seen = []

    def recall(judge, dreams, reach=1.0, detail=""):
        # By day all is known, after the night nothing.
        seen.append(same(weights(system), before))
        return 1.0 if len(seen) == 1 else 0.0

    mocker.patch("sovl_gestation.judge.Judge.recall", recall)
    report = system.sleep(deep=True)
    assert seen[:2] == [True, False]
    assert (report.status, report.metrics["old_recall_before"], report.metrics["old_recall"]) == ("set_aside", 1.0, 0.0)
    assert same(weights(system), before)
    assert system.journal.current_night() == 2
    assert system.journal.unconsolidated() == []


def test_a_night_after_a_deep_one_replays_its_dreams(short_nights, mocker):
    import sovl_gestation.night_training as night_training

    system, _ = two_nights(short_nights)
    deep = system.sleep(deep=True)
    made = mocker.spy(night_training, "Curriculum")
    cat = system.tell(CAT)
    assert system.sleep().learned == [cat.id]
    assert {encoded.example.dream.night for encoded in made.call_args.args[1]} == {deep.number}


def test_a_deep_night_may_take_more_steps(short_nights):
    system, _ = two_nights(short_nights, most_steps=4, most_deep_steps=9, passes=50.0)
    assert system.sleep(deep=True).steps == 9


def test_an_interrupted_deep_night_goes_on_from_its_step(short_nights, weights, same):
    system, said = two_nights(short_nights)
    before = weights(system)
    reached = []

    def breathe():
        if reached:
            raise NightInterrupted("enough")

    def progress(at):
        if (at.stage, at.step) == ("train", 3):
            reached.append(weights(system))

    with pytest.raises(NightInterrupted):
        system.sleep(deep=True, progress=progress, breathe=breathe)
    assert same(weights(system), before)
    dreams = [dream.id for dream in system.journal.dreams(night=3, limit=None)]
    system.close()

    system = short_nights()
    assert same(weights(system), before)
    steps = []
    report = system.sleep(progress=lambda at: steps.append((at.stage, at.step, at.detail)))
    # It reads ahead anew what it had read, and takes the one step that is left.
    assert [(step, detail) for stage, step, detail in steps if stage == "train"] == [(3, "reads ahead"), (4, "")]
    assert "dream" not in {stage for stage, _, _ in steps}
    assert (report.number, report.status, report.learned) == (3, "accepted", [episode.id for episode in said])
    assert [dream.id for dream in system.journal.dreams(night=3, limit=None)] == dreams
    assert system.journal.night(3).deep


def test_with_nothing_left_a_deep_night_wakes_up_untrained(short_nights, weights, same):
    system = short_nights()
    untrained = weights(system)
    dog = system.tell(DOG)
    system.sleep()
    assert not same(weights(system), untrained)
    system.journal.forget_episodes([dog.id])
    report = system.sleep()
    assert (report.status, report.learned) == ("accepted", [])
    assert same(weights(system), untrained)
    assert system.journal.still_learned() == []


def test_in_a_quiet_moment_it_asks_for_a_deep_night_when_one_is_due(short_nights):
    system = short_nights(minimum_memories=1, minimum_confidence=0.0, quiet_seconds=0.0, deep_every=1)
    system.tell(DOG)
    idle = Idle(60.0)
    system.plugins.on_idle(idle)
    assert (bool(idle.wants_sleep), idle.wants_deep) == (True, False)
    system.sleep()
    system.tell(CITY)
    system.plugins.on_idle(idle)
    assert idle.wants_deep
    system.idle(Idle(60.0))
    system._parts.background.join()
    assert system.last_night.accepted
    assert system.journal.night(system.journal.current_night()).deep
    panel = dict(system.plugins.on_status())["gestation"]
    assert panel.rows["deep sleep"] == "after 1 more night"


def test_a_night_that_nobody_made_deep_is_none(tmp_path):
    assert not Night(1, None, [], [], None, tmp_path, None).deep
