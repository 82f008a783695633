"""Damage to each file of a life in turn: flipped, cut, emptied, gone. It is named, set aside, and the life goes on."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Dict, Iterable, List, Optional

from sovl_core.journal_log import log_of
from torture.broken import flipped
from torture.log_damage import INDEX, LOG, hurt_log, leave_a_log, rows_with_log
from torture.log_damage import KINDS as LOG_KINDS
from torture.places import begin_life, environment_of
from torture.processes import Ended, run_sovl

FACTS = [f"My neighbour number {number} is called Ann {number}." for number in range(6)]
#: What is only known for the time a process runs, or said again as it was.
PASSING = ("life.lock", "life.holder.json", "sovl.log.jsonl", "journal.db-wal", "journal.db-shm")
TABLES = ("episodes", "nights", "dreams", "feedback", "questions")

#: What is done to a file; None removes it.
KINDS: Dict[str, Optional[Callable[[bytes, random.Random], bytes]]] = {
    "flipped": flipped,
    "cut": lambda content, rng: content[: len(content) // 2],
    "emptied": lambda content, rng: b"",
    "gone": None,
}


@dataclass
class Damaged:
    """What became of a life with one damaged file.

    ``first`` and ``asked`` are the exit statuses of ``ask`` before and after ``doctor --repair``; ``named`` says who
    named the damage (``ask``, ``doctor``), "" when it changed nothing that anybody reads; ``turns`` are those that are
    still there of :data:`FACTS`.
    """

    file: str
    kind: str
    first: Optional[int]
    asked: Optional[int]
    named: str
    turns: int
    problems: List[str] = field(default_factory=list)


class Damages:
    """Damages copies of one life.

    :param folder: where they are made.
    :param model: the tiny model's folder.
    """

    def __init__(self, folder: Path, model: Path, rng: random.Random) -> None:
        self._folder, self._rng = folder, rng
        self._whole, self._life = folder / "whole", folder / "damaged"
        begin_life(self._whole, model)
        facts = folder / "facts.txt"
        for part in (FACTS[:3], FACTS[3:]):
            facts.write_text("".join(f"{fact}\n" for fact in part), encoding="utf-8")
            self._sovl(self._whole, "tell", str(facts))
            ended = self._sovl(self._whole, "sleep")
            if "accepted" not in ended.out:
                raise RuntimeError(f"the life that is to be damaged did not sleep: {ended}")
        # All of the journal in one file, as after a quiet day.
        connection = sqlite3.connect(str(self._whole / "journal.db"))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        self._before = _rows(self._whole)
        self._says_the_same = False
        self._killed = folder / "killed"
        shutil.copytree(str(self._whole), str(self._killed))
        leave_a_log(self._killed, environment_of(self._killed, folder))

    def files(self) -> List[str]:
        """Return every file of the life that is there from one session to the next, and those a kill leaves."""
        found = (path.relative_to(self._whole).as_posix() for path in self._whole.rglob("*") if path.is_file())
        return sorted([*(name for name in found if name not in PASSING), LOG, INDEX])

    def kinds(self, name: str) -> Iterable[str]:
        """Return how a file is damaged."""
        return LOG_KINDS if name == LOG else KINDS

    def damage(self, name: str, kind: str) -> Damaged:
        """Damage one file, have the life used, doctored and used again, and return what was seen."""
        shutil.rmtree(str(self._life), ignore_errors=True)
        beside = name in (LOG, INDEX)
        shutil.copytree(str(self._killed if beside else self._whole), str(self._life))
        must = hurt_log(self._life, kind, self._rng) if name == LOG else self._hurt(name, kind)
        # Before anything is done about it: what is wrong must be found by looking.
        seen = self._sovl(self._life, "doctor")
        first = self._sovl(self._life, "ask", "Are you there?")
        mended = self._sovl(self._life, "doctor", "--repair")
        asked = self._sovl(self._life, "ask", "And now?")
        # The log is named as what stands beside the journal.
        called = "journal.db" if beside else name
        named = [who for who, said in (("ask", first.err), ("doctor", seen.out)) if _names(said, called)]
        done = Damaged(name, kind, first.status, asked.status, ", ".join(named), self._turns())
        done.problems = self._problems(done, {"ask": first, "doctor": seen, "repair": mended, "ask again": asked})
        if beside:
            done.problems += self._missing(rows_with_log(self._killed, must, _rows))
        return done

    def _hurt(self, name: str, kind: str) -> bytes:
        """Damage one file, and return the log that must be read back nevertheless."""
        path, change = self._life / name, KINDS[kind]
        self._says_the_same = False
        if change is None:
            path.unlink()
        else:
            before = path.read_bytes()
            path.write_bytes(change(before, self._rng))
            self._says_the_same = path.suffix == ".json" and says_the_same(before, path.read_bytes())
        return log_of(self._killed / "journal.db").read_bytes()

    def _missing(self, wanted: Dict[str, List[str]]) -> List[str]:
        now = _rows(self._life)
        lost = [row for table in TABLES for row in wanted[table] if row not in now[table]]
        return [f"{len(lost)} rows are lost, such as {lost[0][:200]}"] if lost else []

    def _problems(self, done: Damaged, ended: Dict[str, Ended]) -> List[str]:
        problems = [
            f"{command} ended with {each.status or each.signal}: {each.err[-1500:]}"
            for command, each in ended.items()
            if each.signal is not None or "Traceback" in each.err or each.status not in (0, 1, 2)
        ]
        # Settings are the user's to change: one that was changed to nonsense is named, and left to them.
        if done.file == "life.toml":
            return problems
        if done.asked != 0:
            problems.append(f"after the repair it does not answer: {ended['ask again'].err[-1500:]}")
        if ended["repair"].status != 0:
            problems.append(f"the repair leaves something: {ended['repair'].out[-800:]} {ended['repair'].err[-800:]}")
        if not done.named and self._changed(done):
            problems.append("nobody has noticed")
        if done.file != "journal.db" and done.turns != len(FACTS):
            problems.append(f"{done.turns} of {len(FACTS)} turns are left")
        return problems

    def _changed(self, done: Damaged) -> bool:
        """Return whether what the file says has changed: a flipped byte where nothing stands has not.

        State of a plugin that is gone is as if somebody had removed it, so that the plugin begins afresh.
        """
        if done.file == "journal.db":
            now = _rows(self._life)
            return any(not set(self._before[table]) <= set(now[table]) for table in TABLES)
        if self._says_the_same:
            return False
        return done.file.startswith("nights/") or (done.file.startswith("state/") and done.kind != "gone")

    def _turns(self) -> int:
        rows = _rows(self._life)["episodes"]
        return sum(any(fact in str(row) for row in rows) for fact in FACTS)

    def _sovl(self, life: Path, *arguments: str) -> Ended:
        return run_sovl(list(arguments), environment_of(life, self._folder))


def damage_all(
    folder: Path, model: Path, seed: int, files: Optional[int], tell: Callable[[Damaged], None]
) -> List[Damaged]:
    """Damage each file in each way, or so many files drawn by chance; return what became of them."""
    if files == 0:
        return []
    folder.mkdir()
    rng = random.Random(f"{seed}:damage")
    damages = Damages(folder, model, rng)
    names = damages.files()
    chosen = names if files is None else rng.sample(names, min(files, len(names)))
    done = []
    for name in chosen:
        for kind in damages.kinds(name):
            done.append(damages.damage(name, kind))
            tell(done[-1])
    return done


def says_the_same(before: bytes, after: bytes) -> bool:
    """Return True where two files hold the same JSON: the 17th digit of a number may say nothing."""
    try:
        return bool(json.loads(before) == json.loads(after))
    except ValueError:
        return False


def _names(said: str, name: str) -> bool:
    parts = Path(name).parts
    if parts[0] == "nights":
        return name in said or str(Path(*parts[:2])) in said
    return name in said


def _rows(life: Path) -> Dict[str, List[str]]:
    connection = sqlite3.connect(f"{(life / 'journal.db').as_uri()}?mode=ro", uri=True)
    connection.text_factory = bytes
    try:
        return {table: [repr(row) for row in connection.execute(f"SELECT * FROM {table}")] for table in TABLES}
    except sqlite3.DatabaseError:
        return {table: [] for table in TABLES}
    finally:
        connection.close()
