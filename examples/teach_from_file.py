"""Teaches a life what a file says, and shows what came of it, memory by memory.

    python examples/teach_from_file.py notes.txt --life my-life

The file holds a statement a line, or prompt and response pairs, the log of ``llm``, or ChatGPT's export.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Optional, Sequence

from sovl_core import SOVLSystem
from sovl_core.error_handling import SOVLError

#: Memories that are shown.
SHOWN = 20


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Take the file in, sleep, and tell; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--life", type=Path, help="folder of the life (your own otherwise)")
    options = parser.parse_args(arguments)
    try:
        with SOVLSystem.open(options.life) as life:
            return teach(life, options.file)
    except SOVLError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_status


def teach(life: SOVLSystem, file: Path) -> int:
    """Return 0 when a night has learned something of the file."""
    taken = life.tell_file(file)
    print(f"{taken.new} new, {taken.known} known already, {taken.unusable} that nothing could be made of")
    night = life.sleep()
    print(f"night {night.number}: {night.status}. {night.reason}")
    for number in night.learned[:SHOWN]:
        memory = life.journal.episode(number)
        dreams = life.journal.dreams(night=night.number, episode=number, verdict="accepted", limit=1)
        if memory is not None and dreams:
            print(f"  {memory.prompt}\n    → {dreams[0].prompt} {dreams[0].completion}")
    # What no dream came of is small talk, or was not understood.
    learned = set(night.learned)
    left = [memory.prompt for memory in life.journal.episodes(limit=taken.new) if memory.id not in learned]
    for prompt in left[:SHOWN]:
        print(f"  not learned: {prompt}")
    return 0 if night.accepted else 1


if __name__ == "__main__":
    sys.exit(main())
