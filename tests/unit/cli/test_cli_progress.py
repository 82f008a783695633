from __future__ import annotations

import io
from typing import Any, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.cli.progress import LineReport, duration_text, progress_text, show_progress, show_progress_when_told
from sovl_core.cli.terminal import make_console
from sovl_core.events import Progress

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 s"),
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.9, "1 min"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
        (7200, "2 h"),
    ],
)
def test_durations_as_a_person_says_them(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_one_line_says_everything_that_is_known() -> None:
    assert progress_text(Progress("training", 2, 40, loss=float("nan"), detail="dropped")) == "training 2/40 · dropped"
    assert progress_text(Progress("training", 3, 40, loss=1.23456, seconds_left=61)) == (
        "training 3/40 · loss 1.235 · 1 min 1 s left"
    )
    assert progress_text(Progress("model", detail="fetching\x1b[2J")) == "model · fetching"
    assert progress_text(Progress("")) == "working"


def test_lines_are_few_and_name_each_stage() -> None:
    lines: List[str] = []
    report = LineReport(lines.append)
    for stage in ("dreaming", "training"):
        for step in range(101):
            report(Progress(stage, step, 100))
    assert [line.split()[0] for line in lines].count("dreaming") == 5
    assert lines[-1] == "training 100/100"


def test_parts_of_a_stage_are_told_apart() -> None:
    lines: List[str] = []
    report = LineReport(lines.append)
    for step in (1, 2):
        report(Progress("dream", step, 2, detail="memories"))
    for step in (0, 16, 32):
        report(Progress("dream", step, 32, detail="background"))
    assert lines[-3:] == [f"dream {step}/32 · background" for step in (0, 16, 32)]
    lines.clear()
    for detail in ("downloading", "converting", "converting"):
        report(Progress("model", detail=detail))
    assert lines == ["model · downloading", "model · converting"]


def test_nothing_is_drawn_before_there_is_something_to_tell(terminal: Any) -> None:
    stream = terminal()
    with show_progress_when_told(make_console(stream)):
        pass
    assert stream.getvalue() == ""
    with show_progress_when_told(make_console(stream)) as report:
        report(Progress("model", detail="downloading"))
        report(Progress("model", detail="converting"))
    shown = stream.getvalue()
    assert "model" in shown
    assert "converting" in shown


@given(st.lists(st.integers(min_value=0, max_value=50), max_size=80))
def test_a_stage_never_floods_the_log(steps: List[int]) -> None:
    lines: List[str] = []
    report = LineReport(lines.append)
    for step in sorted(steps):
        report(Progress("training", step, 50))
    assert len(lines) <= 6


def test_without_a_terminal_lines_are_written() -> None:
    stream = io.StringIO()
    with show_progress(make_console(stream)) as progress:
        progress(Progress("training", 1, 2))
    assert stream.getvalue() == "training 1/2\n"


def test_on_a_terminal_stages_stay_one_above_the_other(terminal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = terminal()
    with show_progress(make_console(stream)) as progress:
        progress(Progress("dreaming", 2, 4, detail="x\x1b]0;t\x07"))
        progress(Progress("training", 1, 8, loss=0.5, seconds_left=70))
        progress(Progress("judging"))
    rows = stream.getvalue().split("\x1b[2K")[-1].split("\n")
    assert ["dreaming" in rows[0], "training" in rows[1], "judging" in rows[2]] == [True, True, True]
    assert "2/4" in rows[0]
    assert "loss 0.500" in rows[1]
    # The stage is over: nothing is left of it.
    assert "left" not in rows[1]
    assert "\x1b]0;" not in stream.getvalue()
