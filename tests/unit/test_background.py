from __future__ import annotations

import threading
from typing import Any, List

import pytest

from sovl_core.background import BackgroundNight
from sovl_core.error_handling import SOVLError
from sovl_core.events import NightInterrupted, NightReport, Progress

pytestmark = pytest.mark.no_torch

WAIT = 10.0


class Failures:
    def survive(self, error: Exception, what: str) -> SOVLError:
        return SOVLError(f"the {what} failed: {error}")


def test_a_night_runs_beside_and_tells_how_it_went() -> None:
    go, stages, ended = threading.Event(), [], []

    def sleep(trigger: str, progress: Any, deep: Any) -> NightReport:
        go.wait(WAIT)
        progress(Progress(f"dreaming by {trigger}, {'deep' if deep else 'as ever'}"))
        return NightReport("accepted", number=1)

    background = BackgroundNight(sleep, Failures())
    assert background.start("gestation", lambda progress: stages.append(progress.stage), ended.append, deep=True)
    assert background.running
    assert background.outcome is None
    assert not background.start("command")
    go.set()
    background.join()
    assert not background.running
    assert stages == ["dreaming by gestation, deep"]
    assert ended == [background.outcome]
    assert background.outcome.number == 1


@pytest.mark.parametrize("error", [NightInterrupted("the life is being closed"), ValueError("broken")])
def test_how_a_night_ended_badly_is_kept(error: Exception) -> None:
    ended: List[Any] = []

    def sleep(trigger: str, progress: Any, deep: Any) -> NightReport:
        raise error

    background = BackgroundNight(sleep, Failures())
    background.start("api", finished=ended.append)
    background.join()
    assert isinstance(ended[0], NightInterrupted if isinstance(error, NightInterrupted) else SOVLError)
    assert background.start("api")
    background.join()


def test_joining_without_a_night_returns_at_once() -> None:
    BackgroundNight(lambda trigger, progress, deep: NightReport("nothing"), Failures()).join()


def test_a_night_that_is_stuck_in_a_plugin_is_not_waited_for() -> None:
    free, given_up = threading.Event(), []
    background = BackgroundNight(
        lambda *_, **__: free.wait(WAIT), Failures(), lambda thread: thread != threading.get_ident(), given_up.append
    )
    background.start("gestation")
    background.join()
    assert background.running
    assert given_up == [background._thread.ident]
    free.set()
