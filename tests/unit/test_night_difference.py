from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Dict, List

import pytest
import torch

from sovl_core.error_handling import BadInput
from sovl_core.night_difference import Movement, compare_nights, flattened, movements
from sovl_core.night_store import NightStore


@pytest.fixture
def store(tmp_path: Path) -> NightStore:
    return NightStore(tmp_path / "nights")


def weights(value: float, *rows: str) -> Dict[str, Dict[str, torch.Tensor]]:
    return {
        "scaffold": {"a": torch.full((2, 2), value), "b": torch.tensor([2.0, value], dtype=torch.bfloat16)},
        "recall": {row: torch.ones(3) for row in rows},
    }


def live(journal: Any, store: NightStore, learned: List[int], report: Dict[str, Any], **changes: Any) -> int:
    """One accepted night after the current one, its weights on the disk."""
    number = journal.open_night(journal.current_night(), "command", changes.get("plugins", {}))
    store.save(number, changes.get("weights", weights(float(number))), {}, report)
    journal.accept_night(number, "accepted", learned, report)
    return int(number)


@pytest.fixture
def memories(journal: Any) -> List[int]:
    return [journal.begin_episode(text, "c").id for text in "abc"]


def test_what_each_knows_and_was_measured_at(journal: Any, store: NightStore, memories: List[int]) -> None:
    a, b, c = memories
    first = live(journal, store, [a], {"metrics": {"recall": 0.5, "drift": {"full": 0.1}}})
    second = live(journal, store, [b], {"metrics": {"recall": 0.75, "steps": 9}})
    journal.use_night(first)
    other = live(journal, store, [c], {})

    found = compare_nights(journal, store, first, second)
    assert ([one.id for one in found.only_first], [one.id for one in found.only_second]) == ([], [b])
    assert found.metrics == {"recall": (0.5, 0.75), "drift.full": (0.1, None), "steps": (None, 9)}
    found = compare_nights(journal, store, second, other)
    assert ([one.prompt for one in found.only_first], [one.prompt for one in found.only_second]) == (["b"], ["c"])
    found = compare_nights(journal, store, None, second)
    assert [one.id for one in found.only_second] == [a, b]
    assert found.only_first == []
    assert found.settings == {}


def test_plugins_and_settings_that_differ(journal: Any, store: NightStore) -> None:
    settings = {"core": {"seed": 0, "base_model": "tiny"}, "plugins": {"dream": {"count": 4}}}
    changed = {"core": {"seed": 7, "base_model": "tiny"}, "plugins": {}}
    first = live(
        journal,
        store,
        [],
        {"base_model": "tiny", "scaffold_model": "base[:2]", "settings": settings},
        plugins={"dream": "sovl-dream 0.1.0", "recall": "sovl-recall 0.1.0"},
    )
    second = live(
        journal,
        store,
        [],
        {"base_model": "tiny", "scaffold_model": "base[:3]", "settings": changed},
        plugins={"dream": "sovl-dream 0.2.0", "recall": "sovl-recall 0.1.0", "play": "sovl-play 0.1.0"},
    )
    found = compare_nights(journal, store, first, second)
    assert found.plugins == {"dream": ("sovl-dream 0.1.0", "sovl-dream 0.2.0"), "play": (None, "sovl-play 0.1.0")}
    assert found.settings == {
        "core.scaffold_model": ("base[:2]", "base[:3]"),
        "core.seed": (0, 7),
        "plugins.dream.count": (4, None),
    }


def test_settings_that_one_night_did_not_keep_are_not_compared(journal: Any, store: NightStore) -> None:
    first = live(journal, store, [], {"base_model": "tiny"})
    second = live(
        journal, store, [], {"base_model": "small", "scaffold_model": "none", "settings": {"core": {"seed": 1}}}
    )
    for nights in ((first, second), (second, first)):
        assert list(compare_nights(journal, store, *nights).settings) == ["core.base_model"]


def test_how_far_the_weights_moved(journal: Any, store: NightStore) -> None:
    first = live(journal, store, [], {}, weights=weights(1.0, "7", "8"))
    second = live(journal, store, [], {}, weights=weights(3.0, "8", "9", "10"))
    recall, scaffold = compare_nights(journal, store, first, second).weights
    assert recall == Movement("recall", 0.0, shared=1, only_first=1, only_second=2)
    # Five numbers moved by 2; before they were five ones and a two.
    assert scaffold.relative == pytest.approx(math.sqrt(5 * 4 / 9))
    assert (scaffold.shared, scaffold.only_first, scaffold.only_second) == (2, 0, 0)


def test_against_the_life_before_its_first_night(journal: Any, store: NightStore) -> None:
    first = live(journal, store, [], {}, weights=weights(1.0, "7"))
    assert compare_nights(journal, store, None, first).weights == [
        Movement("recall", None, only_second=1),
        Movement("scaffold", None, only_second=2),
    ]


def test_numbers_that_were_zero_or_have_another_shape() -> None:
    zero, one = {"x": {"g": torch.zeros(2)}}, {"x": {"g": torch.ones(2)}}
    assert movements(zero, one) == [Movement("x", math.inf, shared=1)]
    assert movements(zero, zero) == [Movement("x", 0.0, shared=1)]
    assert movements(one, {"x": {"g": torch.ones(3)}}) == [Movement("x", None, 0, 1, 1)]


def test_what_cannot_be_compared_is_named(journal: Any, store: NightStore) -> None:
    first = live(journal, store, [], {})
    aside = journal.open_night(first, "command", {})
    journal.close_night(aside, "set_aside", {"metrics": {"recall": 0.1}})
    found = compare_nights(journal, store, first, aside)
    assert found.weights == []
    assert found.problems == [f"night {aside} left no weights: set aside"]
    assert found.metrics == {"recall": (None, 0.1)}

    second = live(journal, store, [], {})
    (store.path(second) / "trainables" / "scaffold.safetensors").write_bytes(b"")
    (problem,) = compare_nights(journal, store, first, second).problems
    assert problem.startswith(f"the weights of night {second} cannot be read")
    assert "scaffold.safetensors" in problem
    with pytest.raises(BadInput, match="There is no night 99"):
        compare_nights(journal, store, first, 99)


def test_nested_values_by_dotted_key() -> None:
    assert flattened({"a": {"b": 1, "c": {"d": [2]}}, "e": None}) == {"a.b": 1, "a.c.d": [2], "e": None}
