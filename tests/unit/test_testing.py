"""What ``sovl_core.testing`` offers, and what loading it costs every test run of a machine that has SOVL."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sovl_core import testing

pytestmark = pytest.mark.no_torch


def test_every_public_name_is_there() -> None:
    for name in testing.__all__:
        assert getattr(testing, name) is not None


def test_other_names_are_missing_as_from_any_module() -> None:
    with pytest.raises(AttributeError, match=r"'sovl_core\.testing' has no attribute 'PluginConformity'"):
        testing.PluginConformity  # noqa: B018


def test_pytests_start_up_brings_nothing_of_the_kernel() -> None:
    code = "import sys, sovl_core.testing.pytest_plugin; print(*sorted(m for m in sys.modules if m in sys.argv[1:]))"
    unwanted = ["torch", "transformers", "pydantic", "sovl_core.plugin", "sovl_core.hookspecs", "sqlite3"]
    done = subprocess.run([sys.executable, "-c", code, *unwanted], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_plugin_is_found_by_pytest(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.pluginmanager.get_plugin("sovl").__name__ == "sovl_core.testing.pytest_plugin"
