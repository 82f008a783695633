"""The part of the journal that forgets: no readable trace of what was forgotten stays in its file.

What nights have learned of it is in their weights: the numbers of both are remembered, so that somebody can say where
it still shows. Only a night that does not build on them (a deep one) is free of it.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Dict, List, Optional, Sequence

from sovl_core.error_handling import BadInput
from sovl_core.journal_database import JournalPart
from sovl_core.journal_nights import SALVAGED, chain, current_night
from sovl_core.journal_rows import numbers_in, require

#: Words from which on a text is said to be quoted by whatever holds it; a "yes" is quoted by everything.
QUOTED_WORDS = 3
#: Where the numbers are kept of what is being forgotten, until nothing is left of it.
_UNFINISHED = "forgetting"


class ForgettingJournal(JournalPart):
    """Episodes that must not be remembered, and the nights that have learned them."""

    def forget_episodes(self, numbers: Sequence[int]) -> int:
        """Delete episodes with all that was made of them: dreams, feedback and questions that quote them, measurements.

        An episode that one of them superseded counts again. Whoever calls it goes on with :meth:`finish_forgetting`
        when nothing else holds them any more: until then the file still has the words in places that no query reaches,
        and :meth:`unfinished_forgetting` names the episodes.

        :return: how many dreams there were.
        :raises BadInput: when an episode does not exist; nothing is deleted then.
        """
        with self._database.write() as connection:
            dreams = sum(_forget(connection, number) for number in numbers)
            if self._database.has_search_index:
                # Deleted words stay in the older parts of a full-text index.
                connection.execute("INSERT INTO episodes_search (episodes_search) VALUES ('rebuild')")
            unfinished = sorted({*_unfinished(connection), *numbers})
            connection.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (_UNFINISHED, json.dumps(unfinished)))
            return dreams

    def unfinished_forgetting(self) -> List[int]:
        """Return the numbers of episodes that were deleted, but of which traces may be left."""
        with self._database.read() as connection:
            return _unfinished(connection)

    def finish_forgetting(self) -> bool:
        """Write the file anew, so that nothing deleted can be read in it; the cost grows with the journal.

        :return: False when another process reads the journal just now, so that traces stay until it is done again.
        :raises SOVLError: when there is no room on the disk.
        """
        if not self._database.scrub():
            return False
        with self._database.write() as connection:
            connection.execute("DELETE FROM state WHERE key = ?", (_UNFINISHED,))
        return True

    def ever_learned_and_forgotten(self) -> List[int]:
        """Return all episodes that were forgotten after some accepted night had learned them."""
        with self._database.read() as connection:
            return [row["episode"] for row in connection.execute("SELECT DISTINCT episode FROM forgotten ORDER BY 1")]

    def forgotten_in(self, night: Optional[int]) -> List[int]:
        """Return the episodes that were forgotten, but have been learned by a night or one that it builds on.

        :param night: None for the life before its first night.
        """
        with self._database.read() as connection:
            return [] if night is None else _forgotten_in(connection, night)

    def still_learned(self) -> List[int]:
        """Return the episodes that were forgotten and that the current night's weights still hold."""
        with self._database.read() as connection:
            current = current_night(connection) if _any_forgotten(connection) else None
            return [] if current is None else _forgotten_in(connection, current)

    def nights_with_forgotten(self) -> Dict[int, List[int]]:
        """Return each accepted night that holds forgotten episodes, with their numbers.

        Of a night that is known from its folder alone nobody knows what of it was forgotten: whatever it learned that
        is not there any more counts.
        """
        with self._database.read() as connection:
            query = "SELECT number FROM nights WHERE status IN ('accepted', 'partial') ORDER BY number"
            gone = _gone_from_salvaged(connection)
            if not gone and not _any_forgotten(connection):
                return {}
            held = {}
            for row in connection.execute(query):
                built_on = chain(connection, row["number"])
                unknown = {episode for night in built_on for episode in gone.get(night, ())}
                held[row["number"]] = sorted(unknown.union(_forgotten_in(connection, row["number"])))
            return {number: episodes for number, episodes in held.items() if episodes}

    def purged_nights(self) -> List[int]:
        """Return the nights whose files are removed for good, or are about to be."""
        with self._database.read() as connection:
            query = "SELECT number FROM nights WHERE purged ORDER BY number"
            return [row["number"] for row in connection.execute(query)]

    def mark_purged(self, night: int) -> None:
        """Note that a night's files are removed for good; it can never be used again.

        :raises BadInput: when there is no such night, or it is the current one.
        """
        with self._database.write() as connection:
            require(connection, "nights", night, "night")
            if current_night(connection) == night:
                raise BadInput(f"Night {night} is the current one", "Switch to another first: `sovl nights`")
            connection.execute("UPDATE nights SET purged = 1 WHERE number = ?", (night,))


def _forget(connection: sqlite3.Connection, number: int) -> int:
    episode = require(connection, "episodes", number, "episode")
    connection.execute(
        "INSERT OR IGNORE INTO forgotten (night, episode) SELECT night, episode FROM night_episodes WHERE episode = ?",
        (number,),
    )
    words = episode["prompt"].strip()
    quoting = "instr(text, ?) > 0" if len(words.split()) >= QUOTED_WORDS else "(text <> '' AND trim(text) = ?)"
    questions = f"SELECT id FROM questions WHERE episode = ? OR answer_episode = ? OR {quoting}"
    connection.execute(
        f"DELETE FROM feedback WHERE {quoting} OR question IN ({questions})", (words, number, number, words)
    )
    connection.execute(f"DELETE FROM questions WHERE id IN ({questions})", (number, number, words))
    deleted = connection.execute(
        "DELETE FROM dreams WHERE id IN (SELECT dream FROM dream_parents WHERE episode = ?)", (number,)
    )
    dreams = deleted.rowcount
    connection.execute("DELETE FROM episodes WHERE id = ?", (number,))
    return dreams


def _any_forgotten(connection: sqlite3.Connection) -> bool:
    # Mostly there is nothing, and then a chain of a thousand nights is not followed.
    return connection.execute("SELECT 1 FROM forgotten LIMIT 1").fetchone() is not None


def _forgotten_in(connection: sqlite3.Connection, night: int) -> List[int]:
    nights = numbers_in(chain(connection, night))
    query = f"SELECT DISTINCT episode FROM forgotten WHERE night IN {nights} ORDER BY episode"
    return [row["episode"] for row in connection.execute(query)]


def _gone_from_salvaged(connection: sqlite3.Connection) -> Dict[int, List[int]]:
    """Return what nights have learned that were known from their folders alone, and that is there no more."""
    there = "SELECT 1 FROM episodes WHERE id = ?"
    found: Dict[int, List[int]] = {}
    for row in connection.execute("SELECT number, report FROM nights WHERE cause = ?", (SALVAGED,)).fetchall():
        learned = [one for one in json.loads(row["report"]).get("learned", ()) if isinstance(one, int)]
        gone = [one for one in learned if connection.execute(there, (one,)).fetchone() is None]
        if gone:
            found[row["number"]] = gone
    return found


def _unfinished(connection: sqlite3.Connection) -> List[int]:
    row = connection.execute("SELECT value FROM state WHERE key = ?", (_UNFINISHED,)).fetchone()
    return [] if row is None else [int(number) for number in json.loads(row["value"])]
