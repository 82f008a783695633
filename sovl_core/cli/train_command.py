"""Training by day on a file of pairs: ``train FILE.jsonl``."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Optional

import click

from sovl_core.cli.tables import flatten, print_rows
from sovl_core.launched import Launched

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext

#: Lines that cannot be used and are named one by one.
NAMED_LINES = 10


@click.command("train")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.jsonl")
@click.option("--epochs", type=click.IntRange(1, 1000), help="Passes over the data instead of the setting's number.")
@click.option("--dry-run", is_flag=True, help="Two samples, one epoch, nothing written: does it work at all?")
@click.option(
    "--test",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.jsonl",
    help="Pairs that loss and accuracy are measured on, before and after; nothing is learned from them.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
def train(
    app: AppContext, file: Path, epochs: Optional[int], dry_run: bool, test: Optional[Path], as_json: bool
) -> int:
    """Train on prompt and completion pairs from a JSONL file.

    Each line of FILE is an object with "prompt" and "completion" (or "response"). Lines that cannot be used are named
    by number and left out. Started by "accelerate launch" the run is spread over its processes.
    """
    require_file(file)
    if test is not None:
        require_file(test)
    launched = Launched.from_environment(app.environ)
    if not launched.keeps:
        from sovl_core.cli.train_along import train_along

        return train_along(app, launched, lambda system: system.train(file, epochs=epochs, dry_run=dry_run, keep=False))
    for read in (file, *([] if test is None else [test])):
        note_bad_lines(app, read)
    system = app.system()
    launched.meet(system.config.core.device)
    tested: Dict[str, Any] = {} if test is None else {"test": test}
    with app.progress_shown() as progress:
        report = system.train(file, epochs=epochs, dry_run=dry_run, progress=progress, **tested)
    launched.part()
    data = report_data(report)
    if as_json:
        app.print_json(data)
        return 0
    app.print("A dry run: it works, and nothing was written." if dry_run else f"Trained on {file}.")
    print_rows(app.out, flatten(data))
    return 0


def require_file(path: Path) -> None:
    """Refuse a path that is no readable file, before any model is loaded.

    :raises DataError: when it is none.
    """
    from sovl_core.error_handling import DataError

    if not path.is_file():
        raise DataError(f"{path}: there is no such file", "Give a JSONL file: sovl train FILE.jsonl")


def note_bad_lines(app: AppContext, path: Path) -> None:
    """Name the lines of a JSONL file that training will leave out; no model is loaded for that.

    :raises DataError: when the file cannot be read.
    """
    from sovl_core.data_loader import load_jsonl
    from sovl_core.system_logging import ThreadSafeLogger

    found = ThreadSafeLogger(None)
    if not load_jsonl(path, logger=found):
        return  # training refuses the file, and says why
    bad = [entry for entry in found.read() if entry["event"] == "bad_line"]
    for entry in bad[:NAMED_LINES]:
        app.note(f"{path}, line {entry['line']} is left out: {entry['problem']}")
    if len(bad) > NAMED_LINES:
        app.note(f"{len(bad) - NAMED_LINES} more lines are left out; all of them: sovl log --errors -n {len(bad)}")


def report_data(report: Any) -> Dict[str, Any]:
    """Return a training report as plain data."""
    return dataclasses.asdict(report)
