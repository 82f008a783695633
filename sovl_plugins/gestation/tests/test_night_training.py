"""Training on a tiny model, with dreams written by hand."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest
import torch

from sovl_core.events import Dream, Night, NightInterrupted, StepResult
from sovl_gestation import GestationSettings
from sovl_gestation.checkpoint import load_checkpoint, save_checkpoint
from sovl_gestation.night_training import NightTraining

pytest.importorskip("sovl_cross_attention")

SHORT = {"batch_answers": 2, "batch_background": 1, "least_steps": 3, "most_steps": 3, "checkpoint_steps": 2}


def dream(number, kind="question", verdict="accepted", **fields):
    return Dream(kind, f"What is {number}?", f"It is {number}.", [number], verdict=verdict, **fields)


DREAMS = [dream(1), dream(2), dream(3, "background"), dream(4, held_out=True), dream(5, verdict="rejected")]


@pytest.fixture
def make(short_nights, tmp_path):
    """Return ``make(dreams, hooks=None, night fields and settings)``: training about to begin."""
    system = short_nights()

    def build(dreams=DREAMS, replayed=(), hooks=None, resumed=False, options=None, **settings):
        night = Night(1, None, [], [], system.models(), tmp_path / "night", random.Random(0), resumed=resumed)
        night.options = options or {}
        given = GestationSettings(**{**SHORT, "known_probability": 1.0, **settings})
        return NightTraining(night, dreams, replayed, given, hooks or system.plugins, "")

    return build


def flat(training):
    state = training.night.models.snapshot()
    return {(name, key): tensor for name, tensors in state.items() for key, tensor in tensors.items()}


def test_it_learns_what_was_accepted_and_not_held_out(make, mocker):
    hooks = SimpleNamespace(on_train_step=mocker.Mock(return_value=StepResult.skip("not now")))
    make(hooks=hooks).run()
    batches = [call.args[0].batch for call in hooks.on_train_step.call_args_list]
    assert {example.prompt for batch in batches for example in batch.examples} == {f"What is {n}?" for n in (1, 2, 3)}
    assert [[example.kind for example in batch.examples] for batch in batches] == [
        ["question", "question", "background"]
    ] * 3


def test_contrast_dreams_stand_among_the_background(make, mocker):
    hooks = SimpleNamespace(on_train_step=mocker.Mock(return_value=StepResult.skip("not now")))
    make([dream(1), dream(2), dream(3, "contrast")], hooks=hooks).run()
    kinds = {tuple(e.kind for e in call.args[0].batch.examples) for call in hooks.on_train_step.call_args_list}
    assert kinds == {("question", "question", "contrast")}


def test_it_moves_what_learns_and_nothing_else(make):
    training = make()
    before = flat(training)
    base = {name: p.clone() for name, p in training.night.models.base.named_parameters()}
    training.run()
    assert (training.step, training.skipped) == (3, 0)
    assert training.tokens > 0
    assert training.loss > 0
    after = flat(training)
    assert any(not torch.equal(before[key], after[key]) for key in before)
    learned = {id(p) for t in training.night.models.trainables.values() for p in t.parameters().values()}
    for name, parameter in training.night.models.base.named_parameters():
        if id(parameter) not in learned:
            assert torch.equal(parameter, base[name])


def test_it_ends_early_when_the_dreams_seen_last_are_known(make):
    training = make(known_probability=0.0, least_steps=50, most_steps=50)
    training.run()
    assert training.step == 1


def test_steps_can_be_asked_for(make):
    assert make(options={"steps": 7}).total == 7
    assert make(options={"steps": None}).total == 3


def test_a_skipped_step_moves_nothing(make):
    training = make()
    really = training.hooks

    def half_a_gradient(step, inner):
        result = really.on_train_step(step, inner)
        assert result.tokens > 0
        return StepResult.skip("a contribution failed")

    training.hooks = SimpleNamespace(on_train_step=half_a_gradient)
    before = flat(training)
    training.run()
    assert (training.step, training.skipped, training.tokens) == (3, 3, 0)
    after = flat(training)
    assert all(torch.equal(before[key], after[key]) for key in before)
    for trainable in training.night.models.trainables.values():
        assert all(parameter.grad is None for parameter in trainable.parameters().values())


def test_checkpoints_are_left_on_the_way(make):
    training = make()
    training.run()
    assert load_checkpoint(training.night.folder)[0] == 2


def test_an_interruption_leaves_a_checkpoint_of_its_step(make):
    training = make(checkpoint_steps=100)

    def breathe():
        if training.step == 1:
            raise NightInterrupted("enough")

    training.night.breathe = breathe
    with pytest.raises(NightInterrupted):
        training.run()
    step, state = load_checkpoint(training.night.folder)
    assert step == 1
    assert {(n, k): 0 for n, tensors in state.items() for k in tensors} == dict.fromkeys(flat(training), 0)
    assert all(torch.equal(state[name][key], tensor) for (name, key), tensor in flat(training).items())


@pytest.mark.parametrize(("resumed", "first"), [(True, 2), (False, 0)])
def test_only_a_resumed_night_goes_on_from_a_checkpoint(make, mocker, resumed, first):
    import sovl_gestation.night_training as module

    training = make(resumed=resumed)
    state = training.night.models.snapshot()
    marked = {name: {key: t + 1 for key, t in tensors.items()} for name, tensors in state.items()}
    save_checkpoint(training.night.folder, 2, marked)
    optimizer = mocker.spy(module, "setup_optimizer")
    seen = []
    training.night.breathe = lambda: seen.append((training.step, flat(training)))
    training.run()
    assert seen[0][0] == first
    expected = marked if resumed else state
    assert all(torch.equal(expected[name][key], tensor) for (name, key), tensor in seen[0][1].items())
    assert optimizer.call_args.kwargs["first_step"] == first


def test_a_resumed_night_without_a_checkpoint_begins_again(make):
    training = make(resumed=True)
    training.run()
    assert training.step == 3


def test_it_tells_how_far_it_is(make):
    training, told = make(), []
    training.night.progress = told.append
    training.run()
    assert [(at.stage, at.step, at.total) for at in told] == [("train", n, 3) for n in (1, 2, 3)]
    assert told[-1].seconds_left == 0
