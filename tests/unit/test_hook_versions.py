from __future__ import annotations

from typing import Any, Tuple

import pytest

from sovl_core.hook_versions import Deprecated, parse_version, version_problem
from sovl_core.hookspecs import HOOK_API_VERSION

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(("stated", "version"), [("1.2", (1, 2)), ("1", (1, 0)), (1, (1, 0)), ("10.11", (10, 11))])
def test_versions(stated: Any, version: Tuple[int, int]) -> None:
    assert parse_version(stated) == version


@pytest.mark.parametrize("stated", ["", "one", "1.", "1.2.3", 1.5, None, True])
def test_what_is_no_version(stated: Any) -> None:
    with pytest.raises(ValueError, match="is no version such as"):
        parse_version(stated)
    assert version_problem(stated, "1.0").startswith("hook_api is wrong: ")


@pytest.mark.parametrize("stated", ["1.0", "1.3", 1])
def test_a_plugin_for_this_version_or_an_earlier_minor_one_fits(stated: Any) -> None:
    assert version_problem(stated, "1.3") == ""


@pytest.mark.parametrize(
    ("stated", "upgrade"), [("1.4", "sovl"), ("2.0", "sovl"), (2, "sovl"), ("0.9", "the plugin"), (0, "the plugin")]
)
def test_any_other_does_not_and_is_told_what_to_upgrade(stated: Any, upgrade: str) -> None:
    said = f"it is written for hook API {stated}, this SOVL has 1.3: upgrade {upgrade}"
    assert version_problem(stated, "1.3") == said


def test_what_is_deprecated_names_its_replacement_and_when_it_is_gone() -> None:
    assert Deprecated("1.3", "on_moment").warning("on_idle") == (
        "on_idle is deprecated since hook API 1.3 and is called no more from 2.0 on: implement on_moment instead"
    )


def test_this_version_is_one() -> None:
    assert parse_version(HOOK_API_VERSION) >= (1, 0)
