"""What a life does every day takes no more steps in its database when much has been said: opening, turns, `status`."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

import pytest

from sovl_core.events import Idle
from sovl_core.journal import Journal
from sovl_core.journal_database import JournalDatabase
from sovl_core.system import SOVLSystem
from sovl_core.testing.lives import open_life

#: Those that can do without a model; curiosity can as long as it is only asked how it is.
PLUGINS = ("dream", "feedback", "gestation", "play")
SHORT, LONG = 40, 1200
#: How a life may have come to its episodes: in conversation, told line by line, out of files, or learned by nights.
LIVES: Dict[str, Tuple[str, str, bool]] = {
    "talked": ("'chat'", "'I see, ' || number", False),
    "told": ("'tell'", "''", False),
    "imported": ("'import'", "'I see, ' || number", False),
    "learned": ("'chat'", "'I see, ' || number", True),
}


def lived(folder: Path, kind: str, episodes: int) -> Path:
    """Return the folder of a life in which so much was said."""
    source, reply, learned = LIVES[kind]
    open_life(folder, reply="ok").close()
    connection = sqlite3.connect(str(folder / "journal.db"))
    with connection:
        numbers = (
            "WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < ?)"
        )
        connection.execute(
            f"{numbers} INSERT INTO episodes (conversation, prompt, reply, source, confidence, created) "
            f"SELECT 'c' || (number / 20), 'My dog ' || number || ' is brown.', {reply}, {source}, 0.5, number "
            "FROM numbers",
            (episodes,),
        )
        if learned:
            connection.execute(
                "INSERT INTO nights (number, status, cause, started) VALUES (1, 'accepted', 'command', 1)"
            )
            connection.execute("INSERT INTO night_episodes SELECT 1, id FROM episodes")
            connection.execute("UPDATE episodes SET night = 1")
            connection.execute(
                "INSERT INTO dreams (night, kind, prompt, completion, writer, answer, weight, held_out, verdict, why, "
                "created) SELECT 1, 'question', 'Which dog?', prompt, 'x', '', 1, 0, 'accepted', '', 1 FROM episodes"
            )
            connection.execute("INSERT INTO dream_parents SELECT id, 0, id FROM dreams")
    connection.close()
    return folder


@pytest.fixture
def steps(monkeypatch: Any) -> List[int]:
    """Every step that SQLite's machine takes from now on, those of triggers and foreign keys among them."""
    taken: List[int] = []
    really_open: Callable[[JournalDatabase], sqlite3.Connection] = JournalDatabase._open

    def watched(self: JournalDatabase) -> sqlite3.Connection:
        connection = really_open(self)
        connection.set_progress_handler(lambda: taken.append(1), 1)
        return connection

    monkeypatch.setattr(JournalDatabase, "_open", watched)
    return taken


def status(folder: Path) -> None:
    with open_life(folder, "curiosity", *PLUGINS, reply="ok", read_only=True) as life:
        life.status()


def session(folder: Path) -> None:
    with open_life(folder, *PLUGINS, reply="Blue.") as life:
        talk(life)


def talk(life: SOVLSystem) -> None:
    life.conversation = life.journal.last_conversation() or life.conversation
    for words in ("My cat is grey.", "What is my cat's colour?"):
        life.generate(words)
    life.tell("My rabbit is white.")
    life.idle(Idle(seconds=600.0, conversation=life.conversation))


def look_back(folder: Path) -> None:
    with open_life(folder, reply="ok", read_only=True) as life:
        life.journal.last_answered()
        life.journal.thread(life.journal.last_conversation() or "", 20)
        life.journal.unconsolidated(5)
        life.journal.consolidated(5)
        life.journal.accepted_dreams(limit=5)
        life.journal.accepted_dreams(nights=[1], limit=None, memories=range(1, 5))
        life.journal.dreams(limit=5)
        life.journal.last_dreaming_night()
        life.journal.still_true(range(1, 9))


@pytest.mark.filterwarnings("ignore:Night 1")
@pytest.mark.parametrize("kind", sorted(LIVES))
@pytest.mark.parametrize("what", [status, session, look_back], ids=lambda what: what.__name__)
def test_a_long_life_takes_no_more_steps(tmp_path: Path, steps: List[int], kind: str, what: Any) -> None:
    taken = []
    for episodes in (SHORT, LONG):
        folder = lived(tmp_path / str(episodes), kind, episodes)
        steps.clear()
        what(folder)
        taken.append(len(steps))

    short, long = taken
    # Trees are a level deeper; one step for each episode would be more than a thousand.
    assert short > 50
    assert long < short + (LONG - SHORT) / 2


def test_a_walk_through_all_episodes_would_be_noticed(tmp_path: Path, steps: List[int]) -> None:
    folder = lived(tmp_path / "life", "talked", LONG)
    steps.clear()
    with open_life(folder, reply="ok", read_only=True) as life:
        life.journal.episodes(limit=1, conversation="nowhere")
        indexed = len(steps)
        with life.journal._database.read() as connection:
            connection.execute("SELECT * FROM episodes WHERE prompt = 'x'").fetchall()
    assert len(steps) - indexed > LONG


def test_of_many_matches_the_newest_are_compared(tmp_path: Path, monkeypatch: Any, steps: List[int]) -> None:
    lived(tmp_path / "life", "talked", LONG)
    journal = Journal(tmp_path / "life" / "journal.db")
    all_of_them = [episode.id for episode in journal.search("brown", LONG)]
    steps.clear()
    journal.search("brown")
    ranked_all = len(steps)

    monkeypatch.setattr("sovl_core.journal_search.RANKED", 30)
    steps.clear()
    few = [episode.id for episode in journal.search("brown")]
    assert len(steps) < ranked_all / 4
    assert sorted(all_of_them) == list(range(1, LONG + 1))
    assert len(few) == 20
    assert min(few) > LONG - 30
    # What is rare is found wherever it stands.
    assert [episode.id for episode in journal.search("7", any_word=True)] == [7]
    journal.close()
