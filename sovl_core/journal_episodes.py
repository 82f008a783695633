"""The part of the journal that holds what was said: episodes, and the search through them."""

from __future__ import annotations

import random
import sqlite3
from typing import Any, Collection, Dict, List, Optional, Set

from sovl_core.error_handling import BadInput
from sovl_core.journal_database import JournalDatabase, JournalPart
from sovl_core.journal_rows import (
    NO_BOUND,
    clean_text,
    episode_from,
    limit_of,
    numbers_in,
    read_counter,
    require,
    to_json,
)
from sovl_core.journal_schema import CONSOLIDATED, UNCONSOLIDATED
from sovl_core.journal_search import search_query
from sovl_core.records import Episode


class EpisodeJournal(JournalPart):
    """Episodes in the order they were lived."""

    def begin_episode(
        self,
        prompt: str,
        conversation: str,
        source: str = "chat",
        weight: float = 1.0,
        learnable: bool = True,
        details: Optional[Dict[str, Any]] = None,
    ) -> Episode:
        """Write down what the user said; it is on the disk when this returns.

        :param details: JSON-able values to keep with it.
        :raises SOVLError: when it cannot be written (full disk, opened for reading).
        """
        values = (
            clean_text(conversation),
            self.screened(prompt, "prompt", source, conversation),
            clean_text(source),
            weight,
            learnable,
            self._clock(),
            to_json(details or {}),
        )
        with self._database.write() as connection:
            cursor = connection.execute(
                "INSERT INTO episodes (conversation, prompt, source, weight, learnable, created, details) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            return _episode(connection, int(cursor.lastrowid or 0))

    def finish_episode(
        self, id: int, reply: str, confidence: Optional[float] = None, details: Optional[Dict[str, Any]] = None
    ) -> Episode:
        """Add the reply to an episode; ``details`` are added to those it has.

        :raises BadInput: when there is no such episode.
        """
        begun = self.episode(id)
        written = self.screened(reply, "reply", begun.source, begun.conversation) if begun else reply
        if written != clean_text(reply):
            # They spell out the reply that must not be kept.
            details = {key: value for key, value in (details or {}).items() if key != "token_ids"}
        with self._database.write() as connection:
            merged = {**_episode(connection, id).details, **(details or {})}
            connection.execute(
                "UPDATE episodes SET reply = ?, confidence = ?, details = ? WHERE id = ?",
                (written, confidence, to_json(merged), id),
            )
            return _episode(connection, id)

    def episode(self, id: int) -> Optional[Episode]:
        """Return one episode, None when there is none of that number (it may have been deleted)."""
        with self._database.read() as connection:
            row = connection.execute("SELECT * FROM episodes WHERE id = ?", (id,)).fetchone()
            return None if row is None else episode_from(row)

    def episodes(
        self, limit: Optional[int] = 50, before: Optional[int] = None, conversation: Optional[str] = None
    ) -> List[Episode]:
        """Return episodes, newest first.

        :param limit: how many at most, None for all.
        :param before: only those with a smaller number: the last number of one page gives the next page.
        :param conversation: only those of one conversation.
        """
        query = "SELECT * FROM episodes WHERE id < ?"
        parameters: List[Any] = [NO_BOUND if before is None else before]
        if conversation is not None:
            query += " AND conversation = ?"
            parameters.append(clean_text(conversation))
        return _select(self._database, f"{query} ORDER BY id DESC LIMIT ?", [*parameters, limit_of(limit)])

    def last_answered(self) -> Optional[Episode]:
        """Return the newest episode that has a reply, None when there is none."""
        found = _select(
            self._database, "SELECT * FROM episodes WHERE id < ? AND reply <> '' ORDER BY id DESC LIMIT 1", [NO_BOUND]
        )
        return found[0] if found else None

    def unconsolidated(self, limit: Optional[int] = None) -> List[Episode]:
        """Return what no night has learned yet, oldest first: learnable, and not superseded by something newer."""
        query = f"SELECT * FROM episodes WHERE {UNCONSOLIDATED} ORDER BY id LIMIT ?"
        return _select(self._database, query, [limit_of(limit)])

    def consolidated(self, limit: Optional[int] = None) -> List[Episode]:
        """Return what the nights up to the current one have learned and may be rehearsed, oldest first.

        :param limit: only the most recent so many. For some out of all times see :meth:`sample_consolidated`.
        """
        query = f"SELECT * FROM episodes WHERE {CONSOLIDATED} ORDER BY id DESC LIMIT ?"
        return _select(self._database, query, [limit_of(limit)])[::-1]

    def sample_consolidated(self, count: int, rng: random.Random) -> List[Episode]:
        """Return ``count`` different consolidated episodes at random, oldest first; all when there are no more.

        The cost does not grow with the journal: each is found by a random number and the next episode after it, so that
        one that follows a gap comes up more often.
        """
        with self._database.read() as connection:
            if read_counter(connection, "consolidated") <= max(count, 0):
                rows = connection.execute(f"SELECT * FROM episodes WHERE {CONSOLIDATED} ORDER BY id").fetchall()
                return [episode_from(row) for row in rows]
            query = f"SELECT * FROM episodes WHERE {CONSOLIDATED} AND id >= ? ORDER BY id LIMIT 1"
            latest = f"SELECT id FROM episodes WHERE {CONSOLIDATED} ORDER BY id DESC LIMIT 1"
            earliest = connection.execute(query, (0,)).fetchone()["id"]
            last = connection.execute(latest).fetchone()["id"]
            found: Dict[int, Episode] = {}
            while len(found) < count:
                row = connection.execute(query, (rng.randint(earliest, last),)).fetchone()
                while row["id"] in found:  # walk on, and around, rather than draw again without end
                    row = connection.execute(query, (row["id"] + 1 if row["id"] < last else 0,)).fetchone()
                found[row["id"]] = episode_from(row)
            return [found[number] for number in sorted(found)]

    def still_true(self, numbers: Collection[int]) -> Set[int]:
        """Return those of some episodes that may be recalled: not deleted, superseded, or kept from being learned."""
        given = numbers_in(sorted(numbers))
        query = f"SELECT id FROM episodes WHERE id IN {given} AND learnable = 1 AND superseded_by IS NULL"
        with self._database.read() as connection:
            return {row["id"] for row in connection.execute(query)}

    def count_episodes(self) -> int:
        """Return how many episodes there are; a counter is read, nothing is counted."""
        return _count(self._database, "episodes")

    def count_unconsolidated(self) -> int:
        """Return how many episodes :meth:`unconsolidated` would give; a counter is read."""
        return _count(self._database, "unconsolidated")

    def count_consolidated(self) -> int:
        """Return how many episodes :meth:`consolidated` would give; a counter is read."""
        return _count(self._database, "consolidated")

    def supersede(self, old_id: int, new_id: int) -> None:
        """Note that a newer episode contradicts an older one, which is then neither learned nor rehearsed.

        :raises BadInput: when one does not exist, or the newer one is itself superseded by the older.
        """
        with self._database.write() as connection:
            require(connection, "episodes", old_id, "episode")
            link: Optional[int] = new_id
            while link is not None:
                if link == old_id:
                    raise BadInput(f"Episode {new_id} cannot supersede {old_id}: it is superseded by it")
                link = require(connection, "episodes", link, "episode")["superseded_by"]
            connection.execute("UPDATE episodes SET superseded_by = ? WHERE id = ?", (new_id, old_id))

    def set_learnable(self, id: int, learnable: bool, why: str = "") -> None:
        """Say whether an episode may be learned; ``why`` is kept in its details as ``learnable_why``.

        :raises BadInput: when there is no such episode.
        """
        with self._database.write() as connection:
            details = dict(_episode(connection, id).details)
            details.pop("learnable_why", None)
            if why:
                details["learnable_why"] = why
            connection.execute(
                "UPDATE episodes SET learnable = ?, details = ? WHERE id = ?", (bool(learnable), to_json(details), id)
            )

    def search(self, text: str, limit: int = 20, any_word: bool = False) -> List[Episode]:
        """Return episodes in which every word of ``text`` occurs, in the prompt or the reply.

        With SQLite's full-text index the best match comes first and the last word may be the beginning of one; of very
        many matches the newest are compared. Without it (or for scripts that put no spaces between words) all text is
        compared and the newest comes first.

        :param any_word: one of the words is enough; the best match comes first.
        """
        indexed = self._database.has_search_index
        query, parameters = search_query(clean_text(text), limit_of(limit), indexed, any_word)
        return _select(self._database, query, parameters)


def _select(database: JournalDatabase, query: str, parameters: List[Any]) -> List[Episode]:
    with database.read() as connection:
        return [episode_from(row) for row in connection.execute(query, parameters)]


def _count(database: JournalDatabase, counter: str) -> int:
    with database.read() as connection:
        return read_counter(connection, counter)


def _episode(connection: sqlite3.Connection, id: int) -> Episode:
    return episode_from(require(connection, "episodes", id, "episode"))
