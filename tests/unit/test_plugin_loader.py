"""From an entry point to a plugin that is ready to be registered."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from sovl_core.error_handling import BadInput, ConfigError, PluginError
from sovl_core.plugin_check import HookHost
from sovl_core.plugin_discovery import Candidate
from sovl_core.plugin_kinds import hook_kinds
from sovl_core.plugin_loader import prepare, unknown_names
from sovl_core.plugin_records import PluginRecord
from sovl_core.plugin_selection import PluginSelection

pytestmark = pytest.mark.no_torch

GOOD = """
from sovl_core import Plugin, PluginSettings, hookimpl

class Settings(PluginSettings):
    noise: float = 0.1

class Probe(Plugin):
    name = "probe"
    settings_model = Settings

    @hookimpl
    def on_stop(self):
        pass
"""


@pytest.fixture
def candidate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Candidate]]:
    """Return ``make(source, distribution)``: a real module behind a real entry point."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(source: str, distribution: str = "sovl-probe") -> Candidate:
        (tmp_path / "loader_probe.py").write_text(source, encoding="utf-8")
        point = metadata.EntryPoint("probe", "loader_probe:Probe", "sovl")
        return Candidate("probe", distribution, "1.0", "", point)

    yield make
    sys.modules.pop("loader_probe", None)


def ready(record: PluginRecord, *offers: Candidate) -> PluginRecord:
    prepare(record, offers, HookHost(), hook_kinds())
    return record


def refusal(*offers: Candidate) -> str:
    record = PluginRecord("probe")
    with pytest.raises(PluginError) as caught:
        ready(record, *offers)
    assert record.plugin is None
    return str(caught.value)


def test_a_good_plugin_is_ready_with_hooks_and_settings(candidate: Any) -> None:
    record = ready(PluginRecord("probe", table={"noise": 0.5, "enabled": True}), candidate(GOOD))
    assert type(record.plugin).__name__ == "Probe"
    assert record.hooks == ["on_stop"]
    assert record.settings.noise == 0.5


def test_two_distributions_are_both_named_and_neither_is_imported(candidate: Any) -> None:
    first = candidate("raise RuntimeError", "sovl-a")
    assert refusal(first, candidate("raise RuntimeError", "sovl-b")) == (
        "sovl-a 1.0 and sovl-b 1.0 offer a plugin of the same name, so none of them is loaded. "
        "Remove all but one: pip uninstall sovl-b"
    )
    assert "loader_probe" not in sys.modules


def test_a_failing_import_is_a_refusal(candidate: Any) -> None:
    assert refusal(candidate("import no_such_module_x")).startswith("importing loader_probe:Probe raised")


def test_something_else_than_a_plugin_is_a_refusal(candidate: Any) -> None:
    assert "no subclass of sovl_core.plugin.Plugin" in refusal(candidate("Probe = 3"))


def test_a_failing_constructor_is_a_refusal_that_says_where(candidate: Any) -> None:
    source = GOOD + "\n    def __init__(self):\n        raise ValueError('boom')\n"
    assert refusal(candidate(source)).startswith("creating it raised ValueError: boom (")
    assert "loader_probe.py, line" in refusal(candidate(source))


def test_a_constructor_that_wants_arguments_is_a_refusal(candidate: Any) -> None:
    said = refusal(candidate(GOOD + "\n    def __init__(self, x):\n        pass\n"))
    assert said.startswith("creating it raised TypeError: ")
    assert said.endswith("takes nothing but self; what the kernel hands over comes with on_start")


def test_a_bad_hook_is_a_refusal(candidate: Any) -> None:
    assert "Did you mean on_sleep?" in refusal(candidate(GOOD + "\n    def on_slep(self, night):\n        pass\n"))


def test_wrong_settings_are_the_users_mistake(candidate: Any) -> None:
    record = PluginRecord("probe", table={"nosie": 1})
    with pytest.raises(ConfigError, match=r"plugins\.probe\.nosie: .* Did you mean plugins\.probe\.noise"):
        ready(record, candidate(GOOD))
    assert record.settings is None
    assert record.hooks == ["on_stop"]


def test_names_that_were_typed_must_be_installed() -> None:
    selection = PluginSelection.from_sources({}, {}, plugins=["dreem", "memory"], without=["zzz"])
    mistakes = unknown_names(selection, ["dream", "memory"])
    assert [str(mistake) for mistake in mistakes] == [
        "no plugin named 'dreem' is installed. Did you mean dream?",
        "no plugin named 'zzz' is installed. Installed are dream, memory.",
    ]
    assert all(isinstance(mistake, BadInput) for mistake in mistakes)


def test_a_selection_made_by_hand_is_checked_too() -> None:
    mistakes = unknown_names(PluginSelection(only=["dream"]), [])
    assert [str(mistake) for mistake in mistakes] == ["no plugin named 'dream' is installed. No plugin is installed."]


def test_names_in_the_config_need_not_be_installed() -> None:
    assert unknown_names(PluginSelection.from_sources({"dream": {"enabled": False}}, {}), []) == []
