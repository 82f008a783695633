"""A night that is killed goes on, in another process, to the very weights it would have come to."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

pytest.importorskip("sovl_cross_attention")
pytest.importorskip("sovl_dream")

NIGHT = Path(__file__).parent / "data" / "one_night.py"
PLUGINS = ["cross_attention", "dream", "gestation"]


@pytest.fixture
def live(tiny_base, tmp_path):
    """Return ``live(life, stop, step)``: a process that lives a night; its exit status. ``stop`` at step ``step``."""

    def run(life, stop="", step=0):
        given = {"life": str(tmp_path / life), "base": str(tiny_base), "plugins": PLUGINS, "stop": stop, "step": step}
        return subprocess.run([sys.executable, str(NIGHT), json.dumps(given)], check=False).returncode

    return run


def weights(life):
    return {
        f"{path.name}|{k}": t for path in life.glob("nights/0001/**/*.safetensors") for k, t in load_file(path).items()
    }


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_night_that_was_killed_and_interrupted_ends_as_if_nothing_had_happened(live, tmp_path, same):
    assert live("begun", "told") == 0
    shutil.copytree(str(tmp_path / "begun"), str(tmp_path / "whole"))
    assert live("whole") == 0
    # The last checkpoint before the kill is that of step 6, the one of the interruption that of step 4.
    assert live("begun", "interrupt", 4) == 0
    assert live("begun", "kill", 8) == -signal.SIGKILL
    assert live("begun") == 0
    expected = weights(tmp_path / "whole")
    assert expected
    assert same(weights(tmp_path / "begun"), expected)
