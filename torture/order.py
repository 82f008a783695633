"""What a power cut could undo: files must be on the disk before they get their name, and the name soon after.

A rename that reaches the disk before the content of the file leaves an empty file of the right name. So whatever is
renamed was flushed after it was last written, file by file, and the folder that holds the new name is flushed after it;
and where that folder is new, so is the one that holds its name.
"""

from __future__ import annotations

import os
import tempfile
from typing import Callable, Dict, List, Set

from torture.disk_steps import MAKE, OPEN, RENAME, SEPARATOR, SYNC

#: Its loss costs diagnostics, never a word.
NOT_RELIED_ON = ("sovl.log.jsonl",)


def order_recorder(append: Callable[[str], None]) -> Callable[[int, str], None]:
    """Return what to hand to ``DiskSteps``: notes each step, and before a folder is renamed every file in it.

    What was there before, and is only moved, has been flushed by whoever wrote it.
    """
    # A file system's clock is coarser than the system's: what is new is compared with something new.
    with tempfile.TemporaryFile() as file:
        begun = os.fstat(file.fileno()).st_mtime

    def each(_number: int, what: str) -> None:
        if what.startswith(RENAME):
            source = what[len(RENAME) :].partition(SEPARATOR)[0]
            for folder, _, names in os.walk(source):
                for path in (os.path.join(folder, name) for name in names):
                    if os.stat(path).st_mtime >= begun:
                        append(f"within {path}")
        # Who makes a folder only where there is none asks for it all the same.
        if not (what.startswith(MAKE) and os.path.isdir(what[len(MAKE) :])):
            append(what)

    return each


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)


def order_problems(steps: List[str]) -> List[str]:
    """Return what in a list of steps a power cut could undo, in words."""
    unflushed: Set[str] = set()
    flushed: Set[str] = set()
    waiting: Dict[str, str] = {}
    made: Set[str] = set()
    named: List[str] = []
    problems = []
    for step in steps:
        if step.startswith(OPEN):
            unflushed.add(step[len(OPEN) :])
        elif step.startswith(MAKE):
            made.add(step[len(MAKE) :])
        elif step.startswith(SYNC):
            path = step[len(SYNC) :]
            unflushed.discard(path)
            flushed.add(path)
            waiting.pop(path, None)
            made = {folder for folder in made if os.path.dirname(folder) != path}
        elif step.startswith("within "):
            # What was written by a library that opens files by itself is known only from here.
            path = step[len("within ") :]
            if path not in flushed or path in unflushed:
                problems.append(f"{path} was not on the disk when its folder got another name")
        elif step.startswith(RENAME):
            source, _, target = step[len(RENAME) :].partition(SEPARATOR)
            if os.path.basename(target).startswith(NOT_RELIED_ON):
                continue
            if source in unflushed:
                problems.append(f"{source} was not on the disk when it became {target}")
            flushed = {target + path[len(source) :] if _within(path, source) else path for path in flushed}
            made.discard(source)  # it has the new name now, which is waited for
            waiting[os.path.dirname(target)] = target
            named.append(target)
    problems += [f"the folder of {target} was not flushed after it got its name" for target in waiting.values()]
    lost = sorted(folder for folder in made if any(_within(target, folder) for target in named))
    return problems + [f"{folder} is new, and the folder that holds its name was not flushed" for folder in lost]
