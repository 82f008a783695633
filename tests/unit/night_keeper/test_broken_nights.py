"""Nights that are interrupted or fail: what is gone on with, what is begun anew, whose fault it was."""

from __future__ import annotations

from typing import Any, List

import pytest

from sovl_core.error_handling import SOVLError
from sovl_core.events import Night, NightInterrupted, NightReport
from sovl_core.plugin import Plugin


def test_an_interrupted_night_is_gone_on_with(world: Any) -> None:
    world.tell("a fact")

    def interrupted(night: Night) -> NightReport:
        world.fill(night.models, 2.0)
        (night.folder / "step.json").write_text("{}")
        raise NightInterrupted("the life is being closed")

    world.plugin.live = interrupted
    with pytest.raises(NightInterrupted):
        world.keeper.sleep("gestation")
    assert world.value() == 0.0
    assert world.statuses() == ["running"]
    world.plugin.live = None
    world.keeper.sleep("command")
    night = world.plugin.nights[1]
    assert (night.number, night.resumed, night.trigger) == (1, True, "gestation")
    assert world.statuses() == ["accepted"]


@pytest.mark.parametrize("change", ["another night", "another plugin"])
def test_an_interrupted_night_that_no_longer_fits_is_begun_anew(world: Any, change: str) -> None:
    world.keeper.sleep("command")
    world.plugin.live = lambda night: (_ for _ in ()).throw(NightInterrupted())
    with pytest.raises(NightInterrupted):
        world.keeper.sleep("command")
    folder = world.store.working_folder(2)
    assert folder.exists()
    world.plugin.live = None
    if change == "another night":
        world.keeper.use(None)
    else:

        class Other(Plugin):
            name = "other"

        world.open(world.plugin, Other())
    world.keeper.sleep("command")
    assert world.statuses()[1:] == ["failed", "accepted"]
    assert not world.plugin.nights[-1].resumed
    assert not folder.exists()


def test_a_breath_calls_the_callers_own_and_the_kernels(world: Any) -> None:
    breaths: List[str] = []

    def live(night: Night) -> NightReport:
        night.breathe()
        world.stopping = True
        night.breathe()
        raise AssertionError("the night should have ended")

    world.plugin.live = live
    with pytest.raises(NightInterrupted):
        world.keeper.sleep("command", breathe=lambda: breaths.append("own"))
    assert breaths == ["own", "own"]


def test_what_the_caller_raises_in_a_breath_is_no_failure_of_the_plugin(world: Any) -> None:
    world.plugin.live = lambda night: night.breathe() or NightReport("nothing")

    def breathe() -> None:
        raise SOVLError("the terminal is gone")

    with pytest.raises(SOVLError, match="the terminal is gone"):
        world.keeper.sleep("command", breathe=breathe)
    assert world.hooks.failures == []
    assert world.statuses() == ["failed"]


def test_a_plugin_that_fails_in_the_night_is_named_and_the_weights_come_back(world: Any) -> None:
    def live(night: Night) -> NightReport:
        world.fill(night.models, 2.0)
        raise ValueError("dreams went wrong")

    world.plugin.live = live
    with pytest.raises(SOVLError, match=r"sleeper is off: failed in on_sleep: ValueError: dreams went wrong"):
        world.keeper.sleep("command")
    assert world.value() == 0.0
    assert world.statuses() == ["failed"]
    assert world.gate.work is None


def test_a_full_disk_keeps_the_night_to_go_on_with(world: Any) -> None:
    world.tell("a fact")
    world.store.full = True
    with pytest.raises(SOVLError, match=r"Night 1 could not be stored.*No space left.*goes on where it stopped"):
        world.keeper.sleep("command")
    assert world.value() == 0.0
    assert world.statuses() == ["running"]
    world.store.full = False
    world.keeper.sleep("command")
    assert world.plugin.nights[1].resumed
    assert world.statuses() == ["accepted"]


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"),
    ],
)
def test_a_disk_that_fills_up_in_the_night_is_not_the_plugins_fault(world: Any, error: Exception) -> None:
    world.tell("a fact")

    def live(night: Night) -> NightReport:
        (night.folder / "checkpoint").write_text("half of it")
        world.fill(night.models, 2.0)
        raise error

    world.plugin.live = live
    with pytest.raises(SOVLError, match=r"Night 1 was interrupted, because the disk is full.*`sovl sleep` goes on"):
        world.keeper.sleep("command")
    assert world.hooks.failures == []
    assert world.value() == 0.0
    assert world.statuses() == ["running"]
    assert (world.store.working_folder(1) / "checkpoint").read_text() == "half of it"
    world.plugin.live = None
    world.keeper.sleep("command")
    assert world.plugin.nights[1].resumed
    assert world.statuses() == ["accepted"]


def test_a_night_that_can_never_be_stored_is_not_gone_on_with(world: Any, mocker: Any) -> None:
    mocker.patch.object(world.store, "save", side_effect=ValueError("a name that cannot be a file's"))
    with pytest.raises(ValueError, match="cannot be a file"):
        world.keeper.sleep("command")
    assert world.statuses() == ["failed"]
    assert world.journal.running_night() is None


def test_an_interrupted_night_that_dreamed_of_what_is_forgotten_is_given_up(world: Any) -> None:
    from sovl_core.events import Dream

    one, other = world.tell("a fact", "another")
    world.interrupt()
    world.journal.add_dreams(1, [Dream("question", "what?", "a fact", [one])])
    world.keeper.give_up([other])
    assert world.statuses() == ["running"]
    world.keeper.give_up([other, one])
    assert world.statuses() == ["failed"]
    assert not world.store.working_folder(1).exists()
    world.keeper.give_up([one])


def test_what_a_killed_process_had_stored_of_a_night_never_accepted_is_removed(world: Any) -> None:
    killed = world.journal.open_night(None, "train", {})
    world.store.save(killed, {}, {}, {})
    world.keeper.sleep("command")
    assert world.statuses() == ["failed", "accepted"]
    assert world.store.numbers() == [killed + 1]
