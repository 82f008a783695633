"""Sleeping and dreaming: ``sleep`` lives one night, ``dream`` shows dreams without learning from them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

import click

from sovl_core.cli.command_group import SuggestingGroup
from sovl_core.cli.forget_command import tell_of_older_nights, tell_of_training
from sovl_core.cli.global_options import split_assignment
from sovl_core.cli.interrupts import first_interrupt_asks
from sovl_core.cli.measurements import measured
from sovl_core.cli.progress import duration_text
from sovl_core.cli.tables import print_rows, print_table
from sovl_core.cli.tune_commands import tune_dream, tune_sleep

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext
    from sovl_core.events import Dream, NightReport
    from sovl_core.records import NightRecord
    from sovl_core.system import SOVLSystem

WAKING_UP = "Waking up; Ctrl-C again forces it."
STOPPING_NIGHT = "Ending the night; what it has done is kept. Ctrl-C again forces it."
INTERRUPTED_NIGHT = "The night was interrupted; what it had done is kept. The next sleep goes on with it."

VERDICTS = {
    "accepted": "It woke up with what it learned.",
    "partial": "It woke up with what it learned, and speaks of it when it is surer than usual to be asked for it.",
    "set_aside": "What it learned was set aside; it woke up as it was before.",
    "nothing": "There was nothing to learn.",
}


@click.group("sleep", cls=SuggestingGroup, invoke_without_command=True)
@click.option(
    "--deep/--no-deep",
    "deep",
    default=None,
    help="Learn everything anew, from scratch; or not even after something learned was forgotten.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the night's report as JSON.")
@click.option(
    "--option",
    "-o",
    "options",
    multiple=True,
    metavar="KEY=VALUE",
    help="Another setting for this night only; can be repeated.",
)
@click.pass_context
def sleep(context: click.Context, deep: Optional[bool], as_json: bool, options: Tuple[str, ...]) -> int:
    """Sleep one night: learn what was lived since the last one.

    What was told is dreamed about and trained aside; the result is judged, then woken up with or set aside. Ctrl-C ends
    the night early and keeps what it has done for the next one.

    A deep sleep forgets what all nights have learned and learns it anew, as long as it still holds: it takes as long as
    they did together.
    """
    if context.invoked_subcommand is not None:
        return 0
    return _live_a_night(context.obj, deep, as_json, parse_options(options))


def _live_a_night(app: AppContext, deep: Optional[bool], as_json: bool, chosen: Dict[str, Any]) -> int:
    from sovl_core.cli.errors import EXIT_INTERRUPTED
    from sovl_core.events import NightInterrupted

    system = app.system()
    _announce_deep(app, system, deep)
    with first_interrupt_asks(lambda: app.note(STOPPING_NIGHT), system.plugins.hanging) as request:
        try:
            with app.progress_shown() as progress:
                report = system.sleep(
                    trigger="command", progress=progress, breathe=request.breathe, deep=deep, **chosen
                )
        except NightInterrupted:
            app.note(INTERRUPTED_NIGHT)
            return EXIT_INTERRUPTED
    if as_json:
        app.print_json(dataclasses.asdict(report))
    else:
        print_report(app, report)
        tell_of_older_nights(app, system)
    return 0


def _announce_deep(app: AppContext, system: SOVLSystem, deep: Optional[bool]) -> None:
    """Say why a night is a deep one where nobody asked for it, and what a deep one leaves behind."""
    going_on = _announce_going_on(app, system, deep)
    if deep is None and going_on is None and system.journal.still_learned():
        app.note(
            "A deep sleep, because something that was learned has been forgotten: it learns everything else anew. "
            + app.typed("An ordinary night instead: sovl sleep --no-deep")
        )
    elif not (deep or (going_on is not None and going_on.deep)):
        return
    tell_of_training(app, system)


def _announce_going_on(app: AppContext, system: SOVLSystem, deep: Optional[bool]) -> Optional[NightRecord]:
    """Say what becomes of a night that was interrupted; return it when it is gone on with."""
    from sovl_core.night_keeper import why_left_behind

    interrupted = system.journal.running_night()
    if interrupted is None:
        return None
    reason = why_left_behind(interrupted, system.journal.current_night(), system.plugins.provenance(), deep)
    if reason:
        app.note(f"Night {interrupted.number} was interrupted and is not gone on with: {reason}.")
        return None
    kind = "the deep sleep of night" if interrupted.deep else "night"
    app.note(f"Going on with {kind} {interrupted.number}, which was interrupted.")
    return interrupted


@click.group("dream", cls=SuggestingGroup, invoke_without_command=True)
@click.option("--memories", type=click.IntRange(1, 1000), help="How many of the newest memories to dream about.")
@click.option("--count", type=click.IntRange(1, 100), help="How many dreams for each memory.")
@click.option("--background", type=click.IntRange(0, 1000), help="How many dreams of nothing in particular.")
@click.option("--json", "as_json", is_flag=True, help="Print the dreams as JSON.")
@click.pass_context
def dream(
    context: click.Context, memories: Optional[int], count: Optional[int], background: Optional[int], as_json: bool
) -> int:
    """Dream about recent memories and show the dreams; learns nothing."""
    if context.invoked_subcommand is not None:
        return 0
    return _dream(context.obj, memories, count, background, as_json)


def _dream(
    app: AppContext, memories: Optional[int], count: Optional[int], background: Optional[int], as_json: bool
) -> int:
    from sovl_core.cli.errors import EXIT_INTERRUPTED
    from sovl_core.events import NightInterrupted

    system = app.system()
    wanted: Dict[str, Any] = {} if count is None else {"count": count}
    if background is not None:
        wanted["background"] = background
    if memories is not None:
        wanted["memories"] = system.journal.episodes(limit=memories)
    with first_interrupt_asks(lambda: app.note(WAKING_UP), system.plugins.hanging) as request:
        try:
            with app.progress_shown() as progress:
                dreams = system.dream(progress=progress, breathe=request.breathe, **wanted)
        except NightInterrupted:
            return EXIT_INTERRUPTED
    if as_json:
        app.print_json([dataclasses.asdict(one) for one in dreams])
    else:
        print_dreams(app, dreams)
    return 0


sleep.add_command(tune_sleep)
dream.add_command(tune_dream)


def print_report(app: AppContext, report: NightReport) -> None:
    """Print what came of a night."""
    number = "The night" if report.number is None else f"Night {report.number}"
    app.print(f"{number}: {report.status.replace('_', ' ')}. {VERDICTS.get(report.status, '')}".strip())
    rows: Dict[str, Any] = {}
    if report.reason:
        rows["why"] = report.reason
    if report.status != "nothing":
        rows["learned"] = f"{len(report.learned)} of what was lived"
        rows["steps"] = report.steps
        rows["took"] = duration_text(report.seconds)
    if report.status == "partial":
        rows["reach"] = report.multiplier
    rows.update(measured(report.metrics))
    if rows:
        print_rows(app.out, rows)


def print_dreams(app: AppContext, dreams: List[Dream]) -> None:
    """Print dreams as a table."""
    if not dreams:
        app.print(
            app.typed("No dreams: there is nothing to dream about, or no plugin that dreams. See: sovl plugins list")
        )
        return
    rows = [(one.kind, one.prompt, one.completion, one.verdict or "–", one.writer) for one in dreams]
    print_table(app.out, ("kind", "what is said", "what is answered", "verdict", "by"), rows)


def parse_options(options: Tuple[str, ...]) -> Dict[str, Any]:
    """Return ``KEY=VALUE`` pairs as a dict; values are read as JSON where they are JSON, else kept as text."""
    import json

    parsed: Dict[str, Any] = {}
    for text in options:
        key, value = split_assignment(text)
        try:
            parsed[key.replace("-", "_")] = json.loads(value)
        except ValueError:
            parsed[key.replace("-", "_")] = value
    return parsed
