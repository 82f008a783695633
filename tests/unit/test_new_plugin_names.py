"""What a plugin may be called, and what follows from that."""

from __future__ import annotations

import pytest

from sovl_core.error_handling import BadInput
from sovl_core.new_plugin.names import plugin_names

pytestmark = pytest.mark.no_torch


def test_everything_follows_from_the_name() -> None:
    names = plugin_names("night_diary", {})
    assert (names.distribution, names.package) == ("sovl-night-diary", "sovl_night_diary")
    assert names.values() == {
        "name": "night_diary",
        "distribution": "sovl-night-diary",
        "package": "sovl_night_diary",
        "plugin": "NightDiaryPlugin",
        "settings": "NightDiarySettings",
        "state": "NightDiaryState",
    }


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Night-Diary", "night_diary"),
        ("night__diary", "night_diary"),
        ("diary_", "diary"),
        ("7th", "diary"),
        ("../escape", "escape"),
        ("", "diary"),
        ("a" * 25, "a" * 24),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_one_that_can(name: str, meant: str) -> None:
    with pytest.raises(BadInput, match="cannot be called") as raised:
        plugin_names(name, {})
    assert raised.value.hint == f"Try: sovl plugins new {meant}"
    assert plugin_names(meant, {}).name == meant


@pytest.mark.parametrize("name", ["core", "none"])
def test_a_name_of_the_kernels_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="SOVL's own"):
        plugin_names(name, {})


def test_a_name_that_is_installed_is_refused() -> None:
    with pytest.raises(BadInput, match=r"'diary' is installed already \(sovl-diary 0\.2\)"):
        plugin_names("diary", {"diary": "sovl-diary 0.2"})
