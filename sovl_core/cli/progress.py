"""A long piece of work as it goes on: stage, step, loss, time left; live on a terminal, a few lines elsewhere."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING, Any, Callable, Iterator, List, Optional, Tuple

from sovl_core.cli.terminal import clean

if TYPE_CHECKING:
    from rich.console import Console

    from sovl_core.events import Progress

#: Lines that one stage writes where there is no terminal, beside the first and the last.
LINES_A_STAGE = 4


def duration_text(seconds: float) -> str:
    """Return a length of time as a person says it: ``8 s``, ``3 min 20 s``, ``2 h 5 min``."""
    whole = round(max(0.0, seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def progress_text(progress: Progress) -> str:
    """Return one line that says how far the work has come."""
    parts = [clean(progress.stage, keep_lines=False) or "working"]
    if progress.total:
        parts[0] += f" {progress.step}/{progress.total}"
    parts += _facts(progress)
    if progress.seconds_left is not None:
        parts.append(f"{duration_text(progress.seconds_left)} left")
    return " · ".join(parts)


def _facts(progress: Progress) -> List[str]:
    # A step that was dropped has no loss.
    known = progress.loss is not None and not math.isnan(progress.loss)
    facts = [f"loss {progress.loss:.3f}"] if known else []
    return [*facts, clean(progress.detail, keep_lines=False)] if progress.detail else facts


class LineReport:
    """Writes a line when a stage begins, at a few points within each of its parts, and when they end.

    A part ends when counting begins anew; where nothing is counted each new detail is one.

    :param write: takes one line.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._part: Tuple[str, str] = ("", "")
        self._done = self._next = 0.0

    def __call__(self, progress: Progress) -> None:
        """Take note of how far the work has come."""
        done = progress.step / progress.total if progress.total else 0.0
        part = (progress.stage, "" if progress.total else progress.detail)
        if part != self._part or done < self._done:
            self._part, self._next = part, 0.0
        self._done = done
        if done >= self._next:
            self._write(progress_text(progress))
            steps = int(done * LINES_A_STAGE) + 1
            self._next = steps / LINES_A_STAGE if done < 1.0 else 2.0


class LiveReport:
    """Shows each stage as a row of its own; the stages that are over stay above the one that goes on.

    :param bars: a started ``rich.progress.Progress`` made by :func:`show_progress`.
    """

    def __init__(self, bars: Any) -> None:
        self._bars = bars
        self._stage: Optional[str] = None
        self._row: Any = None

    def __call__(self, progress: Progress) -> None:
        """Take note of how far the work has come."""
        if progress.stage != self._stage:
            self.end_stage()
            self._stage = progress.stage
            self._row = self._bars.add_task(
                clean(progress.stage, keep_lines=False), total=None, steps="", facts="", left=""
            )
        steps = f"{progress.step}/{progress.total}" if progress.total else ""
        left = "" if progress.seconds_left is None else f"{duration_text(progress.seconds_left)} left"
        shown = {"steps": steps, "facts": " · ".join(_facts(progress)), "left": left}
        self._bars.update(self._row, completed=progress.step, total=progress.total or None, **shown)

    def end_stage(self) -> None:
        """Mark the stage that goes on as over; what is left of it is not shown any more."""
        if self._row is None:
            return
        task = self._bars.tasks[self._bars.task_ids.index(self._row)]
        # Whatever it had planned: the stage is over, and its row is shown as finished.
        done = task.completed or 1
        self._bars.update(self._row, total=done, completed=done, left="")
        self._bars.stop_task(self._row)


@contextlib.contextmanager
def show_progress(console: Console) -> Iterator[Callable[[Progress], None]]:
    """Show the progress of what runs within this block.

    :param console: where to show it; errors and notes go there too.
    :return: the callback to hand to the work.
    """
    if not console.is_terminal:
        yield LineReport(lambda line: console.print(line, soft_wrap=True))
        return
    with _bars(console) as bars:
        report = LiveReport(bars)
        yield report
        report.end_stage()


@contextlib.contextmanager
def show_progress_when_told(console: Console) -> Iterator[Callable[[Progress], None]]:
    """Show progress as :func:`show_progress` does, from the first report on; without one nothing is drawn."""
    with contextlib.ExitStack() as shown:
        reports: List[Callable[[Progress], None]] = []

        def tell(progress: Progress) -> None:
            if not reports:
                reports.append(shown.enter_context(show_progress(console)))
            reports[0](progress)

        yield tell


def _bars(console: Console) -> Any:
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    return Progress(
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[steps]}", markup=False),
        TextColumn("{task.fields[facts]}", markup=False),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}", style="dim", markup=False),
        console=console,
    )
