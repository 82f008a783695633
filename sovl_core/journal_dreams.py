"""The part of the journal that holds dreams: each with its parents, its night and its verdict."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from typing import Any, Collection, List, Optional, Sequence

from sovl_core.events import Dream
from sovl_core.journal_database import JournalDatabase, JournalPart
from sovl_core.journal_rows import NO_BOUND, clean_text, dream_from, limit_of, numbers_in, read_counter, require

#: A dream whose memory was contradicted since, or may no longer be learned, is not to be rehearsed.
_STILL_TRUE = """NOT EXISTS (
    SELECT 1 FROM dream_parents JOIN episodes ON episodes.id = dream_parents.episode
    WHERE dream_parents.dream = dreams.id AND (episodes.superseded_by IS NOT NULL OR episodes.learnable = 0))"""


#: Stands for the night of dreams that were dreamed on request, outside of any.
NO_NIGHT = 0


@dataclass(frozen=True)
class DreamCount:
    """How many dreams share a kind, a verdict, and whether they were held out of training."""

    kind: str
    verdict: str
    held_out: bool
    dreams: int


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
        verdict: Optional[str] = None,
        without: Sequence[str] = (),
        oldest_first: bool = False,
    ) -> List[Dream]:
        """Return dreams, newest first.

        :param night: only those of one night, :data:`NO_NIGHT` for those dreamed on request.
        :param kind: only those of one kind.
        :param limit: how many at most, None for all.
        :param episode: only those made out of one episode.
        :param verdict: only those of which verification said this.
        :param without: kinds that are left out.
        :param oldest_first: the other way round, the limit counted from the oldest.
        """
        terms = _Terms(night, episode)
        if kind is not None:
            terms.add("+kind = ?", clean_text(kind))
        if verdict is not None:
            terms.add("+verdict = ?", clean_text(verdict))
        for left_out in without:
            terms.add("kind <> ?", clean_text(left_out))
        return _select(self._database, str(terms), terms.values, limit, "ASC" if oldest_first else "DESC")

    def dreamt_counts(self, night: Optional[int] = None, episode: Optional[int] = None) -> List[DreamCount]:
        """Return how many dreams of each kind and verdict there are, without reading them; the most frequent first.

        :param night: as in :meth:`dreams`; nothing outside of it is visited.
        :param episode: as in :meth:`dreams`.
        """
        terms = _Terms(night, episode)
        query = (
            f"SELECT kind, verdict, held_out, COUNT(*) AS dreams FROM dreams WHERE {terms} "
            "GROUP BY kind, verdict, held_out ORDER BY dreams DESC, kind, verdict, held_out"
        )
        with self._database.read() as connection:
            rows = connection.execute(query, terms.values).fetchall()
            return [DreamCount(row["kind"], row["verdict"], bool(row["held_out"]), row["dreams"]) for row in rows]

    def last_dreaming_night(self) -> Optional[int]:
        """Return the newest night that has dreams, :data:`NO_NIGHT` when all were dreamed on request, None for none."""
        with self._database.read() as connection:
            night: Optional[int] = connection.execute("SELECT MAX(night) FROM dreams").fetchone()[0]
            if night is not None:
                return night
            return NO_NIGHT if read_counter(connection, "dreams") else None

    def accepted_dreams(
        self,
        nights: Optional[Sequence[int]] = None,
        limit: Optional[int] = 100,
        memories: Optional[Collection[int]] = None,
    ) -> List[Dream]:
        """Return dreams that passed verification and may be rehearsed, newest first.

        Left out are dreams of memories that were superseded since or are not to be learned any more.

        :param nights: only those of these nights (see ``Journal.ancestors``), None for all.
        :param memories: only those made out of any of these episodes, None for all; no others are looked at.
        """
        # The plus keeps SQLite from gathering all dreams of a long life: it is to go by number, or by the memories.
        apart = "" if memories is None and nights is not None else "+"
        terms = [f"id < {NO_BOUND}", f"{apart}verdict = 'accepted'", _STILL_TRUE]
        if memories is not None:
            made = f"SELECT dream FROM dream_parents WHERE episode IN {numbers_in(sorted(memories))}"
            terms.append(f"id IN ({made})")
        if nights is not None:
            terms.append(f"{apart}night IN {numbers_in(nights)}")
        return _select(self._database, " AND ".join(terms), [], limit)

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


class _Terms:
    """Terms of a WHERE clause and their values, over dreams of a night or of an episode."""

    def __init__(self, night: Optional[int], episode: Optional[int]) -> None:
        # The first term lets the rows be walked by number where no other says which they are.
        self._terms = ["id < ?"]
        self.values: List[Any] = [NO_BOUND]
        self._narrow = night is not None or episode is not None
        if night == NO_NIGHT:
            self._terms.append("night IS NULL")
        elif night is not None:
            self.add("night = ?", night)
        if episode is not None:
            self.add("id IN (SELECT dream FROM dream_parents WHERE episode = ?)", episode)

    def add(self, term: str, value: Any) -> None:
        """Add a term; its plus keeps SQLite from an index that holds the dreams of all nights where one suffices."""
        self._terms.append(term if self._narrow else term.lstrip("+"))
        self.values.append(value)

    def __str__(self) -> str:
        return " AND ".join(self._terms)


def _select(
    database: JournalDatabase, terms: str, parameters: List[Any], limit: Optional[int], order: str = "DESC"
) -> List[Dream]:
    query = f"SELECT * FROM dreams WHERE {terms} ORDER BY id {order} LIMIT ?"
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
