from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional

import pytest

from sovl_core.plugin_absence import absent_plugins
from sovl_core.plugin_records import PluginInfo
from sovl_core.plugin_selection import PluginSelection

pytestmark = pytest.mark.no_torch


def info(name: str, enabled: bool = True) -> PluginInfo:
    return PluginInfo(name, f"sovl-{name}", "0.1.0", [], enabled, "" if enabled else "off")


@pytest.fixture
def slept(journal: Any) -> Callable[..., Any]:
    """Return ``slept(**plugins)``: a journal whose current night was lived with these plugins."""

    def build(**plugins: str) -> Any:
        number = journal.open_night(journal.current_night(), "command", plugins)
        journal.accept_night(number, "accepted", [], {})
        return journal

    return build


def notes(
    journal: Any,
    *infos: PluginInfo,
    plugins: Optional[List[str]] = None,
    without: Any = (),
    tables: Optional[Dict[str, Any]] = None,
) -> List[str]:
    return absent_plugins(journal, infos, PluginSelection.from_sources(tables or {}, {}, plugins, without))


def test_before_the_first_night_nothing_is_missed(journal: Any) -> None:
    assert notes(journal) == []


def test_plugins_that_are_here_are_not_named(slept: Any) -> None:
    assert notes(slept(recall="sovl-recall 0.1.0"), info("recall"), info("other", False)) == []


def test_a_plugin_that_is_not_installed_is_named_with_what_to_install(slept: Any) -> None:
    assert notes(slept(recall="sovl-recall 0.1.0", dream="sovl-dream 0.1.0"), info("dream")) == [
        "Night 1 was lived with the plugin recall: not installed. What was learned with that is kept, and waits. "
        "Install what is missing: pip install sovl-recall"
    ]


def test_several_are_named_together(slept: Any) -> None:
    (note,) = notes(slept(recall="sovl-recall 0.1.0", own=""))
    assert "the plugins recall, own: not installed" in note
    assert note.endswith("pip install sovl-recall own")


@pytest.mark.parametrize(
    ("given", "reason", "way"),
    [
        ({"without": ["recall"]}, "switched off by --no-plugin", "Leave out --no-plugin to use it"),
        ({"plugins": ["dream"]}, "not among those chosen by --plugins", "Choose it too to use it"),
        (
            {"tables": {"recall": {"enabled": False}}},
            "switched off by plugins.recall.enabled = false",
            "Switch it on: sovl config set plugins.recall.enabled true",
        ),
    ],
)
def test_a_plugin_that_was_switched_off_is_named_with_the_way_back(
    slept: Any, given: Any, reason: str, way: str
) -> None:
    (note,) = notes(slept(recall="sovl-recall 0.1.0"), info("recall", False), **given)
    assert reason in note
    assert note.endswith(way)


def test_one_that_is_neither_chosen_nor_installed_is_not_installed(slept: Any) -> None:
    (note,) = notes(slept(recall="sovl-recall 0.1.0"), plugins=["dream"])
    assert note.endswith("pip install sovl-recall")


def test_a_plugin_that_failed_says_so_itself(slept: Any) -> None:
    assert notes(slept(recall="sovl-recall 0.1.0"), info("recall", False)) == []


def test_only_the_current_night_counts(slept: Any) -> None:
    slept(recall="sovl-recall 0.1.0")
    journal = slept(dream="sovl-dream 0.1.0")
    assert notes(journal, info("dream")) == []
    journal.use_night(1)
    assert len(notes(journal, info("dream"))) == 1
