"""Training by day, kept like a night, and going back to an earlier night."""

from __future__ import annotations

from typing import Any

import pytest

from sovl_core.error_handling import BadInput, SOVLError
from sovl_core.events import NightInterrupted, NightReport
from sovl_core.proposal import propose


def test_training_by_day_is_kept_as_a_night_of_its_own(world: Any) -> None:
    with propose(world.host, world.gate, "a training run", lambda: False) as proposal:
        world.fill(proposal.models, 4.0)
        number = world.keeper.keep_training(proposal, {"loss": 0.5}, 120)
    assert number == 1
    record = world.journal.night(1)
    assert (record.status, record.trigger, record.report["loss"]) == ("accepted", "train", 0.5)
    assert world.value() == 4.0
    assert world.state.calls == [("learned", 120)]


def test_training_closes_a_night_that_was_interrupted_before(world: Any) -> None:
    world.plugin.live = lambda night: (_ for _ in ()).throw(NightInterrupted())
    with pytest.raises(NightInterrupted):
        world.keeper.sleep("command")
    with propose(world.host, world.gate, "a training run", lambda: False) as proposal:
        world.keeper.keep_training(proposal, {}, 0)
    assert world.statuses() == ["failed", "accepted"]


def test_training_that_cannot_be_stored_is_undone(world: Any) -> None:
    world.store.full = True

    def train() -> None:
        with propose(world.host, world.gate, "a training run", lambda: False) as proposal:
            world.fill(proposal.models, 4.0)
            world.keeper.keep_training(proposal, {}, 120)

    with pytest.raises(SOVLError, match="No space left"):
        train()
    assert world.value() == 0.0
    assert world.statuses() == ["failed"]
    assert world.state.calls == []


def test_going_back_to_an_earlier_night_and_forth_again(world: Any) -> None:
    world.tell("one")
    world.keeper.sleep("command")
    world.tell("two")
    world.keeper.sleep("command")
    world.keeper.use(1)
    assert world.value() == 1.0
    assert [memory.prompt for memory in world.journal.unconsolidated()] == ["two"]
    world.keeper.use(None)
    assert world.value() == 0.0
    world.keeper.use(2)
    assert world.value() == 2.0
    assert world.journal.count_unconsolidated() == 0
    assert ("take_back", {"sleeper": {"slept": True}}) in world.state.calls


def test_a_night_that_does_not_fit_the_models_is_refused_at_once(world: Any, mocker: Any) -> None:
    world.keeper.sleep("command")
    world.keeper.use(None)
    assert world.value() == 0.0
    misfit = mocker.patch.object(world.host, "_wake", side_effect=[SOVLError("The weights of night 1 do not fit")])
    with pytest.raises(SOVLError, match="do not fit"):
        world.keeper.use(1)
    mocker.stop(misfit)
    assert world.journal.current_night() is None
    assert world.value() == 0.0


def test_only_a_good_accepted_night_can_be_used(world: Any) -> None:
    world.keeper.sleep("command")
    world.plugin.live = lambda night: NightReport("set_aside")
    world.keeper.sleep("command")
    for number in (2, 3):
        with pytest.raises(BadInput, match=f"no accepted night {number}"):
            world.keeper.use(number)
    world.store.damaged = {1}
    with pytest.raises(SOVLError, match="Night 1 is damaged"):
        world.keeper.use(1)
    assert world.journal.current_night() == 1


def test_a_night_whose_files_were_removed_is_named_as_such(world: Any) -> None:
    world.keeper.sleep("command")
    world.keeper.sleep("command")
    world.journal.mark_purged(1)
    with pytest.raises(BadInput, match="Night 1 is no more: its files were removed for good"):
        world.keeper.use(1)
