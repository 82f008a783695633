"""What ``import sovl_core`` offers, and what it leaves unimported."""

from __future__ import annotations

import subprocess
import sys

import pytest

import sovl_core

pytestmark = pytest.mark.no_torch


def test_every_public_name_is_there() -> None:
    for name in sovl_core.__all__:
        assert getattr(sovl_core, name) is not None


def test_the_system_is_the_one_of_its_module() -> None:
    from sovl_core.system import SOVLSystem

    assert sovl_core.SOVLSystem is SOVLSystem


def test_other_names_are_missing_as_from_any_module() -> None:
    with pytest.raises(AttributeError, match="'sovl_core' has no attribute 'SOVLSytem'"):
        sovl_core.SOVLSytem  # noqa: B018


def test_importing_it_brings_no_database_and_no_torch() -> None:
    code = "import sys, sovl_core; print(*sorted({'sqlite3', 'torch', 'transformers'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
