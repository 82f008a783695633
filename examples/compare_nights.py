"""Compares two nights: what each knows, what it was measured at, and how each answers the same questions.

    python examples/compare_nights.py 1 2 "Which name does my dog have?" --life my-life

Night 0 is the life before its first night. The night that is in use is in use again afterwards.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import List, Optional, Sequence

from sovl_core import SOVLSystem
from sovl_core.error_handling import SOVLError
from sovl_core.events import Turn


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Compare; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("first", type=int)
    parser.add_argument("second", type=int)
    parser.add_argument("questions", nargs="*")
    parser.add_argument("--life", type=Path, help="folder of the life (your own otherwise)")
    options = parser.parse_args(arguments)
    try:
        with SOVLSystem.open(options.life) as life:
            compare(life, options.first, options.second, options.questions)
    except SOVLError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_status
    return 0


def compare(life: SOVLSystem, first: int, second: int, questions: Sequence[str]) -> None:
    """Print what is different between two nights.

    :raises SOVLError: when one of them does not exist or cannot be used.
    """
    difference = life.compare_nights(first or None, second or None)
    for number, memories in ((first, difference.only_first), (second, difference.only_second)):
        print(f"only night {number} knows: {'; '.join(memory.prompt for memory in memories) or 'nothing'}")
    for name, (before, after) in sorted(difference.metrics.items()):
        print(f"{name}: {_shown(before)} → {_shown(after)}")
    for movement in difference.weights:
        if movement.relative is not None:
            print(f"{movement.trainable} moved by {movement.relative:.1%}")
    current = life.journal.current_night()
    try:
        answers = [_answers(life, number, questions) for number in (first, second)]
    finally:
        life.use_night(current)
    for question, before, after in zip(questions, *answers):
        print(f"{question}\n  night {first}: {before}\n  night {second}: {after}")


def _answers(life: SOVLSystem, number: int, questions: Sequence[str]) -> List[str]:
    if not questions:
        return []
    life.use_night(number or None)
    # Greedy, outside of any conversation, with no trace in the journal.
    return [" ".join(life.answer(Turn(question, purpose="evaluation")).text.split()) for question in questions]


def _shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
