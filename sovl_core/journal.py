"""The journal of a life: everything that was said, asked, dreamed and slept through, durable when a call returns.

The parts live in modules of their own: episodes, conversations, what was taken in from elsewhere, questions (with
feedback and metrics), dreams, nights, and forgetting. All share one database, so that whatever belongs together happens
in one transaction.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Callable, List, Union

from sovl_core.journal_conversations import ConversationJournal
from sovl_core.journal_database import JournalDatabase
from sovl_core.journal_dreams import DreamJournal
from sovl_core.journal_episodes import EpisodeJournal
from sovl_core.journal_forgetting import ForgettingJournal
from sovl_core.journal_imports import ImportJournal
from sovl_core.journal_nights import NightJournal
from sovl_core.journal_questions import QuestionJournal
from sovl_core.journal_rows import clean_text, to_json
from sovl_core.records import Episode, Question


class Journal(
    EpisodeJournal,
    ConversationJournal,
    ImportJournal,
    QuestionJournal,
    DreamJournal,
    NightJournal,
    ForgettingJournal,
):
    """An open journal; one object serves all threads of a process.

    Text is stored as given, except that lone surrogates and NUL become U+FFFD.

    :param path: ``journal.db``; its folder must exist. The file is created, or brought up to the present version.
    :param read_only: read beside the process that writes; every writing method raises.
    :param clock: gives seconds since the epoch.
    :raises LifeDamaged: when the file is broken, written by a newer version, or no journal.
    :raises SOVLError: when it cannot be opened.
    """

    def __init__(self, path: Path, read_only: bool = False, clock: Callable[[], float] = time.time) -> None:
        super().__init__(JournalDatabase(Path(path), read_only), clock)

    def answered_by(self, episode: Episode) -> Union[Question, Episode, None]:
        """Return what an episode answers: the system's question, or the turn whose reply it corrects.

        None when it answers nothing, or when that is not in the journal any more.
        """
        question, corrected = episode.details.get("question"), episode.details.get("corrects")
        if isinstance(question, int):
            return self.question(question)
        return self.episode(corrected) if isinstance(corrected, int) else None

    def get_value(self, key: str, default: Any = None) -> Any:
        """Return a small value kept under a key, ``default`` when there is none."""
        with self._database.read() as connection:
            row = connection.execute("SELECT value FROM state WHERE key = ?", (clean_text(key),)).fetchone()
            return default if row is None else json.loads(row["value"])

    def set_value(self, key: str, value: Any) -> None:
        """Keep a JSON-able value under a key, in place of what was there.

        :raises TypeError: when it is not JSON-able.
        """
        text = to_json(value)
        with self._database.write() as connection:
            connection.execute("INSERT OR REPLACE INTO state (key, value) VALUES (?, ?)", (clean_text(key), text))

    def check(self) -> List[str]:
        """Return what is wrong with the file, in words; empty when it is sound. Reads all of it."""
        return self._database.check()

    def close(self) -> None:
        """Close the journal; a second call does nothing."""
        self._database.close()
