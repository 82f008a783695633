"""Whole nights on a tiny model, with the plugins that really take part in one."""

from __future__ import annotations

import random
import threading
from types import SimpleNamespace

import pytest
import torch

from sovl_core.drift import DriftReport
from sovl_core.error_handling import SOVLError
from sovl_core.events import Night, NightInterrupted, Turn
from sovl_gestation import GestationSettings
from sovl_gestation.judge import fingerprint
from sovl_gestation.night_cycle import gestate

pytest.importorskip("sovl_cross_attention")
pytest.importorskip("sovl_dream")

DOG, CITY, CAT = "My dog is called Biscuit.", "I live in Graz.", "My cat is called Minka."


def answer(system):
    turn = Turn("What is my dog called?", max_new_tokens=4, purpose="evaluation")
    return system.answer(turn).token_probabilities


def interrupt_at(stage, step):
    """Return (progress, breathe) that end a night at the first breath after this step of a stage."""
    reached = []

    def progress(at):
        if (at.stage, at.step) == (stage, step):
            reached.append(at)

    def breathe():
        if reached:
            raise NightInterrupted("enough")

    return progress, breathe


def waiting_episodes(system):
    return [episode.prompt for episode in system.journal.unconsolidated()]


def test_an_accepted_night_is_kept_with_its_numbers(short_nights, weights, same):
    system = short_nights()
    said = [system.tell(DOG), system.tell(CITY)]
    before, base = weights(system), fingerprint(system.models())
    report = system.sleep()
    assert (report.status, report.reason, report.multiplier) == ("accepted", "within budget", 1.0)
    assert report.learned == [episode.id for episode in said]
    assert report.steps == 4
    assert report.metrics["memories"] == 2
    assert report.metrics["base_bit_exact"] is True
    assert report.metrics["tokens"] > 0
    assert report.metrics["skipped_steps"] == 0
    assert report.metrics["dreams"] > report.metrics["accepted_dreams"] > 0
    assert not same(weights(system), before)
    assert torch.equal(fingerprint(system.models()), base)
    assert system.journal.current_night() == report.number
    assert waiting_episodes(system) == []


def test_a_night_set_aside_leaves_every_bit_as_it_was(short_nights, weights, same):
    system = short_nights(least_recall=1.0)
    system.tell(DOG)
    before, base, reply = weights(system), fingerprint(system.models()), answer(system)
    report = system.sleep()
    assert report.status == "set_aside"
    assert report.reason == "tonight's memories: 0 of 1 recalled"
    assert same(weights(system), before)
    assert torch.equal(fingerprint(system.models()), base)
    assert answer(system) == reply
    assert system.journal.current_night() is None
    assert waiting_episodes(system) == [DOG]


def test_small_talk_waits_for_no_further_night(short_nights):
    system = short_nights()
    talk = system.tell("Hello there!")
    system.tell(DOG)
    report = system.sleep()
    assert talk.id not in report.learned
    assert waiting_episodes(system) == []
    assert system.journal.episode(talk.id).learnable is False


def test_small_talk_alone_is_nothing_to_learn(short_nights, weights, same):
    system = short_nights()
    system.tell("Hello there!")
    before = weights(system)
    report = system.sleep()
    assert (report.status, report.reason) == ("nothing", "nothing in the new memories can be learned")
    assert same(weights(system), before)
    assert waiting_episodes(system) == []


def test_without_a_plugin_that_dreams_memories_wait_for_one(open_life):
    system = open_life("cross_attention", "gestation")
    system.tell("Hello there!")
    assert system.sleep().status == "nothing"
    assert waiting_episodes(system) == ["Hello there!"]


def test_without_memories_there_is_nothing_to_learn(short_nights):
    report = short_nights().sleep()
    assert (report.status, report.reason) == ("nothing", "nothing new to learn")


def test_an_interrupted_night_goes_on_from_its_step(short_nights, weights, same):
    system = short_nights()
    system.tell(DOG)
    before = weights(system)
    progress, breathe = interrupt_at("train", 3)
    with pytest.raises(NightInterrupted):
        system.sleep(progress=progress, breathe=breathe)
    assert same(weights(system), before)
    dreams = system.journal.dreams(night=1, limit=None)
    system.close()

    system = short_nights()
    steps = []
    report = system.sleep(progress=lambda at: steps.append((at.stage, at.step)))
    # It reads ahead what it had read, and takes the step that was left.
    assert [step for stage, step in steps if stage == "train"] == [3, 4]
    assert "dream" not in {stage for stage, _ in steps}
    assert (report.number, report.status, report.steps) == (1, "accepted", 4)
    assert [d.id for d in system.journal.dreams(night=1, limit=None)] == [d.id for d in dreams]
    assert not same(weights(system), before)


def test_a_night_interrupted_while_dreaming_dreams_again(short_nights):
    system = short_nights()
    system.tell(DOG)
    progress, breathe = interrupt_at("dream", 0)
    with pytest.raises(NightInterrupted):
        system.sleep(progress=progress, breathe=breathe)
    assert system.journal.dreams(night=1, limit=None) == []
    report = system.sleep()
    assert (report.number, report.status) == (1, "accepted")


def test_what_was_said_after_an_interruption_waits_for_the_next_night(short_nights):
    system = short_nights()
    dog = system.tell(DOG)
    progress, breathe = interrupt_at("train", 2)
    with pytest.raises(NightInterrupted):
        system.sleep(progress=progress, breathe=breathe)
    cat = system.tell(CAT)
    assert system.sleep().learned == [dog.id]
    assert waiting_episodes(system) == [CAT]
    assert system.sleep().learned == [cat.id]


@pytest.mark.parametrize("stage", ["train", "judge"])
def test_a_turn_during_the_night_is_answered_with_the_accepted_weights(short_nights, stage):
    system = short_nights()
    system.tell(DOG)
    system.tell(CITY)
    accepted, during, asking = answer(system), [], []

    def ask(at):
        if at.stage == stage and not asking:
            asking.append(threading.Thread(target=lambda: during.append(answer(system))))
            asking[0].start()

    def breathe():
        # This breath is the one the turn is answered in: it must have come to the gate.
        for _ in range(2000):
            if not asking or during or system._parts.gate._turns:
                return
            threading.Event().wait(0.005)
        raise AssertionError("the turn never came to the gate")

    report = system.sleep(progress=ask, breathe=breathe)
    asking[0].join(60)
    assert report.status == "accepted"
    assert during == [accepted]
    assert answer(system) != accepted


def test_a_second_night_replays_dreams_of_the_first(short_nights, mocker):
    import sovl_gestation.night_training as night_training

    made = mocker.spy(night_training, "Curriculum")
    system = short_nights()
    system.tell(DOG)
    metrics = system.sleep().metrics
    assert (metrics["old_recall_before"], metrics["old_recall"]) == (None, None)
    assert made.call_args.args[1] == []
    cat = system.tell(CAT)
    report = system.sleep()
    assert report.learned == [cat.id]
    replayed = [encoded.example.dream for encoded in made.call_args.args[1]]
    assert {dream.night for dream in replayed} == {1}
    assert not any(dream.held_out or dream.kind in ("background", "contrast") for dream in replayed)
    assert None not in (report.metrics["old_recall_before"], report.metrics["old_recall"])


def test_what_is_still_known_is_found_out_before_training(short_nights, weights, same, mocker):
    from sovl_gestation.judge import Judge

    system = short_nights()
    system.tell(DOG)
    system.sleep()
    accepted, met = weights(system), []
    look_back = Judge.look_back

    def looked_back(judge, replayed):
        met.append((same(weights(system), accepted), len(replayed)))
        look_back(judge, replayed)

    mocker.patch.object(Judge, "look_back", looked_back)
    system.tell(CAT)
    report = system.sleep()
    assert met[0][0]
    assert met[0][1] > 0
    assert report.metrics["old_recall_before"] is not None
    assert not same(weights(system), accepted)


def test_contrast_dreams_are_kept_and_nothing_is_learned_from_them(short_nights):
    system = short_nights()
    dog = system.tell(DOG)
    report = system.sleep()
    dreams = system.journal.dreams(night=report.number, limit=None)
    contrast = [dream for dream in dreams if dream.kind == "contrast"]
    assert contrast
    assert report.learned == [dog.id]
    learned_from = [d for d in dreams if d.verdict == "accepted" and not d.held_out and dog.id in d.parents]
    assert report.metrics["accepted_dreams"] == len(learned_from)
    assert 0.0 <= report.metrics["false_recall"] <= 1.0


def test_a_memory_that_no_longer_holds_is_not_replayed(short_nights, mocker):
    import sovl_gestation.night_training as night_training

    made = mocker.spy(night_training, "Curriculum")
    system = short_nights()
    dog = system.tell(DOG)
    system.sleep()
    new = system.tell("My dog is called Rex.")
    system.journal.supersede(dog.id, new.id)
    assert system.sleep().learned == [new.id]
    assert made.call_args.args[1] == []


def test_drift_over_the_budget_leaves_the_base_as_it_speaks(short_nights, weights, same, mocker):
    system = short_nights(drift_budget=0.0)
    system.tell(DOG)
    before = weights(system)
    mocker.patch("sovl_gestation.judge.measure_drift", return_value=DriftReport(0.3, 0.0, changed=["hello"]))
    report = system.sleep()
    assert (report.status, report.multiplier) == ("set_aside", 0.0)
    assert "drift 0.300" in report.reason
    assert same(weights(system), before)


def test_without_anything_that_learns_no_dream_is_written(tmp_path):
    memory = SimpleNamespace(id=1)
    night = Night(1, None, [memory], [], SimpleNamespace(trainables={}), tmp_path, random.Random(0))
    report = gestate(night, None, GestationSettings())
    assert report.status == "nothing"
    assert "nothing here can learn" in report.reason


def test_a_failed_night_leaves_every_bit_as_it_was(short_nights, weights, same, mocker):
    system = short_nights()
    system.tell(DOG)
    before = weights(system)
    mocker.patch("sovl_gestation.judge.Judge.judge", side_effect=SOVLError("lost"))
    with pytest.raises(SOVLError, match="lost"):
        system.sleep()
    assert same(weights(system), before)
    assert waiting_episodes(system) == [DOG]
