from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Optional

import pytest

from sovl_core.error_handling import DataError
from sovl_core.evaluation.earlier import read_results
from sovl_core.evaluation.seeds import merged

pytestmark = pytest.mark.no_torch


def _result(recall: float = 0.5, seed: Optional[int] = 1, arm: str = "sovl", **more: Any) -> Dict[str, Any]:
    asked = [{"tell": "My dog is Rex.", "ask": [{"question": "Dog?"}], "reverse": []}]
    values = {"recall": recall, "kl": 0.0, "nights": [], "notes": [], "per_fact": asked, "never_told": []}
    about = {"nights": 1} if seed is None else {"nights": 1, "seed": seed}
    return {"facts": 1, "arms": {arm: values}, "about": about, **more}


def _written(folder: Path, name: str, values: Any) -> Path:
    path = folder / name
    path.write_text(values if isinstance(values, str) else json.dumps(values))
    return path


def test_a_single_file_is_what_it_is(tmp_path: Path) -> None:
    for values in (_result(), merged({"1": _result(), "2": _result(1.0, 2)}), _result(complete=False)):
        assert read_results([_written(tmp_path, "a.json", values)]) == values


def test_several_files_are_seeds(tmp_path: Path) -> None:
    both = merged({"1": _result(0.0), "2": _result(0.5, 2)})
    values = read_results([_written(tmp_path, "a.json", both), _written(tmp_path, "b.json", _result(1.0, 3))])
    assert list(values["seeds"]) == ["1", "2", "3"]
    assert values["arms"]["sovl"]["recall"] == 0.5
    # A result that names no seed still is one.
    values = read_results([_written(tmp_path, name, _result(1.0, None)) for name in ("c.json", "d.json")])
    assert list(values["seeds"]) == [str(tmp_path / "c.json"), str(tmp_path / "d.json")]


def test_arms_of_one_seed_are_put_together(tmp_path: Path) -> None:
    values = read_results(
        [_written(tmp_path, "a.json", _result()), _written(tmp_path, "b.json", _result(0.25, arm="lora"))]
    )
    assert list(values["seeds"]) == ["1"]
    assert {name: arm["recall"] for name, arm in values["arms"].items()} == {"lora": 0.25, "sovl": 0.5}
    with pytest.raises(DataError, match=r"Seed 1 of sovl stands in .*a.json and in .*a.json"):
        read_results([tmp_path / "a.json", tmp_path / "a.json"])


@pytest.mark.parametrize("order", [("a.json", "b.json"), ("b.json", "a.json")])
def test_what_is_unfinished_gives_way_to_what_is_finished(tmp_path: Path, order: Any) -> None:
    broken_off = _result(0.0, 2, complete=False)
    _written(tmp_path, "a.json", merged({"1": _result(0.0), "2": broken_off}, complete=False))
    _written(tmp_path, "b.json", _result(1.0, 2))
    values = read_results([tmp_path / name for name in order])
    assert values["seeds"]["2"]["arms"]["sovl"]["recall"] == 1.0
    assert values["arms"]["sovl"]["recall"] == 0.5
    assert "complete" not in values


def test_other_facts_and_settings_have_no_common_mean(tmp_path: Path) -> None:
    one = _written(tmp_path, "a.json", _result())
    other = _result(seed=2)
    other["arms"]["sovl"]["per_fact"][0]["ask"][0]["question"] = "Horse?"
    with pytest.raises(DataError, match=r"b.json cannot be put together with .*a.json: the facts are others"):
        read_results([one, _written(tmp_path, "b.json", other)])
    with pytest.raises(DataError, match="the facts are others"):
        read_results([one, _written(tmp_path, "b.json", {**_result(seed=2), "facts": 2})])
    with pytest.raises(DataError, match="nights is 4, not 1"):
        read_results([one, _written(tmp_path, "b.json", {**_result(), "about": {"seed": 2, "nights": 4}})])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[1]", "is no result of an evaluation"),
        ({"facts": 1}, "arms: Field required"),
        ({"facts": 1, "arms": {}}, "arms: "),
        ({"facts": True, "arms": {"sovl": {}}}, "facts: "),
        ({"facts": 1, "arms": {"sovl": {"recall": "0.5"}}}, "arms.sovl.recall: "),
        ({"facts": 1, "arms": {"sovl": {"nights": [{"recall_of_nights": ["x"]}]}}}, "arms.sovl.nights.0.recall_of_nig"),
        ({"facts": 1, "arms": {"sovl": {}}, "seeds": {"1": {}}}, "seeds.1.facts: "),
    ],
)
def test_what_is_no_result_is_refused(tmp_path: Path, content: Any, problem: str) -> None:
    path = _written(tmp_path, "a.json", content)
    with pytest.raises(DataError) as caught:
        read_results([path])
    assert str(path) in caught.value.message
    assert problem in caught.value.message
    assert "--json OUT" in caught.value.hint


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none.json cannot be read"):
        read_results([tmp_path / "none.json"])
    (tmp_path / "latin.json").write_bytes(b'"\xe9"')
    with pytest.raises(DataError, match=r"latin.json is not JSON"):
        read_results([tmp_path / "latin.json"])


def test_numbers_that_json_should_not_hold_are_none(tmp_path: Path) -> None:
    path = _written(tmp_path, "a.json", '{"facts": 1, "arms": {"sovl": {"kl": NaN, "recall": 1}}}')
    assert read_results([path])["arms"]["sovl"] == {"kl": None, "recall": 1}
