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
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.pass_obj
def doctor(app: AppContext, as_json: bool) -> int:
    """Check versions, device, model, plugins and disk; exit status 1 when something is wrong."""
    from sovl_core.cli.doctor_checks import BAD, examine
    from sovl_core.cli.errors import EXIT_FAILURE

    findings = examine(app)
    wrong = [finding for finding in findings if finding.state == BAD]
    if as_json:
        app.print_json([dataclasses.asdict(finding) for finding in findings])
    else:
        for finding in findings:
            _print(app, finding)
        app.print("\nAll is well." if not wrong else f"\n{len(wrong)} to mend.")
    return EXIT_FAILURE if wrong else 0


def _print(app: AppContext, finding: Finding) -> None:
    from rich.text import Text

    from sovl_core.cli.terminal import clean

    mark, style = MARKS[finding.state]
    line = Text(mark, style=style).append(f"  {finding.what:<10} {clean(finding.said)}", style="default not bold")
    if finding.hint and finding.state != "good":
        line.append(f"\n{'':18}→ {clean(finding.hint)}", style="default not bold")
    app.out.print(line, soft_wrap=True)
