"""The part of the journal that holds nights: which one is current, and what each accepted one learned."""

from __future__ import annotations

import sqlite3
from typing import Any, Dict, List, Optional, Sequence

from sovl_core.error_handling import BadInput, SOVLError
from sovl_core.journal_database import JournalPart
from sovl_core.journal_rows import (
    NO_BOUND,
    clean_text,
    episode_from,
    limit_of,
    night_from,
    numbers_in,
    read_counter,
    require,
    to_json,
)
from sovl_core.records import Episode, NightRecord

ACCEPTED = ("accepted", "partial")
#: Trigger of a night that is known from its folder alone.
SALVAGED = "salvaged"
NOT_ACCEPTED = ("set_aside", "nothing", "failed")

_LINE = """WITH RECURSIVE chain (number) AS (
    SELECT ? UNION ALL
    SELECT nights.parent FROM chain JOIN nights ON nights.number = chain.number WHERE nights.parent IS NOT NULL{terms})
SELECT number FROM chain"""
#: The nights that came before one; and, of those, the ones whose weights went into its own.
_BEFORE, _ANCESTORS = _LINE.format(terms=""), _LINE.format(terms=" AND nights.deep = 0")


class NightJournal(JournalPart):
    """Nights, of which at most one runs and at most one is current."""

    def open_night(self, parent: Optional[int], trigger: str, plugins: Dict[str, str], deep: bool = False) -> int:
        """Enter a night that begins now, and return its number, which no other night ever had.

        :param parent: the accepted night whose weights it starts from, None for the first; of a deep night the one to
            go back to when it is undone.
        :param plugins: plugin name to ``distribution version``.
        :param deep: whether it starts from untrained weights, and so builds on no night.
        :raises SOVLError: when another night is still running.
        :raises BadInput: when the parent does not exist or was not accepted.
        """
        with self._database.write() as connection:
            running = _running(connection)
            if running is not None:
                raise SOVLError(
                    f"Night {running['number']} is not finished", "Go on with it, or close it, before another begins"
                )
            if parent is not None:
                _require_accepted(connection, parent)
            cursor = connection.execute(
                "INSERT INTO nights (parent, status, cause, started, plugins, deep, newest_episode) "
                "VALUES (?, 'running', ?, ?, ?, ?, (SELECT COALESCE(MAX(id), 0) FROM episodes))",
                (parent, clean_text(trigger), self._clock(), to_json(plugins), deep),
            )
            return int(cursor.lastrowid or 0)

    def running_night(self) -> Optional[NightRecord]:
        """Return the night that was begun and not finished, to be gone on with; None when there is none."""
        with self._database.read() as connection:
            row = _running(connection)
            return None if row is None else night_from(row)

    def night(self, number: int) -> Optional[NightRecord]:
        """Return one night, None when there is none of that number."""
        with self._database.read() as connection:
            row = connection.execute("SELECT * FROM nights WHERE number = ?", (number,)).fetchone()
            return None if row is None else night_from(row)

    def nights(self, limit: Optional[int] = None) -> List[NightRecord]:
        """Return nights, oldest first; with a limit only the most recent so many."""
        query = "SELECT * FROM nights WHERE number < ? ORDER BY number DESC LIMIT ?"
        with self._database.read() as connection:
            rows = connection.execute(query, (NO_BOUND, limit_of(limit))).fetchall()
            return [night_from(row) for row in reversed(rows)]

    def count_nights(self) -> int:
        """Return how many nights there are, of whatever status; a counter is read."""
        with self._database.read() as connection:
            return read_counter(connection, "nights")

    def current_night(self) -> Optional[int]:
        """Return the number of the night whose weights are in use, None for the untrained ones."""
        with self._database.read() as connection:
            return current_night(connection)

    def ancestors(self, number: int) -> List[int]:
        """Return a night with those it builds on, newest first; a deep night builds on none.

        :raises BadInput: when there is no such night.
        """
        with self._database.read() as connection:
            require(connection, "nights", number, "night")
            return chain(connection, number)

    def nights_that_learned(self, episode: int) -> List[int]:
        """Return the accepted nights that have learned an episode, undone ones among them, oldest first."""
        query = "SELECT night FROM night_episodes WHERE episode = ? ORDER BY night"
        with self._database.read() as connection:
            return [row["night"] for row in connection.execute(query, (episode,))]

    def built_on_by(self, trigger: str) -> List[int]:
        """Return those nights the current one builds on, itself included, that this has sent to sleep, newest first."""
        with self._database.read() as connection:
            current = current_night(connection)
            numbers = numbers_in([] if current is None else chain(connection, current))
            query = f"SELECT number FROM nights WHERE number IN {numbers} AND cause = ? ORDER BY number DESC"
            return [row["number"] for row in connection.execute(query, (clean_text(trigger),))]

    def accepted_since_deep(self) -> int:
        """Return how many nights were accepted since the last deep one that came to an end, whatever came of it."""
        last = "SELECT MAX(number) FROM nights WHERE deep = 1 AND status NOT IN ('running', 'failed')"
        query = f"""SELECT COUNT(*) FROM nights WHERE status IN ('accepted', 'partial') AND undone = 0
            AND number > COALESCE(({last}), 0)"""
        with self._database.read() as connection:
            return int(connection.execute(query).fetchone()[0])

    def learned_beyond(self, number: Optional[int], other: Optional[int]) -> List[Episode]:
        """Return what a night or those it builds on have learned and another with those it builds on has not.

        :param number: of the night, None for the life before its first, which knows nothing; ``other`` likewise.
        :return: episodes that are still there, oldest first.
        :raises BadInput: when there is no such night.
        """
        if number is None:
            return []
        known, besides = (numbers_in([] if one is None else self.ancestors(one)) for one in (number, other))
        query = f"""SELECT * FROM episodes WHERE id IN (SELECT episode FROM night_episodes WHERE night IN {known})
            AND id NOT IN (SELECT episode FROM night_episodes WHERE night IN {besides}) ORDER BY id"""
        with self._database.read() as connection:
            return [episode_from(row) for row in connection.execute(query)]

    def accept_night(self, number: int, status: str, learned_ids: Sequence[int], report: Dict[str, Any]) -> None:
        """Wake up with a night's weights: in one transaction it becomes current and its episodes consolidated.

        Episodes that were deleted while it ran are left out. When another night than its parent has become current
        meanwhile, what that other one learned is unconsolidated again, as by :meth:`use_night`; and so is what a deep
        night has not learned.

        :param status: ``accepted`` or ``partial``.
        :raises BadInput: when the night is not running, or for another status.
        """
        _require_status(status, ACCEPTED)
        with self._database.write() as connection:
            night = _finish(connection, number, status, report, self._clock())
            connection.executemany(
                "INSERT OR IGNORE INTO night_episodes (night, episode) SELECT ?, id FROM episodes WHERE id = ?",
                [(number, learned) for learned in learned_ids],
            )
            if current_night(connection) != night["parent"] or night["deep"]:
                _switch(connection, number)
                return
            connection.execute("UPDATE life SET current_night = ?", (number,))
            connection.execute(
                "UPDATE episodes SET night = ? WHERE id IN (SELECT episode FROM night_episodes WHERE night = ?)",
                (number, number),
            )

    def close_night(self, number: int, status: str, report: Dict[str, Any]) -> None:
        """End a night that is not woken up with; nothing but its own row changes.

        :param status: ``set_aside``, ``nothing`` or ``failed``.
        :raises BadInput: when the night is not running, or for another status.
        """
        _require_status(status, NOT_ACCEPTED)
        with self._database.write() as connection:
            _finish(connection, number, status, report, self._clock())

    def use_night(self, number: Optional[int]) -> None:
        """Make an accepted night current, back or forth; None is the life before its first night.

        An episode is consolidated when the night or one that it builds on has learned it, and unconsolidated else.
        Accepted nights that did not come before it are ``undone`` until one that came after them is used again.

        :raises BadInput: when there is no such night or it was not accepted.
        """
        with self._database.write() as connection:
            if number is not None:
                _require_accepted(connection, number)
            _switch(connection, number)


def _finish(
    connection: sqlite3.Connection, number: int, status: str, report: Dict[str, Any], now: float
) -> sqlite3.Row:
    night = require(connection, "nights", number, "night")
    if night["status"] != "running":
        raise BadInput(f"Night {number} is finished: it was {night['status']}")
    connection.execute(
        "UPDATE nights SET status = ?, finished = ?, report = ? WHERE number = ?",
        (status, now, to_json(report), number),
    )
    return night


def _switch(connection: sqlite3.Connection, number: Optional[int]) -> None:
    built_on = numbers_in([] if number is None else chain(connection, number))
    before = numbers_in([] if number is None else chain(connection, number, _BEFORE))
    connection.execute("UPDATE life SET current_night = ?", (number,))
    connection.execute(f"UPDATE nights SET undone = number NOT IN {before} WHERE status IN ('accepted', 'partial')")
    # Numbers grow from parent to child, so the largest is the latest night on the way to learn the episode.
    learned = f"SELECT MAX(night) FROM night_episodes WHERE episode = episodes.id AND night IN {built_on}"
    connection.execute(
        f"UPDATE episodes SET night = ({learned}) "
        f"WHERE id IN (SELECT episode FROM night_episodes) AND night IS NOT ({learned})"
    )


def chain(connection: sqlite3.Connection, number: int, line: str = _ANCESTORS) -> List[int]:
    """Return a night with those it builds on, newest first."""
    return [row["number"] for row in connection.execute(line, (number,))]


def _running(connection: sqlite3.Connection) -> Optional[sqlite3.Row]:
    row: Optional[sqlite3.Row] = connection.execute("SELECT * FROM nights WHERE status = 'running'").fetchone()
    return row


def current_night(connection: sqlite3.Connection) -> Optional[int]:
    """Return the night whose weights are in use, None for none."""
    number: Optional[int] = connection.execute("SELECT current_night FROM life WHERE only = 1").fetchone()[0]
    return number


def _require_accepted(connection: sqlite3.Connection, number: int) -> None:
    night = require(connection, "nights", number, "night")
    status = night["status"]
    if night["purged"]:
        raise BadInput(
            f"Night {number} cannot be used: its files were removed for good, with what was forgotten",
            "Choose another: `sovl nights` lists them",
        )
    if status not in ACCEPTED:
        raise BadInput(
            f"Night {number} cannot be used: its status is {status}", "Choose an accepted one: `sovl nights` lists them"
        )


def _require_status(status: str, allowed: Sequence[str]) -> None:
    if status not in allowed:
        raise BadInput(f"A night cannot end here as {status!r}", "It is one of: " + ", ".join(allowed))
