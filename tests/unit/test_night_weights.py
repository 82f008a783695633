from __future__ import annotations

from typing import Any, Dict, List

import pytest

from sovl_core.error_handling import SOVLError
from sovl_core.night_weights import NightWeights, put_weights
from sovl_core.plugin import PluginState
from sovl_core.system_logging import ThreadSafeLogger


class World:
    """A life of nights 1 and 2, in which the adapter became full of ones and then of twos."""

    def __init__(self, journal: Any, store: Any, models: Any, read_only: bool = False) -> None:
        self.journal, self.store, self.models = journal, store, models
        self.warnings: List[str] = []
        self.logger = ThreadSafeLogger(None)
        self.weights = NightWeights(journal, store, self.logger, self.warnings.append, read_only)
        self.episodes = [journal.begin_episode(f"fact {n}", "c") for n in (1, 2)]
        for number in (1, 2):
            self.set(float(number))
            assert journal.open_night(journal.current_night(), "command", {}) == number
            states = {"memory": PluginState({"night": number})}
            self.weights.store(number, models, states, journal.current_night(), {"n": number})
            journal.accept_night(number, "accepted", [self.episodes[number - 1].id], {})
        self.set(0.0)

    def set(self, value: float) -> None:
        import torch

        with torch.no_grad():
            self.adapter.weight.fill_(value)

    @property
    def adapter(self) -> Any:
        return self.models.trainables["adapter"].module

    def value(self) -> float:
        return float(self.adapter.weight.detach()[0, 0])


@pytest.fixture
def world(journal: Any, memory_store: Any, linear_models: Any) -> World:
    return World(journal, memory_store, linear_models())


def test_a_life_wakes_up_with_its_current_night(world: World) -> None:
    assert world.weights.wake(world.models) == 2
    assert world.value() == 2.0
    assert world.weights.states()["memory"].values == {"night": 2}
    assert world.warnings == []


def test_before_the_first_night_nothing_changes(journal: Any, memory_store: Any, linear_models: Any) -> None:
    models = linear_models()
    weights = NightWeights(journal, memory_store, None, [].append)
    assert weights.wake(models) is None
    assert weights.states() == {}


def test_a_damaged_night_is_left_for_the_one_before_it(world: World) -> None:
    world.store.damaged = {2}
    assert world.weights.wake(world.models) == 1
    assert world.value() == 1.0
    assert len(world.warnings) == 1
    assert "Night 2 is damaged (nights/0002/adapter.safetensors" in world.warnings[0]
    assert "from night 1" in world.warnings[0]
    assert world.journal.current_night() == 1
    assert [episode.prompt for episode in world.journal.unconsolidated()] == ["fact 2"]
    assert [entry["event"] for entry in world.logger.read()] == ["night_damaged"]
    world.weights.wake(world.models)
    assert len(world.warnings) == 1


def test_with_every_night_damaged_the_life_goes_on_from_the_base(world: World) -> None:
    world.store.damaged = {1, 2}
    assert world.weights.wake(world.models) is None
    assert world.value() == 0.0
    assert world.journal.current_night() is None
    assert "before the first night" in world.warnings[0]


def test_a_purged_night_is_not_fallen_back_to(world: World) -> None:
    world.journal.mark_purged(1)
    world.store.damaged = {2}
    assert world.weights.wake(world.models) is None
    assert world.journal.current_night() is None


def test_a_reader_falls_back_without_writing(world: World) -> None:
    reader = NightWeights(world.journal, world.store, None, world.warnings.append, read_only=True)
    world.store.damaged = {2}
    assert reader.wake(world.models) == 1
    assert world.value() == 1.0
    assert world.journal.current_night() == 2


def test_weights_of_an_absent_plugin_are_kept_in_the_next_night(world: World) -> None:
    import torch

    world.store.nights[2][0]["absent"] = {"weight": torch.tensor([7.0])}
    world.weights.store(3, world.models, {}, 2, {})
    assert world.store.nights[3][0]["absent"]["weight"].tolist() == [7.0]
    assert sorted(world.store.nights[3][0]) == ["absent", "adapter"]


def test_a_parent_that_was_damaged_meanwhile_does_not_cost_the_night(world: World) -> None:
    world.store.damaged = {2}
    world.weights.store(3, world.models, {}, 2, {})
    assert sorted(world.store.nights[3][0]) == ["adapter"]


def test_weights_of_another_shape_are_refused_with_what_to_do(world: World) -> None:
    import torch

    world.store.nights[2][0]["adapter"]["weight"] = torch.zeros(3, 2)
    with pytest.raises(SOVLError, match=r"night 2 do not fit.*adapter.weight.*nights use 0"):
        world.weights.wake(world.models)


def test_the_scaffold_is_built_where_stored_weights_name_it(linear_models: Any) -> None:
    import torch

    models = linear_models()
    scaffold = torch.nn.Linear(1, 1, bias=False)
    models._build_scaffold = lambda models: (scaffold, None)
    stored: Dict[str, Any] = {"scaffold": {"weight": torch.tensor([[9.0]])}}
    put_weights(models, {"adapter": {}}, "a test")
    assert not models.scaffold_loaded
    put_weights(models, stored, "a test")
    assert scaffold.weight.item() == 9.0
