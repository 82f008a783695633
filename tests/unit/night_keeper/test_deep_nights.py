"""Deep nights: begun untrained, with everything there is to learn."""

from __future__ import annotations

from typing import Any, List

import pytest

from sovl_core.events import Night, NightReport


def test_a_deep_night_begins_untrained_with_all_there_is_to_learn(world: Any) -> None:
    world.tell("old one", "old two")
    world.keeper.sleep("command")
    world.tell("new")
    met: List[Any] = []

    def live(night: Night) -> NightReport:
        met.append((world.value(), [memory.prompt for memory in night.memories], night.old_memories))
        with night.by_day():
            met.append(world.value())
        world.fill(night.models, 7.0)
        return NightReport("accepted", learned=[2, 3])

    world.plugin.live = live
    report = world.keeper.sleep("command", deep=True)

    assert met == [(0.0, ["old one", "old two", "new"], []), 1.0]
    assert world.plugin.nights[1].deep
    assert (report.learned, world.value()) == ([2, 3], 7.0)
    record = world.journal.night(2)
    assert (record.deep, record.parent, world.journal.current_night()) == (True, 1, 2)
    assert [memory.id for memory in world.journal.unconsolidated()] == [1]
    # Only what was learned for the first time is gone through.
    assert world.state.calls[-1] == ("wake", len("new"))
    world.keeper.use(record.parent)
    assert world.value() == 1.0
    assert [memory.id for memory in world.journal.unconsolidated()] == [3]


def test_a_deep_night_set_aside_leaves_what_was_accepted(world: Any) -> None:
    world.tell("a fact")
    world.keeper.sleep("command")
    world.plugin.live = lambda night: world.fill(night.models, 7.0) or NightReport("set_aside")
    world.keeper.sleep("command", deep=True)
    assert world.value() == 1.0
    assert world.journal.current_night() == 1
    assert world.journal.unconsolidated() == []


def test_a_deep_night_carries_no_weights_of_absent_plugins(world: Any) -> None:
    world.tell("a fact")
    world.keeper.sleep("command")
    world.store.nights[1][0]["absent"] = {"weight": world.store.nights[1][0]["adapter"]["weight"]}
    world.keeper.sleep("command")
    assert "absent" in world.store.nights[2][0]
    world.keeper.sleep("command", deep=True)
    assert "absent" not in world.store.nights[3][0]


def test_an_interrupted_deep_night_is_gone_on_with_as_one(world: Any) -> None:
    world.tell("a fact")
    world.keeper.sleep("command")
    world.interrupt(deep=True)
    met: List[float] = []
    world.plugin.live = lambda night: met.append(world.value()) or NightReport("accepted", learned=[1])
    world.keeper.sleep("command")
    night = world.plugin.nights[-1]
    assert (night.number, night.resumed, night.deep) == (2, True, True)
    assert [memory.id for memory in night.memories] == [1]
    assert met == [0.0]


@pytest.mark.parametrize(("interrupted", "wanted"), [(False, True), (True, False)])
def test_a_night_of_the_other_kind_is_not_gone_on_with(world: Any, interrupted: bool, wanted: bool) -> None:
    world.tell("a fact")
    world.interrupt(deep=interrupted)
    world.keeper.sleep("command", deep=wanted)
    assert world.statuses() == ["failed", "accepted"]
    assert "was asked for instead" in world.journal.night(1).report["reason"]
    assert world.journal.night(2).deep is wanted


def test_after_something_learned_was_forgotten_the_next_night_is_a_deep_one(world: Any) -> None:
    world.tell("a fact", "another")
    world.keeper.sleep("command")
    world.journal.forget_episodes([1])
    world.keeper.sleep("command", deep=False)
    world.keeper.sleep("command")
    world.keeper.sleep("command")
    assert [night.deep for night in world.plugin.nights] == [False, False, True, False]
