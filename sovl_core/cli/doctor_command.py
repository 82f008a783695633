"""``doctor``: says whether everything is in order, and what to do where it is not."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext
    from sovl_core.cli.doctor_checks import Finding

MARKS = {"good": ("ok   ", "green"), "note": ("note ", "yellow"), "bad": ("wrong", "bold red")}


@click.command("doctor")
@click.option("--repair", is_flag=True, help="Mend what is damaged in the life; nothing is deleted, only moved aside.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.pass_obj
def doctor(app: AppContext, repair: bool, as_json: bool) -> int:
    """Check versions, device, model, plugins, the life and the disk; exit status 1 when something is wrong.

    Each finding says what to do. With --repair damaged settings, nights and plugin state are moved to the folder
    "quarantine" in the life, and what can be read of a damaged journal is put into a new one. Then it looks again.
    """
    from sovl_core.cli.doctor_checks import BAD, examine
    from sovl_core.cli.errors import EXIT_FAILURE

    if repair:
        _repair(app)
    findings = examine(app)
    wrong = [finding for finding in findings if finding.state == BAD]
    if as_json:
        app.print_json([dataclasses.asdict(finding) for finding in findings])
    else:
        for finding in findings:
            _print(app, finding)
        app.print("\nAll is well." if not wrong else f"\n{len(wrong)} to mend.")
    return EXIT_FAILURE if wrong else 0


def _repair(app: AppContext) -> None:
    """Mend the life under its lock, and say each thing that is done."""
    from sovl_core.error_handling import BadInput
    from sovl_core.life import Life
    from sovl_core.quarantine import Quarantine
    from sovl_core.repair import mend_damage

    if app.in_session:
        raise BadInput("A life cannot be mended from within a session", "Leave it, then: sovl doctor --repair")
    if not app.life_path().is_dir():
        return
    with Life.open(app.life_path()) as life:
        mend_damage(life, app.note, Quarantine(life.path))


def _print(app: AppContext, finding: Finding) -> None:
    from rich.text import Text

    from sovl_core.cli.terminal import clean

    mark, style = MARKS[finding.state]
    line = Text(mark, style=style).append(f"  {finding.what:<10} {clean(finding.said)}", style="default not bold")
    if finding.hint and finding.state != "good":
        line.append(f"\n{'':18}→ {clean(finding.hint)}", style="default not bold")
    app.out.print(line, soft_wrap=True)
