"""What must hold after a life was struck: nothing acknowledged is missing, it opens, answers, and goes on sleeping."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Optional

from sovl_core.quarantine import QUARANTINE
from torture.ledger import Ledger

if TYPE_CHECKING:
    from sovl_core.system import SOVLSystem

AWAKE = ("accepted", "partial")


def examine(life: Path, ledger: Ledger, number: int, go_on: bool, killed: Optional[int]) -> Dict[str, Any]:
    """Open a life and return what was found, ``problems`` among it.

    :param number: of the round.
    :param go_on: whether to have an interrupted night lived to its end.
    :param killed: process id of the process that was killed last, None for none.
    """
    from sovl_core.system import SOVLSystem

    warnings: List[str] = []
    found: Dict[str, Any] = {"went_on": False}
    with SOVLSystem.open(life, warn=warnings.append) as system:
        interrupted = system.life.interrupted
        problems = [] if interrupted is None or interrupted.pid == killed else [f"interrupted was {interrupted}"]
        problems += system.journal.check()
        problems += _missing_words(system, ledger)
        problems += _nights(system, ledger)
        if go_on:
            problems += _go_on(system, found)
        problems += _answers(system, number)
        running = system.journal.running_night()
        found.update(running=running.number if running else None, episodes=system.journal.count_episodes())
    problems += _forgotten(life, ledger)
    problems += [warning for warning in warnings if "damaged" in warning or "lost" in warning]
    problems += _left_over(life, found["running"])
    return {**found, "problems": problems}


def _missing_words(system: SOVLSystem, ledger: Ledger) -> List[str]:
    said = [episode.prompt for episode in reversed(system.journal.episodes(limit=10**6))]
    there = set(said)
    problems = [f"acknowledged, but not in the journal: {words}" for words in ledger.kept if words not in there]
    wanted = set(ledger.kept)
    if not problems and [words for words in said if words in wanted] != ledger.kept:
        problems.append("what was said is in another order, or twice")
    for lines in ledger.once:
        told = [words for words in said if words in set(lines)]
        if told != lines[: len(told)]:
            problems.append(f"of a file of {len(lines)} lines the journal has {told}")
    return problems


def _nights(system: SOVLSystem, ledger: Ledger) -> List[str]:
    from sovl_core.night_store import NightStore

    store = NightStore(system.life.nights_path)
    nights = {night.number: night for night in system.journal.nights()}
    problems = [
        f"night {number} was said to be accepted, the journal says {nights[number].status if number in nights else '-'}"
        for number in ledger.accepted
        if number not in nights or nights[number].status not in (*AWAKE, "undone", "purged")
    ]
    problems += [
        f"night {number} was purged, and had learned nothing that was forgotten"
        for number, night in nights.items()
        if night.status == "purged" and number not in ledger.purged
    ]
    for number, night in nights.items():
        if night.status in (*AWAKE, "undone") and number not in ledger.damaged:
            problems += store.verify(number)
    current = system.journal.current_night()
    if current in ledger.damaged:
        problems += store.verify(current)
    if current is not None and current not in nights:
        problems.append(f"night {current} is in use, and the journal has none of that number")
    return problems


def _go_on(system: SOVLSystem, found: Dict[str, Any]) -> List[str]:
    running = system.journal.running_night()
    if running is None or running.trigger == "train" or running.parent != system.journal.current_night():
        return []
    report = system.sleep()
    found["went_on"] = report.number == running.number
    if report.number != running.number:
        return [f"night {running.number} was interrupted, the next sleep lived night {report.number}"]
    # Where nobody has said anything that can be learned it is nothing, killed or not.
    if report.status in (*AWAKE, "nothing"):
        return []
    return [f"night {report.number} went on and ended as {report.status}: {report.reason}"]


def _answers(system: SOVLSystem, number: int) -> List[str]:
    prompt = f"Are you there after blow {number}?"
    reply = system.generate(prompt, conversation=system.new_conversation())
    return [] if reply.token_ids else ["there was no reply"]


def _forgotten(life: Path, ledger: Ledger) -> List[str]:
    import sqlite3

    connection = sqlite3.connect(str(life / "journal.db"))
    problems = []
    for word, said in ledger.forgotten.items():
        query = "SELECT COUNT(*) FROM episodes WHERE prompt LIKE ?"
        (rows,) = connection.execute(query, (f"%{word}%",)).fetchone()
        if said and rows:
            problems.append(f"{word} was said to be forgotten, and {rows} turns have it")
        # A night that had learned it is kept to go back to.
        held = [] if rows else [path for path in files_with(life, word) if not _of_a_night(path.relative_to(life))]
        problems += [f"{word} is forgotten, and still in {path}" for path in held]
    connection.close()
    return problems


def files_with(life: Path, word: str) -> List[Path]:
    """Return the files of a life that hold a word, however it is written, but for what lies aside as it was."""
    aside = (life / QUARANTINE, life / "state" / "damaged")
    paths = [path for path in sorted(life.rglob("*")) if path.is_file() and not set(aside).intersection(path.parents)]
    return [path for path in paths if word.encode().lower() in path.read_bytes().lower()]


def _of_a_night(path: Path) -> bool:
    return path.parts[0] == "nights" and path.parts[1].isdigit()


def _left_over(life: Path, running: Optional[int]) -> List[str]:
    """Return what lies about that nobody will ever use or remove."""
    nights = sorted(os.listdir(str(life / "nights"))) if (life / "nights").is_dir() else []
    own = "" if running is None else f"{running:04d}"
    odd = [name for name in nights if not name.isdigit() and not (own and name.startswith(own))]
    partial = [str(path.relative_to(life)) for path in life.glob("*/*.partial") if path.is_file()]
    return [f"left over: {name}" for name in (*odd, *partial)]
