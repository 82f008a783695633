from __future__ import annotations

from typing import Any, Dict, List, Optional

import pytest

from sovl_core.evaluation.seeds import mean_of, merged

pytestmark = pytest.mark.no_torch


def _result(recall: Optional[float], seed: int, **arm: Any) -> Dict[str, Any]:
    values = {"recall": recall, "kl": 0.0, "trainable_parameters": 2**53 + 1, "nights": [], **arm}
    return {"facts": 3, "arms": {"sovl": values}, "about": {"seed": seed, "nights": 1}}


def _night(recall_of_nights: List[Optional[float]], status: str = "accepted", **more: Any) -> Dict[str, Any]:
    return {"night": 1, "told": 3, "status": status, "steps": 60, "recall_of_nights": recall_of_nights, **more}


def test_each_figure_is_the_mean_and_has_its_least_and_greatest() -> None:
    seeds = {"1": _result(0.5, 1), "2": _result(1.0, 2), "3": _result(0.0, 3)}
    values = merged(seeds)
    sovl = values["arms"]["sovl"]
    assert (values["facts"], sovl["recall"], sovl["kl"]) == (3, 0.5, 0.0)
    assert values["spread"]["sovl"]["recall"] == [0.0, 1.0]
    assert values["seeds"] == seeds
    assert values["about"] == {"nights": 1, "seeds": ["1", "2", "3"]}
    # A whole number stays whole, with every digit.
    assert (type(sovl["trainable_parameters"]), sovl["trainable_parameters"]) == (int, 2**53 + 1)
    assert "complete" not in values
    assert merged(seeds, complete=False)["complete"] is False


def test_a_figure_that_applies_to_some_seeds_is_their_mean_and_to_none_is_none() -> None:
    values = merged({"1": _result(None, 1, false_recall=None), "2": _result(0.5, 2, false_recall=None)})
    assert (values["arms"]["sovl"]["recall"], values["arms"]["sovl"]["false_recall"]) == (0.5, None)
    assert values["spread"]["sovl"]["recall"] == [0.5, 0.5]
    assert "false_recall" not in values["spread"]["sovl"]


def test_nights_are_means_place_by_place() -> None:
    one = _result(1.0, 1, nights=[_night([1.0]), _night([0.5, None])])
    other = _result(1.0, 2, nights=[_night([0.5]), _night([0.0, 1.0], "set_aside", steps=80)])
    first, second = merged({"1": one, "2": other})["arms"]["sovl"]["nights"]
    assert (first["night"], first["told"], first["status"], first["steps"]) == (1, 3, "accepted", 60)
    assert (second["status"], second["steps"]) == ("accepted / set_aside", 70)
    assert (first["recall_of_nights"], second["recall_of_nights"]) == ([0.75], [0.25, 1.0])
    assert first["recall"] is None


def test_arms_of_some_seeds_stand_in_the_order_of_reports() -> None:
    one, other = _result(1.0, 1), _result(0.0, 2)
    other["arms"] = {"base": {"recall": 0.25, "nights": []}, "rag": {}, **other["arms"]}
    values = merged({"1": one, "2": other})
    assert list(values["arms"]) == ["base", "sovl", "rag"]
    assert (values["arms"]["base"]["recall"], values["arms"]["sovl"]["recall"]) == (0.25, 0.5)


def test_notes_of_some_seeds_name_them() -> None:
    one, other = _result(1.0, 1, notes=["both", "mine"]), _result(1.0, 2, notes=["both"])
    assert merged({"1": one, "2": other})["arms"]["sovl"]["notes"] == ["both", "seed 1: mine"]


def test_what_is_none_does_not_count() -> None:
    assert mean_of([None, 1.0, 2]) == 1.5
    assert mean_of([]) is None
    assert mean_of([[1.0], None, [0.0, 3.0]]) == [0.5, 3.0]
