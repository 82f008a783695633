from __future__ import annotations

import io
import signal
from pathlib import Path
from typing import Any, List, Optional

import pytest

from sovl_core.cli.app_context import AppContext
from sovl_core.cli.train_along import train_along
from sovl_core.error_handling import DataError

pytestmark = pytest.mark.no_torch


class Second:
    """The second of two processes; ``meet`` may fail."""

    def __init__(self, failure: Optional[Exception] = None) -> None:
        self.failure = failure
        self.calls: List[Any] = []

    def __str__(self) -> str:
        return "process 2 of 2"

    def meet(self, device: str) -> None:
        self.calls.append(("meet", device))
        if self.failure is not None:
            raise self.failure

    def part(self) -> None:
        self.calls.append("part")


class Life:
    """A life that notes when it is closed."""

    def __init__(self, calls: List[Any]) -> None:
        self._calls = calls
        self.plugins = type("Plugins", (), {"infos": lambda self: [], "problems": []})()
        self.config = type("Config", (), {"plugins": {}})()

    def close(self) -> None:
        self._calls.append("close")


@pytest.fixture
def launched() -> Second:
    return Second()


def app_of(launched: Second, folder: Path) -> AppContext:
    def open_life(path: Path, **arguments: Any) -> Any:
        launched.calls.append(("open", arguments["read_only"]))
        arguments["warn"]("something that the first process says as well")
        return Life(launched.calls)

    app = AppContext(io.StringIO(), io.StringIO(), io.StringIO(), {}, open_life)
    app.options.life = folder
    return app


def test_it_meets_then_reads_the_life_and_closes_it_before_it_leaves(launched: Second, tmp_path: Path) -> None:
    app = app_of(launched, tmp_path)

    def train(system: Any) -> None:
        launched.calls.append("train")
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL

    assert train_along(app, launched, train) == 0
    assert launched.calls == [("meet", "auto"), ("open", True), "train", "close", "part"]
    assert app.stdout.getvalue() == app.stderr.getvalue() == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("failure", "status"), [(DataError("line 3 is bad", "Mend it"), 2), (OSError("gone"), 1)])
def test_why_it_fails_is_said_in_its_own_name(tmp_path: Path, failure: Exception, status: int) -> None:
    launched = Second(failure)
    app = app_of(launched, tmp_path)
    assert train_along(app, launched, lambda system: None) == status
    assert "error: process 2 of 2: " in app.stderr.getvalue()
    assert str(failure.args[0]) in app.stderr.getvalue()
    assert launched.calls == [("meet", "auto")]


def test_the_place_of_a_failure_is_shown_for_debugging(launched: Second, tmp_path: Path) -> None:
    app = app_of(launched, tmp_path)
    app.options.debug = True

    def fails(system: Any) -> None:
        raise ValueError("in the middle")

    assert train_along(app, launched, fails) == 1
    assert "ValueError: in the middle" in app.stderr.getvalue()
    assert "Traceback" in app.stderr.getvalue()
    assert "part" not in launched.calls
