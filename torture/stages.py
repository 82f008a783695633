"""What a life is doing when it is struck: each stage is one ``sovl`` command, and what its screen has promised."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, List

from torture.ledger import Ledger
from torture.processes import Ended

NAMES = ("Rex", "Ann", "Oslo", "Biscuit", "Cork", "Fig", "Lima", "Tom")
TURNS, LINES, PAIRS = 6, 8, 4


@dataclass
class Attempt:
    """One command: its arguments, standard input, and ``promised``, which enters into the ledger what the screen says.

    ``promised`` returns what it found to be wrong with the screen already.
    """

    arguments: List[str]
    stdin: str
    promised: Callable[[Ended, Ledger], List[str]]


def chat(number: int, rng: random.Random, folder: Path) -> Attempt:
    """A conversation, a line a turn. The tiny model writes no line break: a line on the screen is a whole reply."""
    prompts = [f"Friend {turn} of walk {walk(number)} is called {rng.choice(NAMES)}." for turn in range(TURNS)]

    def promised(ended: Ended, ledger: Ledger) -> List[str]:
        whole = ended.out.count("\n")
        begun = 0 if ended.out.endswith("\n") or not ended.out else 1
        ledger.keep(*prompts[: whole + begun])
        return [f"{whole} replies to {TURNS} turns"] if whole > TURNS else []

    return Attempt(["chat"], "".join(f"{prompt}\n" for prompt in prompts), promised)


def tell(number: int, rng: random.Random, folder: Path) -> Attempt:
    """A file of facts."""
    lines = [f"My locker {number}-{line} has the code {rng.randrange(10**6)}." for line in range(LINES)]
    file = folder / f"facts-{number}.txt"
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def promised(ended: Ended, ledger: Ledger) -> List[str]:
        ledger.once.append(lines)
        if f"Told {LINES} lines" in ended.out:
            ledger.keep(*lines)
        return []

    return Attempt(["tell", str(file)], "", promised)


def train(number: int, rng: random.Random, folder: Path) -> Attempt:
    """A training run by day; when it says so, the life is awake with it."""
    file = folder / f"pairs-{number}.jsonl"
    pairs = [
        {"prompt": f"What is {number}-{pair}?", "completion": f"It is {rng.choice(NAMES)}."} for pair in range(PAIRS)
    ]
    file.write_text("".join(f"{json.dumps(pair)}\n" for pair in pairs), encoding="utf-8")
    return Attempt(["train", str(file)], "", lambda ended, ledger: [])


def sleep(number: int, rng: random.Random, folder: Path) -> Attempt:
    """A night, or the rest of one that was interrupted."""

    def promised(ended: Ended, ledger: Ledger) -> List[str]:
        ledger.accepted.update(
            int(found) for found in re.findall(r"^Night (\d+): (?:accepted|partial)", ended.out, re.M)
        )
        return []

    return Attempt(["sleep"], "", promised)


def undo(number: int, rng: random.Random, folder: Path) -> Attempt:
    """Going back behind the last night. What was accepted stays on the disk."""
    return Attempt(["nights", "undo"], "", lambda ended, ledger: [])


def forget(number: int, rng: random.Random, folder: Path) -> Attempt:
    """Forgetting a conversation held before: when it says so, its words are in the journal's file no more."""
    word = walk(rng.randrange(max(1, number - 8), number) if number > 1 else 0)

    def promised(ended: Ended, ledger: Ledger) -> List[str]:
        ledger.forget(word, said="Forgot " in ended.out)
        return []

    return Attempt(["forget", "--yes", word], "", promised)


def walk(number: int) -> str:
    """Return the word that the turns of a conversation have in common, no beginning of another one's."""
    return f"w{number:05d}"


STAGES: Dict[str, Callable[[int, random.Random, Path], Attempt]] = {
    "chat": chat,
    "tell": tell,
    "train": train,
    "sleep": sleep,
    "undo": undo,
    "forget": forget,
}
