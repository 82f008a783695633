"""The part of the journal that holds dreams: each with its parents, its night and its verdict."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any, Dict, List, Optional, Sequence

from sovl_core.events import Dream
from sovl_core.journal_database import JournalDatabase, JournalPart
from sovl_core.journal_rows import NO_BOUND, clean_text, dream_from, limit_of, numbers_in, read_counter, require

#: A dream whose memory was contradicted since, or may no longer be learned, is not to be rehearsed.
_STILL_TRUE = """NOT EXISTS (
    SELECT 1 FROM dream_parents JOIN episodes ON episodes.id = dream_parents.episode
    WHERE dream_parents.dream = dreams.id AND (episodes.superseded_by IS NOT NULL OR episodes.learnable = 0))"""


class DreamJournal(JournalPart):
    """Dreams, which are made out of episodes and never become ones."""

    def add_dreams(self, night: Optional[int], dreams: Sequence[Dream]) -> List[Dream]:
        """Write dreams down, all or none, and return copies that carry their number and night.

        :param night: the night they were dreamed in, None outside of one.
        :raises BadInput: when the night or a parent does not exist.
        """
        with self._database.write() as connection:
            return [_insert(connection, night, dream, self._clock()) for dream in dreams]

    def dreams(
        self,
        night: Optional[int] = None,
        kind: Optional[str] = None,
        limit: Optional[int] = 100,
        episode: Optional[int] = None,
    ) -> List[Dream]:
        """Return dreams, newest first.

        :param night: only those of one night.
        :param kind: only those of one kind.
        :param episode: only those made out of one episode.
        """
        terms: Dict[str, Any] = {"id < ?": NO_BOUND}
        if night is not None:
            terms["night = ?"] = night
        if kind is not None:
            terms["kind = ?"] = clean_text(kind)
        if episode is not None:
            terms["id IN (SELECT dream FROM dream_parents WHERE episode = ?)"] = episode
        return _select(self._database, " AND ".join(terms), list(terms.values()), limit)

    def accepted_dreams(self, nights: Optional[Sequence[int]] = None, limit: Optional[int] = 100) -> List[Dream]:
        """Return dreams that passed verification and may be rehearsed, newest first.

        Left out are dreams of memories that were superseded since or are not to be learned any more.

        :param nights: only those of these nights (see ``Journal.ancestors``), None for all.
        """
        terms = f"verdict = 'accepted' AND {_STILL_TRUE}"
        if nights is not None:
            terms += f" AND night IN {numbers_in(nights)}"
        return _select(self._database, terms, [], limit)

    def update_dream(self, id: int, verdict: str, why: str = "") -> None:
        """Enter what verification said of a dream: ``accepted``, or ``rejected`` with the reason.

        :raises BadInput: when there is no such dream.
        """
        with self._database.write() as connection:
            require(connection, "dreams", id, "dream")
            connection.execute(
                "UPDATE dreams SET verdict = ?, why = ? WHERE id = ?", (clean_text(verdict), clean_text(why), id)
            )

    def count_dreams(self) -> int:
        """Return how many dreams there are; a counter is read."""
        with self._database.read() as connection:
            return read_counter(connection, "dreams")


def _select(database: JournalDatabase, terms: str, parameters: List[Any], limit: Optional[int]) -> List[Dream]:
    query = f"SELECT * FROM dreams WHERE {terms} ORDER BY id DESC LIMIT ?"
    with database.read() as connection:
        rows = connection.execute(query, [*parameters, limit_of(limit)]).fetchall()
        return [dream_from(row, _parents(connection, row["id"])) for row in rows]


def _insert(connection: sqlite3.Connection, night: Optional[int], dream: Dream, now: float) -> Dream:
    cursor = connection.execute(
        "INSERT INTO dreams (night, kind, prompt, completion, writer, answer, weight, held_out, verdict, why, created) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            night,
            clean_text(dream.kind),
            clean_text(dream.prompt),
            clean_text(dream.completion),
            clean_text(dream.writer),
            clean_text(dream.answer),
            dream.weight,
            bool(dream.held_out),
            clean_text(dream.verdict),
            clean_text(dream.why),
            now,
        ),
    )
    number = int(cursor.lastrowid or 0)
    connection.executemany(
        "INSERT INTO dream_parents (dream, position, episode) VALUES (?, ?, ?)",
        [(number, position, parent) for position, parent in enumerate(dream.parents)],
    )
    return replace(dream, id=number, night=night, parents=list(dream.parents))


def _parents(connection: sqlite3.Connection, dream: int) -> List[int]:
    query = "SELECT episode FROM dream_parents WHERE dream = ? ORDER BY position"
    return [row["episode"] for row in connection.execute(query, (dream,))]
