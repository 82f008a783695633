"""What is rehearsed: half of it what surprises most, half at random."""

from __future__ import annotations

import math
import random
from types import SimpleNamespace

import pytest

from sovl_core.events import Dream, Night, NightInterrupted, StepResult
from sovl_gestation import replay
from sovl_gestation.replay import SURPRISE, choose_replay, surprise

OLD = [SimpleNamespace(id=number, superseded_by=None, learnable=True) for number in range(1, 7)]


def dream(number, memory, **fields):
    given = {"kind": "question", "held_out": False, **fields}
    return Dream(given.pop("kind"), f"what is {number}", f"{number}", [memory], verdict="accepted", id=number, **given)


def dreams_of(count, memories=range(1, 7)):
    return [dream(100 * memory + number, memory) for memory in memories for number in range(count)]


@pytest.fixture
def choose(tmp_path, mocker):
    """Return ``choose(dreams, losses, seed)``: the choice of a night with a journal of these dreams.

    ``losses`` is by memory; the fixture's ``measured`` holds the dreams that were measured.
    """
    measured = []

    def run(dreams, losses, seed="0:2", resumed=False, parent=1, old=OLD):
        def measure(asked, night, context):
            measured.append(asked)
            return [losses[one.parents[0]] for one in asked]

        mocker.patch("sovl_gestation.replay.surprise", measure)
        journal = SimpleNamespace(ancestors=lambda night: [night], accepted_dreams=lambda **only: list(dreams))
        night = Night(2, parent, [], old, None, tmp_path / "night", random.Random(0), resumed=resumed)
        return choose_replay(night, SimpleNamespace(journal=journal), seed)

    run.measured = measured
    return run


@pytest.fixture
def few(mocker):
    """A night rehearses eight dreams, and two memories for their surprise."""
    mocker.patch.multiple(replay, REPLAYED=8, SURPRISING=2)


def test_where_there_is_no_choice_all_is_rehearsed_and_nothing_measured(choose):
    found = choose(dreams_of(4), {})
    assert sorted(d.id for d in found.dreams) == sorted(d.id for d in dreams_of(4))
    assert choose.measured == []
    assert found.metrics() == {}


@pytest.mark.usefixtures("few")
def test_half_is_of_the_memories_that_surprise_most_in_equal_parts(choose):
    losses = {1: 0.1, 2: 3.0, 3: 0.2, 4: 5.0, 5: 0.3, 6: 0.1}
    for seed in map(str, range(10)):
        found = choose(dreams_of(20), losses, seed)
        memories = [d.parents[0] for d in found.dreams]
        assert len(found.dreams) == len({d.id for d in found.dreams}) == 8
        assert memories.count(4) >= 2
        assert memories.count(2) >= 2
        assert found.surprising == {4: 5.0, 2: 3.0}
        assert found.metrics() == {"replayed": 8, "surprising": [2, 4]}
    assert {d.parents[0] for one in choose.measured for d in one} == {1, 2, 3, 4, 5, 6}


@pytest.mark.usefixtures("few")
def test_the_other_half_is_drawn_from_all(choose):
    drawn = set()
    for seed in map(str, range(20)):
        drawn.update(d.parents[0] for d in choose(dreams_of(20), dict.fromkeys(range(1, 7), 1.0), seed).dreams)
    assert drawn == {1, 2, 3, 4, 5, 6}


@pytest.mark.usefixtures("few")
def test_the_choice_follows_from_the_seed(choose):
    losses = {memory: float(memory) for memory in range(1, 7)}
    first, same, other = (choose(dreams_of(20), losses, seed).dreams for seed in ("1", "1", "2"))
    assert [d.id for d in first] == [d.id for d in same]
    assert [d.id for d in first] != [d.id for d in other]


@pytest.mark.usefixtures("few")
def test_what_could_not_be_measured_does_not_surprise(choose):
    losses = {1: math.nan, 2: math.inf, 3: 0.2, 4: 0.1, 5: 0.0, 6: 0.0}
    assert set(choose(dreams_of(20), losses).surprising) == {3, 4}


@pytest.mark.usefixtures("few")
def test_no_more_memories_are_measured_than_is_allowed(choose, mocker):
    mocker.patch.object(replay, "MEASURED", 3)
    choose(dreams_of(20), dict.fromkeys(range(1, 7), 1.0))
    assert len(choose.measured[0]) == 3


@pytest.mark.usefixtures("few")
def test_a_night_that_goes_on_keeps_its_choice(choose, tmp_path):
    losses = {memory: float(memory) for memory in range(1, 7)}
    first = choose(dreams_of(20), losses)
    again = choose(dreams_of(20), dict.fromkeys(losses, 0.0), resumed=True)
    assert [d.id for d in again.dreams] == [d.id for d in first.dreams]
    assert len(choose.measured) == 1
    (tmp_path / "night" / SURPRISE).write_text("[", encoding="utf-8")
    choose(dreams_of(20), losses, resumed=True)
    assert len(choose.measured) == 2


def test_only_what_still_holds_is_rehearsed(choose):
    old = [
        SimpleNamespace(id=1, superseded_by=2, learnable=True),
        SimpleNamespace(id=2, superseded_by=None, learnable=False),
        SimpleNamespace(id=3, superseded_by=None, learnable=True),
    ]
    more = [dream(1, 3, kind="contrast"), dream(2, 3, held_out=True), dream(3, 3), dream(4, 9)]
    assert [d.id for d in choose([*dreams_of(2, (1, 2)), *more], {}, old=old).dreams] == [3]
    assert choose(dreams_of(2), {}, old=[]).dreams == []
    assert choose(dreams_of(2), {}, parent=None).dreams == []


@pytest.fixture
def measuring(short_nights, tmp_path):
    """Return (context, night) on tiny models; what the night calls is recorded in ``night.options``."""
    pytest.importorskip("sovl_cross_attention")
    system = short_nights()
    context = SimpleNamespace(config=system.config, hooks=system.plugins)
    return context, Night(2, 1, [], [], system.models(), tmp_path / "night", random.Random(0))


def test_surprise_is_the_loss_on_each_dream(measuring, mocker):
    context, night = measuring
    mocker.patch.object(replay, "MEASURED_TOGETHER", 2)
    asked = [dream(1, 1), dream(22222222, 2), dream(3, 3), dream(1, 4)]
    breaths = night.breathe = mocker.Mock()
    found = surprise(asked, night, context)
    assert breaths.call_count == 2
    assert found[0] == pytest.approx(found[3], abs=1e-4)
    assert len({round(loss, 4) for loss in found}) == 3
    for one, loss in zip(asked, found):
        (alone,) = surprise([one], night, context)
        assert loss == pytest.approx(alone, abs=1e-3)


def test_it_is_measured_with_what_was_accepted_and_learns_nothing(measuring, mocker, same):
    import contextlib

    context, night = measuring
    state = night.models.snapshot()["cross_attention"]
    put = []

    @contextlib.contextmanager
    def in_place():
        put.append("in")
        yield
        put.append("out")

    night.while_awake.append(in_place)
    really = context.hooks

    def seen(step, inner):
        put.append(step.phase)
        return really.on_train_step(step, inner)

    context.hooks = SimpleNamespace(on_train_step=seen)
    surprise([dream(1, 1)], night, context)
    assert put == ["in", "validation", "out"]
    assert same(night.models.snapshot()["cross_attention"], state)


def test_a_step_that_fails_measures_nothing(measuring):
    context, night = measuring
    context.hooks = SimpleNamespace(on_train_step=lambda step, inner: StepResult.skip("a plugin failed"))
    assert all(math.isnan(loss) for loss in surprise([dream(1, 1), dream(2, 2)], night, context))


def test_it_can_be_interrupted(measuring):
    context, night = measuring

    def breathe():
        raise NightInterrupted("enough")

    night.breathe = breathe
    with pytest.raises(NightInterrupted):
        surprise([dream(1, 1)], night, context)


def test_a_night_tells_what_it_rehearsed_for_its_surprise(short_nights, mocker):
    pytest.importorskip("sovl_dream")
    mocker.patch.multiple(replay, REPLAYED=2)
    system = short_nights()
    dog = system.tell("My dog is called Biscuit.")
    assert "replayed" not in system.sleep().metrics
    system.tell("My cat is called Minka.")
    metrics = system.sleep().metrics
    assert (metrics["replayed"], metrics["surprising"]) == (2, [dog.id])
