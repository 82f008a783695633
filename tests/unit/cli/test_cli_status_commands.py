from __future__ import annotations

import json
from typing import Any

import pytest

from sovl_core.system_logging import ThreadSafeLogger

pytestmark = pytest.mark.no_torch


def test_status_shows_each_part(shell: Any) -> None:
    assert shell("status") == 0
    for text in ("Models", "base    tiny", "temperament", "Dreams", "dreamed  3", "off: switched off by --no-plugin"):
        assert text in shell.out
    assert "confidence sum" not in shell.out
    assert "on_dream" not in shell.out
    assert shell.system.opened_with["read_only"] is True


def test_status_tells_that_something_forgotten_still_shows(shell: Any) -> None:
    def owing(system: Any) -> None:
        data = system.status()
        data["nights"]["forgotten_but_learned"] = [3, 4]
        system.status = lambda: data

    shell.prepare = owing
    assert shell("status") == 0
    assert "2, still showing until the next deep sleep: sovl sleep --deep" in shell.out
    shell.prepare = lambda system: None
    assert shell("status") == 0
    assert "forgotten" not in shell.out


def test_status_tells_of_a_night_that_was_interrupted(shell: Any, mocker: Any) -> None:
    def unfinished(system: Any) -> None:
        data = system.status()
        data["nights"]["interrupted_or_running"] = 2
        system.status = lambda: data

    shell.prepare = unfinished
    writer = mocker.patch("sovl_core.life.Life.writer", return_value=None)
    assert shell("status") == 0
    assert "interrupted  2; to go on with it: sovl sleep" in shell.out
    writer.return_value = object()
    assert shell("status") == 0
    assert "under way  2" in shell.out
    assert "interrupted" not in shell.out


def test_status_names_plugins_as_they_are_typed(shell: Any) -> None:
    def off(system: Any) -> None:
        data = system.status()
        data["plugins"].append({"name": "token_diary", "enabled": False, "reason": "broken"})
        system.status = lambda: data

    shell.prepare = off
    assert shell("status") == 0
    assert "token_diary" in shell.out


def test_status_with_times_and_as_json(shell: Any) -> None:
    assert shell("status", "--times") == 0
    assert "500.0" in shell.out
    assert shell("status", "--json") == 0
    assert json.loads(shell.out)["panels"][0]["rows"] == {"dreamed": 3}


def _write_log(shell: Any) -> None:
    shell.folder.mkdir()
    logger = ThreadSafeLogger(shell.folder / "sovl.log.jsonl")
    for number in range(5):
        logger.write({"level": "info", "event": "turn", "number": number})
        logger.write({"level": "error", "event": "broken", "message": f"x\x1b[31m{number}"})


def test_the_log_is_read_without_opening_the_life(shell: Any) -> None:
    assert shell("log") == 0
    assert "The log is empty" in shell.out
    _write_log(shell)
    assert shell("log", "-n", "3") == 0
    assert len(shell.out.splitlines()) == 3
    assert shell.out.splitlines()[-1].endswith("broken  message=x4")
    assert shell.system is None


def test_errors_alone_and_as_json(shell: Any) -> None:
    _write_log(shell)
    assert shell("log", "--errors", "-n", "2", "--json") == 0
    assert [json.loads(line)["message"] for line in shell.out.splitlines()] == ["x\x1b[31m3", "x\x1b[31m4"]
    assert "\x1b" not in shell.out
    (shell.folder / "sovl.log.jsonl").unlink()
    assert shell("log", "--errors") == 0
    assert "The log has no errors" in shell.out
