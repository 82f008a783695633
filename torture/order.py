"""What a power cut could undo: files must be on the disk before they get their name, and the name soon after.

A rename that reaches the disk before the content of the file leaves an empty file of the right name. So whatever is
renamed was flushed after it was last written, file by file, and the folder that holds the new name is flushed after it.
"""

from __future__ import annotations

import os
from typing import Callable, Dict, List, Set

from torture.disk_steps import OPEN, RENAME, SEPARATOR, SYNC

#: Its loss costs diagnostics, never a word.
NOT_RELIED_ON = ("sovl.log.jsonl",)


def order_recorder(append: Callable[[str], None]) -> Callable[[int, str], None]:
    """Return what to hand to ``DiskSteps``: notes each step, and before a folder is renamed every file in it."""

    def each(_number: int, what: str) -> None:
        if what.startswith(RENAME):
            source = what[len(RENAME) :].partition(SEPARATOR)[0]
            for folder, _, names in os.walk(source):
                for name in names:
                    append(f"within {os.path.join(folder, name)}")
        append(what)

    return each


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)


def order_problems(steps: List[str]) -> List[str]:
    """Return what in a list of steps a power cut could undo, in words."""
    unflushed: Set[str] = set()
    flushed: Set[str] = set()
    waiting: Dict[str, str] = {}
    problems = []
    for step in steps:
        if step.startswith(OPEN):
            unflushed.add(step[len(OPEN) :])
        elif step.startswith(SYNC):
            path = step[len(SYNC) :]
            unflushed.discard(path)
            flushed.add(path)
            waiting.pop(path, None)
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
            waiting[os.path.dirname(target)] = target
    problems += [f"the folder of {target} was not flushed after it got its name" for target in waiting.values()]
    return problems
