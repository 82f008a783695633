"""Training by day on a file of pairs: ``train FILE.jsonl``."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Optional

import click

from sovl_core.cli.progress import show_progress
from sovl_core.cli.tables import flatten, print_rows

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext


@click.command("train")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.jsonl")
@click.option("--epochs", type=click.IntRange(1, 1000), help="Passes over the data instead of the setting's number.")
@click.option("--dry-run", is_flag=True, help="Two samples, one epoch, nothing written: does it work at all?")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
def train(app: AppContext, file: Path, epochs: Optional[int], dry_run: bool, as_json: bool) -> None:
    """Train on prompt and completion pairs from a JSONL file.

    Each line of FILE is an object with "prompt" and "completion" (or "response"). Lines that cannot be used are named
    by number and left out.
    """
    require_file(file)
    system = app.system()
    with show_progress(app.err) as progress:
        report = system.train(file, epochs=epochs, dry_run=dry_run, progress=progress)
    data = report_data(report)
    if as_json:
        app.print_json(data)
        return
    app.print("A dry run: it works, and nothing was written." if dry_run else f"Trained on {file}.")
    print_rows(app.out, flatten(data))


def require_file(path: Path) -> None:
    """Refuse a path that is no readable file, before any model is loaded.

    :raises DataError: when it is none.
    """
    from sovl_core.error_handling import DataError

    if not path.is_file():
        raise DataError(f"{path}: there is no such file", "Give a JSONL file: sovl train FILE.jsonl")


def report_data(report: Any) -> Dict[str, Any]:
    """Return a training report as plain data."""
    return dataclasses.asdict(report)
