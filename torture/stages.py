"""What a life is doing when it is struck: each stage is one ``sovl`` command, and what its screen has promised."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Callable, Dict, List, Optional, Tuple

from sovl_core.life import JOURNAL_NAME
from torture.attempt import Attempt
from torture.broken import repair
from torture.imports import take_in, take_over
from torture.journal_copies import journal_copy
from torture.ledger import Ledger
from torture.older_journal import on_an_older_journal
from torture.processes import Ended
from torture.purging import purge

NAMES = ("Rex", "Ann", "Oslo", "Biscuit", "Cork", "Fig", "Lima", "Tom")
TURNS, LINES, PAIRS = 6, 8, 4


def chat(number: int, rng: random.Random, folder: Path, life: Path) -> Attempt:
    """A conversation, a line a turn. The tiny model writes no line break: a line on the screen is a whole reply."""
    prompts = [f"Friend {turn} of walk {walk(number)} is called {rng.choice(NAMES)}." for turn in range(TURNS)]

    def promised(ended: Ended, ledger: Ledger) -> List[str]:
        whole = ended.out.count("\n")
        begun = 0 if ended.out.endswith("\n") or not ended.out else 1
        ledger.keep(*prompts[: whole + begun])
        return [f"{whole} replies to {TURNS} turns"] if whole > TURNS else []

    return Attempt(["chat"], "".join(f"{prompt}\n" for prompt in prompts), promised)


def tell(number: int, rng: random.Random, folder: Path, life: Path) -> Attempt:
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


def train(number: int, rng: random.Random, folder: Path, life: Path) -> Attempt:
    """A training run by day; when it says so, the life is awake with it."""
    file = folder / f"pairs-{number}.jsonl"
    pairs = [
        {"prompt": f"What is {number}-{pair}?", "completion": f"It is {rng.choice(NAMES)}."} for pair in range(PAIRS)
    ]
    file.write_text("".join(f"{json.dumps(pair)}\n" for pair in pairs), encoding="utf-8")
    return Attempt(["train", str(file)])


def sleep(number: int, rng: random.Random, folder: Path, life: Path) -> Attempt:
    """A night, or the rest of one that was interrupted."""

    def promised(ended: Ended, ledger: Ledger) -> List[str]:
        ledger.accepted.update(
            int(found) for found in re.findall(r"^Night (\d+): (?:accepted|partial)", ended.out, re.M)
        )
        return []

    return Attempt(["sleep"], "", promised)


def deep_sleep(number: int, rng: random.Random, folder: Path, life: Path) -> Attempt:
    """A night that learns everything anew, so that the life is awake with nothing of what was forgotten."""
    return Attempt(["sleep", "--deep"], promised=sleep(number, rng, folder, life).promised)


def undo(number: int, rng: random.Random, folder: Path, life: Path) -> Attempt:
    """Going back behind the last night. What was accepted stays on the disk."""
    return Attempt(["nights", "undo"])


def use(number: int, rng: random.Random, folder: Path, life: Path) -> Attempt:
    """Waking up with another night: the life is awake with the one before or with that one."""
    with journal_copy(life) as journal:
        query = "SELECT number FROM nights WHERE status IN ('accepted', 'partial') AND purged = 0"
        nights = [row[0] for row in journal.execute(query)]
    before, chosen = _awake(life), rng.choice([None, *nights])

    def promised(ended: Ended, ledger: Ledger) -> List[str]:
        allowed = [chosen] if "It is awake " in ended.out else [before, chosen]
        now = _awake(life)
        return [] if now in allowed else [f"it is awake with night {now}, not with one of {allowed}"]

    return Attempt(["nights", "use", "none" if chosen is None else str(chosen)], promised=promised)


def _awake(life: Path) -> Optional[int]:
    with journal_copy(life) as journal:
        current: Optional[int] = journal.execute("SELECT current_night FROM life").fetchone()[0]
        return current


def migrate(number: int, rng: random.Random, folder: Path, life: Path) -> Attempt:
    """Telling facts to a life that an earlier version has written: its journal is brought up to date first."""
    return on_an_older_journal(tell(number, rng, folder, life), rng, life)


def forget(number: int, rng: random.Random, folder: Path, life: Path) -> Attempt:
    """Forgetting a conversation held before: when it says so, its words are in the journal's file no more."""
    return _forget(rng.choice(_walks(life) or [walk(0)]))


def forget_learned(number: int, rng: random.Random, folder: Path, life: Path) -> Attempt:
    """Forgetting one that a night has learned, where there is one."""
    return _forget(rng.choice(_walks(life, "night IS NOT NULL") or _walks(life) or [walk(0)]))


def _forget(word: str) -> Attempt:
    def promised(ended: Ended, ledger: Ledger) -> List[str]:
        ledger.forget(word, said="Forgot " in ended.out)
        return []

    return Attempt(["forget", "--yes", word], "", promised)


def _walks(life: Path, terms: str = "1") -> List[str]:
    if not (life / JOURNAL_NAME).exists():
        return []
    with journal_copy(life) as journal:
        said = " ".join(row[0] for row in journal.execute(f"SELECT prompt FROM episodes WHERE {terms}"))
    return sorted(set(re.findall(r"\bw\d{5}\b", said)))


def walk(number: int) -> str:
    """Return the word that the turns of a conversation have in common, no beginning of another one's."""
    return f"w{number:05d}"


Stage = Callable[[int, random.Random, Path, Path], Attempt]

STAGES: Dict[str, Stage] = {
    "chat": chat,
    "tell": tell,
    "train": train,
    "sleep": sleep,
    "undo": undo,
    "use": use,
    "forget": forget,
    "import": take_in,
    "settings": take_over,
    "migrate": migrate,
    "repair": repair,
    "purge": purge,
}
#: What is done before a stage, undisturbed: a night with nothing to learn is over before it can be struck, and there is
#: nothing to purge where no night has learned what was forgotten.
BEFORE: Dict[str, Tuple[Stage, ...]] = {"sleep": (tell,), "purge": (chat, tell, sleep, forget_learned, deep_sleep)}
