"""What is told about plugins: infos, failures, and where an error came from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from sovl_core.plugin import Plugin, PluginSettings
from sovl_core.plugin_records import PluginFailure, PluginRecord, describe_error, place_of

pytestmark = pytest.mark.no_torch


class Probe(Plugin):
    name = "probe"
    summary = "Probes"
    provides = ("probing",)
    requires = ("patience",)

    def fail(self) -> None:
        raise ValueError("boom")


def caught(function: Any) -> BaseException:
    with pytest.raises(Exception) as info:  # noqa: PT011 - any error will do
        function()
    return info.value


def test_a_failure_reads_with_all_its_names() -> None:
    failure = PluginFailure("probe", "sovl-probe", "1.0", "on_idle", "ValueError: boom", "probe.py, line 3")
    assert str(failure) == ("plugin 'probe' (sovl-probe 1.0) failed in on_idle: ValueError: boom (probe.py, line 3)")


def test_a_failure_without_distribution_or_place_reads_well() -> None:
    assert str(PluginFailure("probe", "", "", "on_idle", "boom")) == "plugin 'probe' failed in on_idle: boom"


def test_a_loaded_plugin_tells_what_it_declares() -> None:
    record = PluginRecord("probe", "sovl-probe", "1.0", "From metadata", Probe(), hooks=["on_idle"], on=True)
    info = record.info()
    assert (info.name, info.distribution, info.version, info.enabled) == ("probe", "sovl-probe", "1.0", True)
    assert (info.provides, info.requires, info.after) == (("probing",), ("patience",), ())
    assert (info.summary, info.hooks, info.settings_model) == ("Probes", ["on_idle"], PluginSettings)
    assert record.title == "plugin 'probe' (sovl-probe 1.0)"


def test_a_plugin_that_was_not_imported_tells_what_metadata_says() -> None:
    info = PluginRecord("probe", summary="From metadata", reason="switched off").info()
    assert (info.summary, info.settings_model, info.hooks) == ("From metadata", None, [])
    assert (info.enabled, info.reason) == (False, "switched off")


def test_an_info_does_not_share_its_list_of_hooks() -> None:
    record = PluginRecord("probe", hooks=["on_idle"])
    record.info().hooks.append("on_stop")
    assert record.hooks == ["on_idle"]


def test_errors_are_described_by_type_and_message() -> None:
    assert describe_error(ValueError("boom")) == "ValueError: boom"
    assert describe_error(ValueError()) == "ValueError"


def test_an_error_that_cannot_describe_itself_is_described() -> None:
    class Silent(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert describe_error(Silent()) == "Silent: (its message cannot be shown)"


def test_the_place_is_the_last_line_of_the_plugins_own_code() -> None:
    error = caught(Probe().fail)
    assert (
        place_of(error, Probe())
        == place_of(error, Probe)
        == f"{__file__}, line {Probe.fail.__code__.co_firstlineno + 1}"
    )


def test_the_place_is_not_in_a_library_that_the_plugin_called() -> None:
    class Parses(Plugin):
        def fail(self) -> None:
            Path("\0").read_text(encoding="utf-8")

    assert place_of(caught(Parses().fail), Parses).startswith(__file__)


def test_an_error_from_elsewhere_has_no_place() -> None:
    assert place_of(caught(lambda: None.missing), Path()) == ""  # type: ignore[attr-defined]


def test_the_files_of_one_package_count_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "placed_probe"
    package.mkdir()
    (package / "__init__.py").write_text("from placed_probe.plugin import P\n", encoding="utf-8")
    (package / "plugin.py").write_text(
        "from placed_probe.deep import fail\nclass P:\n    def call(self):\n        fail()\n", encoding="utf-8"
    )
    (package / "deep.py").write_text("def fail():\n    raise ValueError\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    from placed_probe import P  # type: ignore[import-not-found]

    assert place_of(caught(P().call), P) == f"{package / 'deep.py'}, line 2"
    for name in ("placed_probe", "placed_probe.plugin", "placed_probe.deep"):
        del sys.modules[name]


def test_a_class_without_a_file_has_no_place() -> None:
    made: Any = type("Made", (Plugin,), {"__module__": "no_such_module"})
    assert place_of(caught(Probe().fail), made) == ""
