"""What is damaged in a life's folder, what can be done about it, and doing it: nothing is deleted, only moved aside.

Looking changes nothing. Whoever mends holds the life's lock. A journal that cannot be read, or has gone, comes first:
the nights cannot be told apart without it.
"""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, List, Optional

from sovl_core.config_file import read_toml
from sovl_core.durable import sync_folder
from sovl_core.error_handling import ConfigError, LifeDamaged, SOVLError
from sovl_core.journal import Journal
from sovl_core.journal_database import LOG_DAMAGED, LOG_OF_ANOTHER_TIME, JournalDatabase
from sovl_core.journal_log import is_log_damaged
from sovl_core.journal_nights import ACCEPTED
from sovl_core.journal_pairing import is_of_another_time
from sovl_core.journal_salvage import salvage_journal
from sovl_core.journal_schema import is_newer
from sovl_core.life import Life
from sovl_core.night_store import NightStore
from sovl_core.quarantine import Quarantine
from sovl_core.records import NightRecord

#: Where the journal keeps which nights are known to be damaged, each with what is wrong with it.
SET_ASIDE_KEY = "damaged_nights"
#: Statuses of a night that may be gone back to.
KEPT = (*ACCEPTED, "undone")


@dataclass(frozen=True)
class Damage:
    """One thing that is wrong: ``remedy`` says what :attr:`mend` would do, "" where nothing can be done here.

    ``mend`` takes the quarantine to move things to, and returns what was done, in words.
    """

    what: str
    said: str
    remedy: str = ""
    mend: Optional[Callable[[Quarantine], str]] = None


def find_damage(life: Life) -> List[Damage]:
    """Return what is damaged in a life; empty when all is as it was written, or when there is no life."""
    if not life.path.is_dir():
        return []
    found = _settings(life)
    journal = _journal(life)
    if journal is not None:
        return [*found, journal]
    return [*found, *_nights(life), *_states(life)]


def mend_damage(life: Life, tell: Callable[[str], None], quarantine: Quarantine) -> List[Damage]:
    """Mend all that can be mended; return what cannot.

    :param life: opened for writing.
    :param tell: told what was found and what was done, a line each.
    :raises SOVLError: when it cannot be written; what was mended until then is.
    """
    while True:
        damages = find_damage(life)
        mendable = next((damage for damage in damages if damage.mend is not None), None)
        if mendable is None or mendable.mend is None:
            return damages
        tell(mendable.said)
        try:
            tell(mendable.mend(quarantine))
        except OSError as error:
            raise SOVLError(
                f"This could not be mended: {error}", "Free some space, then: sovl doctor --repair"
            ) from error


def known_damaged(journal: Journal) -> Dict[str, str]:
    """Return the nights that were found damaged and set aside before, with what was wrong."""
    value = journal.get_value(SET_ASIDE_KEY, {})
    return value if isinstance(value, dict) else {}


def _settings(life: Life) -> List[Damage]:
    try:
        read_toml(life.config_path)
    except ConfigError as error:
        said = error.message

        def mend(quarantine: Quarantine) -> str:
            return f"moved to {quarantine.take(life.config_path, said)}; every setting is at its default"

        return [Damage("settings", said, "move it aside, every setting at its default; or mend it by hand", mend)]
    return []


def _journal(life: Life) -> Optional[Damage]:
    path, salvaged = life.journal_path, life.salvaged_path
    if life.journal_is_lost:
        said = life.journal_lost_message
        return Damage("journal", said, "begin one that knows the nights", lambda q: _replace(life, q, said))
    if not path.exists():
        return None
    if is_newer(path):
        return Damage("journal", f"{path} was written by a newer SOVL: pip install --upgrade sovl")
    log_problem = LOG_DAMAGED if is_log_damaged(path) else LOG_OF_ANOTHER_TIME if is_of_another_time(path) else ""
    problem = f"The journal {path} is damaged: {log_problem}" if log_problem else _problem_of(path)
    if not problem:
        return None
    remedy = "read what can be read into a new journal; the damaged one is kept"
    if log_problem == LOG_OF_ANOTHER_TIME:
        remedy = "read both, file and log, into a new journal; they are kept. Or, for the file alone: move the log away"
    if salvaged.exists():
        remedy += ", as is what was salvaged before"
    return Damage("journal", problem, remedy, lambda quarantine: _replace(life, quarantine, problem))


def _problem_of(path: Path) -> str:
    try:
        database = JournalDatabase(path, read_only=True)
    except LifeDamaged as damage:
        return damage.message
    except SOVLError:  # older, or empty: it is brought up to date when it is opened
        return ""
    try:
        problems = database.check()
        return f"The journal {path} is damaged: {'; '.join(problems[:3])}" if problems else ""
    finally:
        database.close()


def _replace(life: Life, quarantine: Quarantine, problem: str) -> str:
    """Put a salvaged journal in place of a damaged one.

    Killed anywhere in between it is gone on with: the new file has its name only when it is whole, and the old one is
    taken out of the way before the new one takes its place.
    """
    path, salvaged = life.journal_path, life.salvaged_path
    told = "what had been salvaged before was put in its place"
    if path.exists() or not salvaged.exists():
        partial = salvaged.with_name(salvaged.name + ".partial")
        rows = salvage_journal(path, partial, NightStore(life.nights_path))
        os.replace(str(partial), str(salvaged))
        sync_folder(life.path)
        told = f"{rows['episodes']} turns, {rows['nights']} nights and {rows['dreams']} dreams were read into a new one"
    # The log beside it goes too: SQLite would apply it to whatever has the journal's name.
    for old in (path, *(path.with_name(path.name + ending) for ending in ("-wal", "-shm"))):
        if old.exists():
            place = quarantine.take(old, problem)
            told += f"; {old.name} is kept as {place}"
    _set_unknown_work_aside(life, quarantine)
    os.replace(str(salvaged), str(path))
    sync_folder(life.path)
    return told


def _set_unknown_work_aside(life: Life, quarantine: Quarantine) -> None:
    """Move checkpoints of a night that the salvaged journal does not know: another night may be given its number."""
    # As a file that nobody writes: a reader would leave a log beside it.
    source = sqlite3.connect(f"{life.salvaged_path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        running = {row[0] for row in source.execute("SELECT number FROM nights WHERE status = 'running'")}
    finally:
        source.close()
    for number, paths in NightStore(life.nights_path).unfinished().items():
        for path in paths if number not in running else ():
            quarantine.take(path, f"it belongs to night {number}, of which nothing could be read in the journal")


def _nights(life: Life) -> List[Damage]:
    if not life.journal_path.exists():
        return []
    store = NightStore(life.nights_path)
    try:
        journal = Journal(life.journal_path, read_only=True)
    except SOVLError:
        return []
    try:
        nights, known = journal.nights(), known_damaged(journal)
    finally:
        journal.close()
    found = []
    for night in nights:
        if night.status in KEPT and str(night.number) not in known:
            problems = store.verify(night.number)
            if problems:
                found.append(_damaged_night(life, night, "; ".join(problems)))
    return found


def _damaged_night(life: Life, night: NightRecord, problem: str) -> Damage:
    def mend(quarantine: Quarantine) -> str:
        return _set_night_aside(life, night, problem, quarantine)

    remedy = "set it aside; the life wakes up with the last whole night before it, and learns what is missing again"
    return Damage("nights", f"night {night.number}: {problem}", remedy, mend)


def _set_night_aside(life: Life, night: NightRecord, problem: str, quarantine: Quarantine) -> str:
    folder = NightStore(life.nights_path).path(night.number)
    journal = Journal(life.journal_path)
    try:
        awake = journal.current_night()
        if awake == night.number:
            awake = _whole_before(journal, NightStore(life.nights_path), night)
            journal.use_night(awake)
        journal.set_value(SET_ASIDE_KEY, {**known_damaged(journal), str(night.number): problem})
    finally:
        journal.close()
    place = f"moved to {quarantine.take(folder, problem)}" if folder.exists() else "its folder is gone"
    return f"{place}; the life is awake " + ("as before its first night" if awake is None else f"with night {awake}")


def _whole_before(journal: Journal, store: NightStore, night: NightRecord) -> Optional[int]:
    # The files of a purged one may be there still, where its removal was interrupted.
    number, purged = night.parent, journal.purged_nights()
    while number is not None and (number in purged or store.verify(number)):
        before = journal.night(number)
        number = before.parent if before is not None else None
    return number


def _states(life: Life) -> List[Damage]:
    from sovl_core.state_files import read_sound_states

    _, damages = read_sound_states(life.state_path)
    return [_damaged_state(life, name, damage) for name, damage in damages.items()]


def _damaged_state(life: Life, name: str, damage: LifeDamaged) -> Damage:
    def mend(_quarantine: Quarantine) -> str:
        from sovl_core.state_files import set_aside

        return f"moved to {set_aside(life.state_path, name)}; plugin {name!r} takes up what it knew at the last night"

    return Damage("state", damage.message, "move it aside; the plugin takes up what it knew at the last night", mend)
