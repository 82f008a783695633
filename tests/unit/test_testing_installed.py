"""Installed plugins by name, and who provides what they require."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from typing import Any, Dict, Tuple

import pytest

from sovl_core.error_handling import BadInput, PluginError
from sovl_core.plugin import Plugin
from sovl_core.plugin_discovery import Candidate, Discovery
from sovl_core.testing.installed import installed_plugin, providers_for

pytestmark = pytest.mark.no_torch

DECLARED: Dict[str, Tuple[Tuple[str, ...], Tuple[str, ...]]] = {
    # name: provides, requires
    "base": (("ground",), ()),
    "middle": (("floor",), ("ground",)),
    "top": ((), ("floor", "sky")),
}


def _class(name: str, provides: Tuple[str, ...], requires: Tuple[str, ...]) -> Any:
    return type(name, (Plugin,), {"name": name, "provides": provides, "requires": requires})


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Discovery:
    module = type(sys)("some_plugins")
    module.no_plugin = object
    for name, declared in DECLARED.items():
        setattr(module, name, _class(name, *declared))
    monkeypatch.setitem(sys.modules, "some_plugins", module)
    candidates = {
        name: Candidate(name, f"sovl-{name}", "1", "", EntryPoint(name, value, "sovl"))
        for name, value in {
            **{name: f"some_plugins:{name}" for name in DECLARED},
            "broken": "some_plugins:missing",
            "wrong": "some_plugins:no_plugin",
        }.items()
    }
    return Discovery(candidates, {"double": [candidates["base"], candidates["top"]]})


def test_a_plugin_is_found_by_its_name(found: Discovery) -> None:
    assert installed_plugin("top", found).name == "top"


def test_what_cannot_be_looked_at_is_told(found: Discovery) -> None:
    with pytest.raises(BadInput, match=r"no plugin 'midle' installed\. Did you mean middle"):
        installed_plugin("midle", found)
    with pytest.raises(PluginError, match="sovl-base 1 and sovl-top 1 offer a plugin of the same name"):
        installed_plugin("double", found)
    with pytest.raises(PluginError, match="AttributeError"):
        installed_plugin("broken", found)
    with pytest.raises(PluginError, match="no subclass"):
        installed_plugin("wrong", found)


def test_requirements_are_met_as_far_as_they_can_be(found: Discovery) -> None:
    top = installed_plugin("top", found)
    assert {plugin.name for plugin in providers_for(top, found)} == {"middle", "base"}
    assert providers_for(installed_plugin("base", found), found) == []
