"""Lives in which very much was said: written by SQL, for nobody talks that long."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sovl_core.journal import Journal

#: Episodes of a conversation, and of a night.
CONVERSATION, NIGHT = 20, 1000
_WORDS = (
    "rabbit",
    "dog",
    "garden",
    "sister",
    "bicycle",
    "coffee",
    "piano",
    "river",
    "train",
    "violin",
    "bread",
    "letter",
)
_NUMBERS = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)"


def long_life(folder: Path, episodes: int) -> Path:
    """Return the folder of a life with so many answered turns, all but the last few learned and dreamed of.

    Its weights are those of before its first night: what is measured is what the journal costs.
    """
    folder.mkdir(parents=True)
    journal = folder / "journal.db"
    Journal(journal).close()
    connection = sqlite3.connect(str(journal))
    connection.execute("PRAGMA synchronous = OFF")
    connection.create_function("word", 1, lambda number: _WORDS[number * 7919 % len(_WORDS)])
    learned = episodes - CONVERSATION
    with connection:
        connection.execute(
            f"{_NUMBERS} INSERT INTO nights (number, parent, status, cause, started, finished) "
            "SELECT n, NULLIF(n - 1, 0), 'accepted', 'command', n, n + 1 FROM numbers",
            (learned // NIGHT + 1,),
        )
        connection.execute(
            f"{_NUMBERS} INSERT INTO episodes (conversation, prompt, reply, source, confidence, night, created) "
            f"SELECT 'c' || (n / {CONVERSATION}), 'My ' || word(n) || ' is number ' || n || ' of them.', "
            "'Number ' || n || ', the ' || word(n) || ', is noted.', 'chat', 0.5, "
            f"CASE WHEN n <= {learned} THEN (n - 1) / {NIGHT} + 1 END, n FROM numbers",
            (episodes,),
        )
        connection.execute("INSERT INTO night_episodes SELECT night, id FROM episodes WHERE night IS NOT NULL")
        connection.execute(
            "INSERT INTO dreams (night, kind, prompt, completion, writer, answer, weight, held_out, verdict, why, "
            "created) SELECT night, 'question', 'Which number?', prompt, 'bench', '', 1, 0, 'accepted', '', created "
            "FROM episodes WHERE night IS NOT NULL ORDER BY id"
        )
        connection.execute("INSERT INTO dream_parents SELECT id, 0, id FROM dreams")
    connection.close()
    return folder
