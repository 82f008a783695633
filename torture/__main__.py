"""``python -m torture``: so many kills, so many full disks; exit status 1 when anything was lost."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import List, Optional

from torture.blows import small_disk
from torture.damage import Damaged, damage_all
from torture.places import make_model, model_in
from torture.processes import run_child, warm_up
from torture.report import as_values, print_damages, print_report, write_report
from torture.rounds import COURSE, Round, Torture

#: Megabytes of the small file system, where one can be mounted: all lives of a run must find room on it.
SMALL = 512


def main(arguments: Optional[List[str]] = None) -> int:
    """Torture lives and report; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="processes to kill")
    parser.add_argument("--full", type=int, default=None, help="processes to leave without room; a quarter as many")
    parser.add_argument("--damage", type=int, default=None, help="files to damage; each in each way there is")
    parser.add_argument("--stages", default=",".join(dict.fromkeys(COURSE)), help="which commands, by comma")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--report", type=Path, help="write it as JSON, too")
    parser.add_argument("--keep", action="store_true", help="leave the lives where they are")
    chosen = parser.parse_args(arguments)
    os.environ["OMP_NUM_THREADS"] = "1"
    # Whoever starts this in the background may have it ignored.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    warm_up()
    begun = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="sovl-torture-"))
    print(f"seed {chosen.seed}, in {folder}", flush=True)
    if run_child(lambda: _made(folder / "model")).status != 0:
        raise RuntimeError("the tiny model could not be made")
    with small_disk(folder / "small", SMALL) as disk:
        print("disk full: " + ("a small file system" if disk else "a limit on the size of files"), flush=True)
        torture = Torture(folder, model_in(folder / "model"), chosen.seed, disk, chosen.keep)
        full = chosen.kills // 4 if chosen.full is None else chosen.full
        rounds = torture.run(chosen.kills, chosen.stages.split(","), full, _tell)
        damaged = damage_all(folder / "damages", model_in(folder / "model"), chosen.seed, chosen.damage, _tell_damaged)
        if chosen.keep:
            input(f"{folder}: Enter removes it ")
    values = as_values(rounds, damaged, chosen.seed, time.monotonic() - begun)
    print_report(rounds)
    print_damages(damaged)
    print(
        f"{values['kills']} kills in {values['rounds']} rounds, {len(damaged)} damaged files, "
        f"{len(values['problems'])} with a problem; {values['seconds']} s, seed {chosen.seed}"
    )
    if chosen.report is not None:
        write_report(chosen.report, values)
    shutil.rmtree(str(folder), ignore_errors=True)
    return 1 if values["problems"] else 0


def _made(folder: Path) -> int:
    make_model(folder)
    return 0


def _tell(done: Round) -> None:
    mark = "!" if done.problems else "."
    print(mark if not done.problems else f"{mark} {done.stage}, {done.when}: {done.problems[0]}", flush=True)


def _tell_damaged(done: Damaged) -> None:
    print("." if not done.problems else f"! {done.file} {done.kind}: {done.problems[0]}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
