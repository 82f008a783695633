"""Looking at nights and choosing one to wake up with: ``nights list|show|diff|use|undo``."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Dict, List, Optional

import click

from sovl_core.cli.command_group import SuggestingGroup
from sovl_core.cli.measurements import measured
from sovl_core.cli.night_diff_command import diff, print_memories
from sovl_core.cli.night_numbers import LARGEST, parse_night
from sovl_core.cli.tables import print_rows, print_table, readable, span_text, time_text
from sovl_core.cli.terminal import shorten

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext
    from sovl_core.records import NightRecord


@click.group("nights", cls=SuggestingGroup, invoke_without_command=True)
@click.pass_context
def nights(context: click.Context) -> None:
    """List nights, look at one, go back to one, undo the last."""
    if context.invoked_subcommand is None:
        context.invoke(list_nights)


@nights.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.pass_obj
def list_nights(app: AppContext, as_json: bool = False) -> None:
    """List all nights; the current one is marked."""
    system = app.system(read_only=True)
    records, current = [_as_it_is(app, record) for record in system.journal.nights()], system.journal.current_night()
    held = system.journal.nights_with_forgotten()
    if as_json:
        extra = [{"current": record.number == current, "forgotten": held.get(record.number, [])} for record in records]
        app.print_json([{**dataclasses.asdict(record), **more} for record, more in zip(records, extra)])
        return
    if not records:
        app.print(app.typed("No night yet. Let it learn what it was told: sovl sleep"))
        return
    columns = ("", "night", "from", "status", "began", "took", "learned", "why")
    print_table(app.out, columns, [_row(record, current, record.number in held) for record in records])


@nights.command("show")
@click.argument("number", type=click.IntRange(1, LARGEST))
@click.option("--dreams", is_flag=True, help="Show the night's dreams as well.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_obj
def show(app: AppContext, number: int, dreams: bool, as_json: bool) -> None:
    """Show what one night did, learned and was judged by."""
    system = app.system(read_only=True)
    record = _as_it_is(app, _night(system.journal.night(number), number))
    # A night of thousands of memories has tens of thousands of dreams: they are read only when they are shown.
    dreamed = system.journal.dreams(night=number, limit=10_000) if dreams else []
    learned = [system.journal.episode(number) for number in record.report.get("learned") or []]
    memories = [memory for memory in learned if memory is not None]
    if as_json:
        data = dataclasses.asdict(record)
        data["memories"] = [{"episode": memory.id, "prompt": memory.prompt} for memory in memories]
        app.print_json({**data, "dreams": [dataclasses.asdict(one) for one in dreamed]} if dreams else data)
        return
    count = sum(one.dreams for one in system.journal.dreamt_counts(night=number))
    held = system.journal.forgotten_in(number) if record.status in ("accepted", "partial", "undone") else []
    print_rows(app.out, _facts(record, count, record.number == system.journal.current_night(), len(held)))
    if memories:
        app.print("\nLearned", "bold")
        print_memories(app, system.journal, memories)
    metrics = record.report.get("metrics") or {}
    if metrics:
        app.print()
        print_rows(app.out, measured(metrics), "Measured")
    if record.plugins:
        app.print()
        print_rows(app.out, record.plugins, "Made with")
    if dreams:
        from sovl_core.cli.sleep_commands import print_dreams

        app.print()
        print_dreams(app, dreamed)


nights.add_command(diff)


@nights.command("use")
@click.argument("number", metavar="NUMBER|none")
@click.pass_obj
def use(app: AppContext, number: str) -> None:
    """Wake up with another night; "none" is before the first.

    What was learned in nights that are left out waits to be learned again.
    """
    system = app.system()
    chosen = parse_night(number)
    system.use_night(chosen)
    _say_current(app, chosen)


@nights.command("undo")
@click.pass_obj
def undo(app: AppContext) -> None:
    """Go back to the night before the current one."""
    from sovl_core.error_handling import BadInput

    system = app.system()
    current = system.journal.current_night()
    if current is None:
        raise BadInput("There is no night to undo: this life wakes up as it began", "See them all: sovl nights list")
    record = _night(system.journal.night(current), current)
    system.use_night(record.parent)
    app.print(f"Night {current} is undone.")
    _say_current(app, record.parent)


def _say_current(app: AppContext, number: Optional[int]) -> None:
    brought_back = len(app.system().journal.forgotten_in(number))
    if brought_back:
        again = f"This brings back {brought_back} of what was forgotten: the night has learned it. "
        app.print(again + app.typed("It may show until the next deep sleep: sovl sleep --deep"))
    waiting = app.system().journal.count_unconsolidated()
    now = "as it was before the first night" if number is None else f"with night {number}"
    app.print(f"It is awake {now}; {waiting} of what was lived waits for the next night.")


def _night(record: Optional[NightRecord], number: int) -> NightRecord:
    from sovl_core.error_handling import BadInput

    if record is None:
        raise BadInput(f"There is no night {number}", "See them all: sovl nights list")
    return record


def _as_it_is(app: AppContext, record: NightRecord) -> NightRecord:
    """Return a night that is under way as ``interrupted`` when nobody lives it at the moment."""
    if record.status != "running" or is_lived(app):
        return record
    return dataclasses.replace(record, status="interrupted")


def is_lived(app: AppContext) -> bool:
    """Return True when a night that was begun and not finished is under way, False when it was interrupted."""
    return app.system().asleep if app.in_session else app.system().life.writer() is not None


def _row(record: NightRecord, current: Optional[int], holds_forgotten: bool) -> List[Any]:
    reason = str(record.report.get("reason") or "")
    if holds_forgotten and record.status != "purged":
        reason = "has learned what was forgotten"
    return [
        "→" if record.number == current else "",
        record.number,
        record.parent,
        readable(record.status) + (", deep" if record.deep else ""),
        time_text(record.started),
        span_text(record.started, record.finished),
        len(record.report.get("learned") or []),
        shorten(reason, 60),
    ]


def _facts(record: NightRecord, dreams: int, current: bool, forgotten: int) -> Dict[str, Any]:
    report = record.report
    before = "the beginning" if record.parent is None else f"night {record.parent}"
    facts = {
        "night": f"{record.number}{' (current)' if current else ''}",
        "began from": f"untrained weights, after {before}" if record.deep else before,
        "status": readable(record.status),
        "why": report.get("reason"),
        "sent to sleep by": record.trigger,
        "began": time_text(record.started),
        "took": span_text(record.started, record.finished),
        "learned": f"{len(report.get('learned') or [])} of what was lived",
        "forgotten since": f"{forgotten} of what it learned" if forgotten else None,
        "reach": report.get("multiplier") if record.status == "partial" else None,
        "steps": report.get("steps"),
        "dreams": dreams,
    }
    return {label: value for label, value in facts.items() if value not in (None, "")}
