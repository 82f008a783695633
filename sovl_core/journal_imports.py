"""The part of the journal that takes in what was said elsewhere, each thing once."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Sequence

from sovl_core.journal_database import JournalPart
from sovl_core.journal_rows import clean_text, to_json
from sovl_core.records import Exchange


class ImportJournal(JournalPart):
    """Exchanges that come from files."""

    def take_in(self, exchanges: Sequence[Exchange]) -> int:
        """Enter exchanges as episodes, all of them or (when it fails) none; those whose key is known are passed over.

        :param exchanges: in the order in which they are to be remembered.
        :return: how many were new.
        :raises SOVLError: when they cannot be written (full disk, opened for reading).
        """
        wording = [self._worded(exchange) for exchange in exchanges]
        with self._database.write() as connection:
            return sum(self._take_in_one(connection, exchange) for exchange in wording)

    def _worded(self, exchange: Exchange) -> Exchange:
        told_where = (exchange.source, exchange.conversation)
        return replace(
            exchange,
            prompt=self.screened(exchange.prompt, "prompt", *told_where),
            reply=self.screened(exchange.reply, "reply", *told_where) if exchange.reply else "",
        )

    def _take_in_one(self, connection: sqlite3.Connection, exchange: Exchange) -> bool:
        key = clean_text(exchange.key)
        if key and connection.execute("SELECT 1 FROM imports WHERE key = ?", (key,)).fetchone():
            return False
        cursor = connection.execute(
            "INSERT INTO episodes (conversation, prompt, reply, source, created, details) VALUES (?, ?, ?, ?, ?, ?)",
            (
                clean_text(exchange.conversation),
                exchange.prompt,
                exchange.reply,
                clean_text(exchange.source),
                self._clock() if exchange.created is None else exchange.created,
                to_json(exchange.details),
            ),
        )
        if key:
            connection.execute("INSERT INTO imports (key, episode) VALUES (?, ?)", (key, cursor.lastrowid))
        return True
