"""What is forgotten, as somebody at a shell meets it, command by command; those that are killed are processes."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from sovl_core.cli.app_context import AppContext
from sovl_core.cli.application import run

for needed in ("sovl_cross_attention", "sovl_dream", "sovl_memory", "sovl_recall"):
    pytest.importorskip(needed)

SECRET, KEPT, LATER = "My cat is called Zanzibar.", "I live in Graz.", "My dog is called Biscuit."
SETTINGS = {
    "GESTATION": {
        "dreams_per_memory": 3,
        "background": 8,
        "batch_answers": 4,
        "batch_background": 2,
        "least_steps": 3,
        "most_steps": 3,
        "most_deep_steps": 40,
        "passes": 100.0,
        "checkpoint_steps": 2,
        "known_probability": 1.0,
        "least_recall": 0.0,
        "drift_budget": 100.0,
        "forgetting_budget": 1.0,
        "judged_memories": 1,
    },
    "DREAM": {"sampled_background": 0.0, "background_tokens": 4, "cues": 2, "reverse": 1, "contrast": 1.0},
}
WAIT = 600.0


class Shell:
    """Runs ``sovl`` in a folder of its own."""

    def __init__(self, folder, base):
        self.life = folder / "life"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SOVL_")},
            "SOVL_LIFE": str(self.life),
            "SOVL_PLUGINS": "cross_attention,dream,gestation,memory,recall",
            "SOVL_CORE__BASE_MODEL": str(base),
            "SOVL_CORE__SCAFFOLD_MODEL": "base[:2]",
            "SOVL_CORE__DEVICE": "cpu",
            "OMP_NUM_THREADS": "1",
        }
        for plugin, table in SETTINGS.items():
            for key, value in table.items():
                self.environment[f"SOVL_PLUGINS__{plugin}__{key.upper()}"] = str(value)

    def begin(self, *arguments, **environment):
        """Begin a command in a process of its own."""
        command = [sys.executable, "-m", "sovl_core.cli", *arguments]
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, env={**self.environment, **environment}, text=True, **streams)

    def __call__(self, *arguments, stdin="", status=0):
        """Run a command, from arguments to exit status, without the seconds that a process imports torch for."""
        out, err = io.StringIO(), io.StringIO()
        found = run(arguments, AppContext(io.StringIO(stdin), out, err, self.environment))
        assert found == status, err.getvalue()
        return out.getvalue() + err.getvalue()

    def nights(self):
        return {night["number"]: night for night in json.loads(self("nights", "list", "--json"))}

    def readable(self, word):
        """Return the files of the life in which a word can be read, however it is written."""
        paths = [path for path in sorted(self.life.rglob("*")) if path.is_file()]
        return [str(path.relative_to(self.life)) for path in paths if word in path.read_bytes().lower()]


@pytest.fixture
def shell(tmp_path, tiny_base):
    return Shell(tmp_path, tiny_base)


def has_checkpoint(folder):
    return any(folder.glob("checkpoint.json"))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_what_is_forgotten_is_gone_with_a_deep_sleep_that_was_killed(shell):
    shell("tell", "-", stdin=f"{SECRET}\n{KEPT}\n")
    assert "Night 1: accepted" in shell("sleep")
    assert len(shell.readable(b"zanzibar")) >= 2

    said = shell("forget", "zanzibar", status=2)
    assert SECRET in said
    assert "sovl forget --yes 1" in said
    said = shell("forget", "--yes", "1")
    assert "may still show in night 1 until the next deep sleep: sovl sleep --deep" in said
    # A night keeps the prompts it has learned to know its memories by, to be gone back to.
    assert [path for path in shell.readable(b"zanzibar") if not path.startswith("nights")] == []

    shell("tell", "-", stdin=f"{LATER}\n")
    running = shell.begin("sleep", "--deep")
    work, deadline = shell.life / "nights" / "0002.work", time.monotonic() + WAIT
    while not has_checkpoint(work):
        assert running.poll() is None, running.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    nights = shell.nights()
    assert (nights[1]["current"], nights[2]["current"], nights[2]["deep"]) == (True, False, True)
    assert (nights[1]["forgotten"], nights[2]["forgotten"]) == ([1], [])

    # Without being told to: it goes on with it.
    said = shell("sleep")
    assert "Going on with the deep sleep of night 2" in said
    assert "Night 2: accepted" in said
    assert "still in night 1, kept to go back to" in said
    nights = shell.nights()
    assert (nights[2]["current"], nights[2]["parent"], nights[1]["status"]) == (True, 1, "accepted")
    assert nights[2]["report"]["learned"] == [2, 3]
    assert "still showing" not in shell("status")
    assert [path for path in shell.readable(b"zanzibar") if not path.startswith("nights/0001/")] == []

    assert "brings back 1 of what was forgotten" in shell("nights", "undo")
    assert "still showing until the next deep sleep" in shell("status")
    assert "one in use, has learned what was forgotten" in shell("forget", "--purge", "--yes", status=2)
    shell("nights", "use", "2")
    assert "Removed night 1" in shell("forget", "--purge", "--yes")
    assert shell.readable(b"zanzibar") == []
    assert "removed for good" in shell("nights", "undo", status=2)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_forgetting_that_was_killed_is_finished_by_the_next_command(shell, tmp_path):
    shell("tell", "-", stdin=f"{SECRET}\n{KEPT}\n")
    shell("sleep")
    (tmp_path / "sitecustomize.py").write_text(
        "import os, signal\n"
        "from sovl_core.journal_database import JournalDatabase\n"
        "JournalDatabase.scrub = lambda self: os.kill(os.getpid(), signal.SIGKILL)\n",
        encoding="utf-8",
    )
    killed = shell.begin("forget", "--yes", "1", PYTHONPATH=str(tmp_path))
    killed.communicate(timeout=WAIT)
    assert killed.returncode == -signal.SIGKILL
    assert "journal.db" in " ".join(shell.readable(b"zanzibar"))
    # Any command that writes; one that only reads leaves everything as it is.
    shell("tell", "-", stdin=f"{LATER}\n")
    assert [path for path in shell.readable(b"zanzibar") if not path.startswith("nights")] == []
