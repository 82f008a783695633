from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.classic_file import in_full, read_classic_file
from sovl_core.error_handling import BadInput

pytestmark = pytest.mark.no_torch

KNOWN = ["core_config.base_model_name", "training_config.dry_run", "training_config.dry_run_params.max_samples"]
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4))
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)


@pytest.mark.parametrize(
    "values",
    [
        {"core_config": {"base_model_name": "gpt2"}, "training_config": {"dry_run_params": {"max_samples": 2}}},
        {"core_config.base_model_name": "gpt2", "training_config.dry_run_params.max_samples": 2},
        {"core_config.base_model_name": "gpt2", "training_config": {"dry_run_params.max_samples": 2}},
        {"base_model_name": "gpt2", "max_samples": 2},
    ],
)
def test_sections_may_be_nested_dotted_or_left_out(values: Any) -> None:
    assert in_full(values, KNOWN) == {
        "core_config.base_model_name": "gpt2",
        "training_config.dry_run_params.max_samples": 2,
    }


def test_what_is_not_known_stays_as_it_is_written() -> None:
    assert in_full({"core_config": {"sed": 1}, "x": {"y": {}}}, KNOWN) == {"core_config.sed": 1}


def test_a_bare_name_that_two_sections_have_is_the_first_ones() -> None:
    assert in_full({"top_k": 1}, ["controls.top_k", "curiosity.top_k"]) == {"controls.top_k": 1}


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('\ufeff{"core_config": {"base_model_name": "gpt2"}}', encoding="utf-8")
    assert read_classic_file(path, KNOWN) == {"core_config.base_model_name": "gpt2"}


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"a": 1,\n "b" 2}', r"config.json, line 2, column 6: Expecting ':' delimiter"),
        (b"", "line 1, column 1"),
        (b"[1]", "an object is needed, this is a list"),
        (b"5", "this is a number"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (b"[" * 100_000, "no JSON that can be read"),
        (None, "config.json cannot be read"),
    ],
)
def test_what_is_no_json_object_is_refused(tmp_path: Path, raw: Any, said: str) -> None:
    path = tmp_path / "config.json"
    if raw is not None:
        path.write_bytes(raw)
    with pytest.raises(BadInput, match=said) as refused:
        read_classic_file(path, KNOWN)
    assert refused.value.exit_status == 2
    assert refused.value.hint


@given(JSON)
def test_any_json_is_read_or_bad_input(tmp_path_factory: Any, value: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps(value))
    try:
        settings = read_classic_file(path, KNOWN)
    except BadInput:
        assert not isinstance(value, dict)
    else:
        assert not any(isinstance(found, dict) for found in settings.values())
