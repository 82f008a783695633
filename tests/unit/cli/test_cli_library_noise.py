from __future__ import annotations

import logging
import warnings
from typing import Any

import pytest

from sovl_core.cli.library_noise import library_warnings_logged

pytestmark = pytest.mark.no_torch


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list:
    seen: list = []
    monkeypatch.setattr(warnings, "showwarning", lambda message, *rest: seen.append(str(message)))
    return seen


def _warn(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        # What the block has put in place counts, not what catch_warnings restores.
        warnings.showwarning(UserWarning(text), UserWarning, "library.py", 7)


def test_warnings_go_to_the_log_of_the_life(app: Any, shown: list) -> None:
    app.system()
    with library_warnings_logged(app):
        _warn("careful")
    (entry,) = app.opened.logger.read()
    assert (entry["level"], entry["message"], entry["place"]) == ("warning", "careful", "library.py:7")
    assert shown == []


def test_before_a_life_is_open_they_are_dropped(app: Any, shown: list) -> None:
    with library_warnings_logged(app):
        _warn("careful")
    assert shown == []


def test_debug_shows_them_and_afterwards_all_is_as_before(app: Any, shown: list) -> None:
    app.options.debug = True
    with library_warnings_logged(app):
        _warn("one")
    _warn("two")
    assert shown == ["one", "two"]


def _log(text: str) -> None:
    # As Python does when a library logs and no handler is there; pytest has handlers of its own.
    record = logging.LogRecord("library", logging.WARNING, "library.py", 9, "%s is missing", (text,), None)
    assert logging.lastResort is not None
    logging.lastResort.handle(record)


def test_what_a_library_logs_with_nobody_listening_goes_to_the_log(app: Any, capsys: Any) -> None:
    app.system()
    before = logging.lastResort
    with library_warnings_logged(app):
        _log("a kernel")
    assert logging.lastResort is before
    (entry,) = app.opened.logger.read()
    assert (entry["level"], entry["message"], entry["place"]) == ("warning", "a kernel is missing", "library.py:9")
    assert capsys.readouterr().err == ""


def test_debug_shows_what_a_library_logs(app: Any, mocker: Any) -> None:
    shown = mocker.patch.object(logging, "lastResort")
    app.options.debug = True
    with library_warnings_logged(app):
        _log("a kernel")
    shown.handle.assert_called_once()


def test_what_is_shown_holds_no_control_sequence(app: Any, shown: list, mocker: Any) -> None:
    resort = mocker.patch.object(logging, "lastResort")
    app.options.debug = True
    with library_warnings_logged(app):
        _warn("\x1b]0;owned\x07one")
        _log("\x1b[2Ja kernel")
    assert shown == ["one"]
    (record,) = resort.handle.call_args.args
    assert record.getMessage() == "a kernel is missing"
