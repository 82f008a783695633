from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List

import pytest

from sovl_core.error_handling import SOVLError
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin, PluginState
from sovl_core.state_keeper import StateKeeper
from sovl_core.vitals import Vitals


class Remembers(Plugin):
    name = "remembers"

    def __init__(self, count: int = 0) -> None:
        self.count = count

    @hookimpl
    def on_save_state(self, state: PluginState) -> None:
        state.values["count"] = self.count

    @hookimpl
    def on_load_state(self, state: PluginState) -> None:
        self.count = state.values["count"]


class World:
    def __init__(self, journal: Any, manager: Any, folder: Path, *plugins: Plugin, read_only: bool = False) -> None:
        self.vitals = Vitals()
        self.warnings: List[str] = []
        self.folder = folder
        self.keeper = StateKeeper(
            journal, manager(*plugins), self.vitals, folder, None, self.warnings.append, read_only
        )


@pytest.fixture
def open_world(journal: Any, manager: Any, tmp_path: Path) -> Any:
    return lambda *plugins, **options: World(journal, manager, tmp_path / "state", *plugins, **options)


def nothing() -> Dict[str, PluginState]:
    return {}


def test_vital_signs_and_plugin_state_come_back(open_world: Any) -> None:
    world = open_world(Remembers(5))
    world.vitals.exposure = 12.0
    world.keeper.save()
    plugin = Remembers()
    later = open_world(plugin)
    later.keeper.load(nothing)
    assert (later.vitals.exposure, plugin.count) == (12.0, 5)


def test_a_day_without_state_begins_with_that_of_the_night(open_world: Any) -> None:
    plugin = Remembers()
    open_world(plugin).keeper.load(lambda: {"remembers": PluginState({"count": 7})})
    assert plugin.count == 7


def test_the_day_knows_more_than_the_night(open_world: Any) -> None:
    open_world(Remembers(5)).keeper.save()
    plugin = Remembers()
    open_world(plugin).keeper.load(lambda: {"remembers": PluginState({"count": 7})})
    assert plugin.count == 5


def _accepted_night(journal: Any) -> int:
    number: int = journal.open_night(journal.current_night(), "command", {})
    journal.accept_night(number, "accepted", [], {})
    return number


def test_after_a_kill_between_waking_up_and_saving_the_state_is_the_nights(open_world: Any, journal: Any) -> None:
    open_world(Remembers(5), Other(6)).keeper.save()
    _accepted_night(journal)
    plugin, other = Remembers(), Other()
    later = open_world(plugin, other)
    later.keeper.load(lambda: {"remembers": PluginState({"count": 7})})
    assert (plugin.count, other.count) == (7, 6)
    plugin.count = 8
    later.keeper.save()
    open_world(plugin).keeper.load(lambda: {"remembers": PluginState({"count": 7})})
    assert plugin.count == 8


def test_after_a_kill_between_going_back_and_saving_the_state_is_the_nights(open_world: Any, journal: Any) -> None:
    first = _accepted_night(journal)
    _accepted_night(journal)
    open_world(Remembers(5)).keeper.save()
    journal.use_night(first)
    plugin = Remembers()
    open_world(plugin).keeper.load(lambda: {"remembers": PluginState({"count": 7})})
    assert plugin.count == 7


@pytest.mark.parametrize("happens", ["accepted", "damaged"])
def test_what_is_saved_while_another_night_becomes_current_is_not_of_it(
    open_world: Any, journal: Any, happens: str
) -> None:
    first = _accepted_night(journal)
    _accepted_night(journal)
    world = open_world(Remembers(5))
    world.keeper.load(nothing)
    if happens == "accepted":
        _accepted_night(journal)
    else:
        journal.use_night(first)
    world.keeper.save()
    plugin = Remembers()
    open_world(plugin).keeper.load(lambda: {"remembers": PluginState({"count": 7})})
    assert plugin.count == 7


@pytest.mark.parametrize("begins", ["wake", "learned"])
def test_what_is_saved_with_an_accepted_night_is_of_it(open_world: Any, journal: Any, begins: str) -> None:
    world = open_world(Remembers(5))
    world.keeper.load(nothing)
    _accepted_night(journal)
    getattr(world.keeper, begins)(10)
    plugin = Remembers()
    open_world(plugin).keeper.load(lambda: {"remembers": PluginState({"count": 7})})
    assert plugin.count == 5


def test_the_state_of_an_absent_plugin_is_kept(open_world: Any) -> None:
    open_world(Remembers(5)).keeper.save()
    without = open_world()
    without.keeper.load(nothing)
    assert without.keeper.gather()["remembers"].values == {"count": 5}
    without.keeper.save()
    plugin = Remembers()
    open_world(plugin).keeper.load(nothing)
    assert plugin.count == 5


def test_before_the_first_night_plugins_have_lived_nothing(open_world: Any) -> None:
    open_world(Remembers(5), Other(6)).keeper.save()
    plugin = Remembers(1)
    world = open_world(plugin)
    world.keeper.load(nothing)
    assert plugin.count == 5
    world.keeper.take_back({})
    assert plugin.count == 1
    assert {name: state.values for name, state in world.keeper.gather().items()} == {"remembers": {"count": 1}}


def test_a_plugin_that_was_not_there_that_night_has_lived_nothing(open_world: Any) -> None:
    plugin, other = Remembers(1), Other(2)
    world = open_world(plugin, other)
    world.keeper.load(lambda: {"remembers": PluginState({"count": 5}), "other": PluginState({"count": 6})})
    for _ in range(2):
        world.keeper.take_back({"remembers": PluginState({"count": 3})})
        assert (plugin.count, other.count) == (3, 2)
        plugin.count, other.count = 7, 8


def test_after_a_kill_between_going_back_before_the_first_night_and_saving_nothing_was_lived(
    open_world: Any, journal: Any
) -> None:
    _accepted_night(journal)
    open_world(Remembers(5)).keeper.wake(1)
    journal.use_night(None)
    plugin = Remembers(1)
    later = open_world(plugin)
    later.keeper.load(nothing)
    assert plugin.count == 1
    assert later.keeper.gather()["remembers"].values == {"count": 1}


def test_damaged_state_gives_way_to_the_nights_with_a_warning(open_world: Any) -> None:
    open_world(Remembers(5)).keeper.save()
    world = open_world(Remembers())
    for file in world.folder.iterdir():
        file.write_bytes(b"\x00 not json")
    plugin = Remembers()
    later = open_world(plugin)
    later.keeper.load(lambda: {"remembers": PluginState({"count": 7})})
    assert plugin.count == 7
    assert len(later.warnings) == 1


class Other(Remembers):
    name = "other"


@pytest.mark.parametrize("read_only", [False, True])
def test_one_damaged_state_costs_that_plugin_alone_and_is_kept(open_world: Any, read_only: bool) -> None:
    open_world(Remembers(5), Other(6)).keeper.save()
    plugin, other = Remembers(), Other()
    later = open_world(plugin, other, read_only=read_only)
    (later.folder / "remembers.json").write_text("half a fi")
    later.keeper.load(lambda: {"remembers": PluginState({"count": 7}), "other": PluginState({"count": 8})})
    assert (plugin.count, other.count) == (7, 6)
    (warning,) = later.warnings
    assert "remembers.json is damaged" in warning
    assert warning.endswith("Plugin 'remembers' takes up what it remembered at the last night.")
    later.keeper.save()
    kept = later.folder / ("remembers.json" if read_only else "damaged/remembers.json")
    assert kept.read_text() == "half a fi"


def test_damaged_state_that_cannot_be_set_aside_does_not_keep_the_life_shut(open_world: Any, mocker: Any) -> None:
    open_world(Remembers(5)).keeper.save()
    plugin = Remembers()
    later = open_world(plugin)
    (later.folder / "remembers.json").write_text("half a fi")
    mocker.patch("sovl_core.state_files.set_aside", side_effect=OSError(28, "No space left on device"))
    later.keeper.load(lambda: {"remembers": PluginState({"count": 7})})
    assert plugin.count == 7


def test_a_reader_writes_nothing(open_world: Any, journal: Any) -> None:
    world = open_world(Remembers(5), read_only=True)
    world.keeper.save()
    world.keeper.save_vitals()
    assert not world.folder.exists()
    assert journal.get_value("vitals") is None


def test_waking_up_begins_a_new_day(open_world: Any) -> None:
    world = open_world()
    world.vitals.record_confidence(0.5)
    world.vitals.exposure = 3.0
    world.keeper.wake(100)
    assert (world.vitals.mean_confidence, world.vitals.exposure) == (None, 103.0)
    later = open_world()
    later.keeper.load(nothing)
    assert later.vitals.exposure == 103.0


def test_training_by_day_adds_to_exposure_and_measures_on(open_world: Any) -> None:
    world = open_world()
    world.vitals.record_confidence(0.5)
    world.keeper.learned(100)
    assert (world.vitals.mean_confidence, world.vitals.exposure) == (0.5, 100.0)


def test_capacity_is_a_share_of_what_learns(open_world: Any, linear_models: Any) -> None:
    world, models = open_world(), linear_models()
    world.keeper.measure_capacity(models, 0.5)
    assert world.vitals.capacity == 2.0
    models.unregister_trainable("adapter")
    world.keeper.measure_capacity(models, 0.5)
    assert world.vitals.capacity is None


def test_a_full_disk_is_explained(open_world: Any, mocker: Any) -> None:
    mocker.patch("sovl_core.night_store.write_plugin_states", side_effect=OSError(28, "No space left on device"))
    with pytest.raises(SOVLError, match=r"No space left.*safe in the journal"):
        open_world(Remembers(5)).keeper.save()
