"""Training on a tiny model, with dreams written by hand."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest
import torch

from sovl_core.events import Dream, Night, NightInterrupted, StepResult
from sovl_gestation import GestationSettings
from sovl_gestation.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
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


@pytest.mark.parametrize(("tonight", "rehearsed", "steps"), [(0.9, 0.9, 2), (0.9, 0.1, 9), (0.1, 0.9, 9)])
def test_it_ends_early_only_when_what_it_rehearses_is_known_too(make, tonight, rehearsed, steps):
    known = StepResult(tokens=3, least_probability=[tonight, rehearsed, 0.0])
    hooks = SimpleNamespace(on_train_step=lambda step, inner: known)
    training = make(DREAMS, [dream(8), dream(9)], hooks, known_probability=0.5, least_steps=9, most_steps=9)
    training.run()
    assert training.step == steps


def test_steps_can_be_asked_for(make):
    assert make(options={"steps": 7}).total == 7
    assert make(options={"steps": None}).total == 3


@pytest.mark.parametrize(("per_memory", "most", "total"), [(10, 400, 20), (10, 12, 12), (1, 400, 3), (0, 400, 3)])
def test_each_memory_has_so_many_steps_however_few_its_dreams_are(make, per_memory, most, total):
    assert make(steps_per_memory=per_memory, most_steps=most).total == total


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
    assert load_checkpoint(training.night.folder).step == 2


def test_an_interruption_leaves_a_checkpoint_of_its_step(make):
    training = make(checkpoint_steps=100)

    def breathe():
        if training.step == 1:
            raise NightInterrupted("enough")

    training.night.breathe = breathe
    with pytest.raises(NightInterrupted):
        training.run()
    found = load_checkpoint(training.night.folder)
    state = found.weights
    assert found.step == 1
    assert {(n, k): 0 for n, tensors in state.items() for k in tensors} == dict.fromkeys(flat(training), 0)
    assert all(torch.equal(state[name][key], tensor) for (name, key), tensor in flat(training).items())


@pytest.mark.parametrize(("resumed", "first"), [(True, 2), (False, 0)])
def test_only_a_resumed_night_goes_on_from_a_checkpoint(make, mocker, resumed, first):
    import sovl_gestation.night_training as module

    training = make(resumed=resumed)
    state = training.night.models.snapshot()
    marked = {name: {key: t + 1 for key, t in tensors.items()} for name, tensors in state.items()}
    save_checkpoint(training.night.folder, Checkpoint(2, marked))
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
    assert [(at.stage, at.step, at.total) for at in told] == [("train", n, 3) for n in (1, 1, 2, 3)]
    assert [at.detail for at in told] == ["", "reads ahead", "", ""]
    assert told[-1].seconds_left == 0


def broken_off(training, step):
    """Let training run until so many steps are taken."""

    def breathe():
        if training.step == step:
            raise NightInterrupted("enough")

    training.night.breathe = breathe
    with pytest.raises(NightInterrupted):
        training.run()


def begin_again(training, weights):
    """Put the weights in place that the night began with."""
    training.night.models.restore(weights)
    return training


@pytest.mark.parametrize("step", [1, 4, 6])
def test_a_night_that_was_interrupted_takes_the_steps_it_would_have_taken(make, step):
    many = [dream(n, kind) for n in range(9) for kind in ("question", "background")]
    long = {"least_steps": 7, "most_steps": 7, "checkpoint_steps": 100}
    whole = make(many, [dream(20), dream(21)], **long)
    before = whole.night.models.snapshot()
    whole.run()
    expected, told = flat(whole), (whole.tokens, whole.loss, list(whole._known))

    broken_off(begin_again(make(many, [dream(20), dream(21)], **long), before), step)
    resumed = begin_again(make(many, [dream(20), dream(21)], resumed=True, **long), before)
    resumed.run()
    assert resumed.step == 7
    assert (resumed.tokens, resumed.loss, list(resumed._known)) == told
    assert all(torch.equal(expected[key], tensor) for key, tensor in flat(resumed).items())


def test_skipped_steps_are_skipped_in_the_schedule_of_a_resumed_night_too(make, mocker):
    import sovl_gestation.night_training as module

    training = make(resumed=True)
    save_checkpoint(training.night.folder, Checkpoint(2, training.night.models.snapshot(), skipped=1))
    optimizer = mocker.spy(module, "setup_optimizer")
    training.run()
    assert training.skipped == 1
    assert optimizer.call_args.kwargs["first_step"] == 1


def drawn(training):
    """Run training whose steps draw; return what they drew."""
    found = []

    def draw(step, inner):
        found.append((step.rng.random(), torch.rand(1).item()))
        return StepResult.skip("drawn")

    training.hooks = SimpleNamespace(on_train_step=draw)
    training.run()
    return found


def test_chance_follows_from_the_number_of_the_step_and_leaves_the_process_alone(make):
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first = drawn(make())
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(2)
    assert drawn(make()) == first
    assert len({number for pair in first for number in pair}) == 6


def test_prompts_that_a_plugin_acts_on_are_not_read_ahead(make, mocker):
    import sovl_gestation.night_training as module

    read = mocker.spy(module, "read_ahead")
    training = make()
    really = training.hooks

    def thaw(step, inner):
        step.prompt_frozen = False
        return really.on_train_step(step, inner)

    training.hooks = SimpleNamespace(on_train_step=thaw)
    training.run()
    assert training.step == 3
    assert read.call_count == 0
    make().run()
    assert read.call_count == 1
