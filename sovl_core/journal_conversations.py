"""The part of the journal that holds conversations: what is heard of one, and how one goes on from an earlier turn.

Nothing that was said is ever changed: going back begins a branch, a conversation that hears another one up to a turn.
"""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from typing import Any, Dict, Iterator, List, Optional, Tuple

from sovl_core.error_handling import BadInput
from sovl_core.journal_database import JournalPart
from sovl_core.journal_rows import NO_BOUND, clean_text, episode_from, limit_of, to_json
from sovl_core.records import Episode, Message

#: Keys in the journal's table of small values.
_BRANCH, _LATEST_BRANCH = "branch:", "latest_branch"


class ConversationJournal(JournalPart):
    """Conversations by name; an episode belongs to one, a branch goes on from a turn of another."""

    def thread(
        self, conversation: str, limit: Optional[int] = None, answered: bool = False, before: Optional[int] = None
    ) -> List[Episode]:
        """Return the turns of a conversation, those before it branched off among them, oldest first.

        :param limit: how many at most, the newest; None for all.
        :param answered: only those with a reply, as they are heard when the conversation goes on.
        :param before: only those with a smaller number.
        """
        room = limit_of(limit)
        found: List[Episode] = []
        query = "SELECT * FROM episodes WHERE conversation = ? AND id <= ?"
        query += f"{' AND reply <> ?' if answered else ''} ORDER BY id DESC LIMIT ?"
        with self._database.read() as connection:
            for name, last in _line(connection, clean_text(conversation)):
                if 0 <= room <= len(found):
                    break
                last = last if before is None else min(last, before - 1)
                parameters = [name, last, *([""] if answered else []), room - len(found) if room >= 0 else room]
                found += [episode_from(row) for row in connection.execute(query, parameters)]
        return found[::-1]

    def messages(self, conversation: str, turns: int, before: Optional[int] = None) -> List[Message]:
        """Return the last ``turns`` exchanges of a conversation as messages, oldest first.

        Turns without a reply (told, or broken off) are left out: chat templates want the roles to alternate.

        :param before: only those before this episode.
        """
        heard = self.thread(conversation, turns, answered=True, before=before)
        pairs = ((Message("user", episode.prompt), Message("assistant", episode.reply)) for episode in heard)
        return [message for pair in pairs for message in pair]

    def last_conversation(self) -> Optional[str]:
        """Return the conversation of the newest episode, or one that branched off since; None where nothing was said.

        A branch in which nothing was said yet counts, so that the shell's next command goes on with it. Conversations
        that were taken in from elsewhere are gone on with only where there are no others.
        """
        with self._database.read() as connection:
            newest = _newest(connection, "source <> 'import'") or _newest(connection, "source = 'import'")
            if newest is None:
                return None
            latest = _value(connection, _LATEST_BRANCH)
            if latest is not None and latest["newest"] >= newest["id"]:
                return str(latest["conversation"])
            return str(newest["conversation"])

    def new_conversation(self) -> str:
        """Return a name that no conversation has; it begins with the time (UTC), so that names sort by age."""
        return time.strftime("%Y%m%d-%H%M%S-", time.gmtime(self._clock())) + uuid.uuid4().hex[:8]

    def branch_conversation(self, conversation: str, after: Optional[int]) -> str:
        """Begin a conversation that goes on from an earlier turn of another, and return its name.

        What was said after that turn stays in the journal, and is not heard in the new conversation.

        :param after: number of the last episode that is heard; None goes back to before the first.
        :raises BadInput: when that episode is no part of the conversation.
        :raises SOVLError: when it cannot be written.
        """
        name = self.new_conversation()
        with self._database.write() as connection:
            if after is not None and not _is_heard(connection, clean_text(conversation), after):
                raise BadInput(f"Episode {after} is no part of the conversation {conversation}")
            newest = connection.execute("SELECT max(id) AS id FROM episodes").fetchone()["id"] or 0
            branch = {"from": clean_text(conversation), "after": after or 0}
            _keep(connection, _BRANCH + name, to_json(branch))
            _keep(connection, _LATEST_BRANCH, to_json({"conversation": name, "newest": newest}))
        return name


def _newest(connection: sqlite3.Connection, terms: str) -> Optional[sqlite3.Row]:
    # The terms are those of an index (VERSION_5), or hold for whatever is newest.
    query = f"SELECT id, conversation FROM episodes WHERE id < ? AND {terms} ORDER BY id DESC LIMIT 1"
    row: Optional[sqlite3.Row] = connection.execute(query, (NO_BOUND,)).fetchone()
    return row


def _line(connection: sqlite3.Connection, conversation: str) -> Iterator[Tuple[str, int]]:
    """Yield the conversations that make up a thread, newest first, each with the last episode heard of it."""
    last = NO_BOUND
    while True:
        yield conversation, last
        branch = _value(connection, _BRANCH + conversation)
        if branch is None:
            return
        # Going back from within a branch may go back further than the branch did.
        conversation, last = branch["from"], min(last, branch["after"])


def _is_heard(connection: sqlite3.Connection, conversation: str, episode: int) -> bool:
    row = connection.execute("SELECT conversation FROM episodes WHERE id = ?", (episode,)).fetchone()
    line = _line(connection, conversation)
    return row is not None and any(row["conversation"] == name and episode <= last for name, last in line)


def _value(connection: sqlite3.Connection, key: str) -> Optional[Dict[str, Any]]:
    row = connection.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
    return None if row is None else json.loads(row["value"])


def _keep(connection: sqlite3.Connection, key: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO state (key, value) VALUES (?, ?)", (key, value))
