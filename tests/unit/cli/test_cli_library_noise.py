from __future__ import annotations

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
