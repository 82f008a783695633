from __future__ import annotations

import hashlib
import sqlite3
import tempfile
from pathlib import Path
from typing import Any, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.error_handling import DataError
from sovl_core.importing.found import LeftOut, Unusable
from sovl_core.importing.keys import Keys
from sovl_core.importing.llm_logs import WORDLESS, LlmLog, opened_llm_log
from sovl_core.records import Exchange

pytestmark = pytest.mark.no_torch

#: The tables as llm 0.27 makes them, and those that 0.32 added, as far as they matter.
RESPONSES = """
CREATE TABLE conversations (id TEXT PRIMARY KEY, name TEXT, model TEXT);
CREATE TABLE responses (
    id TEXT PRIMARY KEY, model TEXT, prompt TEXT, system TEXT, prompt_json TEXT, options_json TEXT, response TEXT,
    response_json TEXT, conversation_id TEXT REFERENCES conversations (id), duration_ms INTEGER, datetime_utc TEXT);
"""
TURNS = """
CREATE TABLE turns (
    id TEXT PRIMARY KEY, thread_id TEXT, parent_message_hash TEXT, tip_message_hash TEXT, model TEXT,
    datetime_utc TEXT);
CREATE TABLE turn_search (id INTEGER PRIMARY KEY, turn_id TEXT REFERENCES turns (id), prompt TEXT, response TEXT);
"""
INTO_RESPONSES = (
    "INSERT INTO responses (id, prompt, response, conversation_id, model, datetime_utc, system) VALUES "
    "(?, ?, ?, ?, ?, ?, 'Be kind.')"
)
MOMENT = "2020-09-13T12:26:40.250000"


def make(path: Path, *scripts: str, rows: Any = ()) -> Path:
    connection = sqlite3.connect(str(path))
    for script in scripts:
        connection.executescript(script)
    if rows:
        connection.executemany(INTO_RESPONSES, rows)
    connection.commit()
    connection.close()
    return path


def read(path: Path) -> List[Any]:
    with opened_llm_log(path) as log:
        return list(log.found(Keys(path.name)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "my logs?.db"


def test_each_response_is_an_exchange(path: Path) -> None:
    make(
        path,
        RESPONSES,
        rows=[
            ("r1", " My dog is called Rex. ", "Nice.\n", "c1", "gpt-4", MOMENT),
            ("r2", "He is three.", None, "c1", "gpt-4", MOMENT + "+00:00"),
            ("r3", "Hi", "Yo", None, None, None),
        ],
    )
    of_gpt = {"from": "llm", "model": "gpt-4"}
    assert read(path) == [
        Exchange("My dog is called Rex.", "Nice.", "llm-c1", 1600000000.25, "llm-r1", details=of_gpt),
        Exchange("He is three.", "", "llm-c1", 1600000000.25, "llm-r2", details=of_gpt),
        Exchange("Hi", "Yo", "llm-r3", None, "llm-r3", details={"from": "llm"}),
    ]


def test_both_generations_of_tables_are_read(path: Path) -> None:
    make(path, RESPONSES, TURNS, rows=[("r1", "One", "1", "c1", "m", MOMENT)])
    connection = sqlite3.connect(str(path))
    connection.execute("INSERT INTO turns VALUES ('t1', 'c1', NULL, NULL, 'm', ?)", (MOMENT,))
    connection.execute("INSERT INTO turn_search (turn_id, prompt, response) VALUES ('t1', 'Two', '2')")
    connection.commit()
    connection.close()
    found = read(path)
    assert [(each.prompt, each.reply, each.key) for each in found] == [("One", "1", "llm-r1"), ("Two", "2", "llm-t1")]
    assert {(each.conversation, each.created, each.details["model"]) for each in found} == {
        ("llm-c1", 1600000000.25, "m")
    }


def test_an_old_log_may_lack_columns(path: Path) -> None:
    make(path, "CREATE TABLE responses (prompt TEXT, response TEXT); INSERT INTO responses VALUES ('Hi', 'Yo')")
    (found,) = read(path)
    assert (found.prompt, found.reply, found.conversation, found.created) == ("Hi", "Yo", "", None)
    assert found.key.startswith("text:")


def test_rows_without_a_word_of_the_user_are_counted_and_broken_ones_named(path: Path) -> None:
    make(
        path,
        RESPONSES,
        rows=[
            ("r1", "", "1", "c", "m", MOMENT),
            ("r2", None, "2", "c", "m", MOMENT),
            ("r3", b"\xff\xfe", "3", "c", "m", MOMENT),
            ("r4", "Four", b"\x00", "c", "m", MOMENT),
            ("r5", "Five", "5", "c", "m", "never"),
        ],
    )
    connection = sqlite3.connect(str(path))
    connection.execute("INSERT INTO responses (id, prompt) VALUES ('r6', CAST(x'62ff64' AS TEXT))")
    connection.commit()
    connection.close()
    found = read(path)
    assert [str(each) for each in found if isinstance(each, Unusable)] == [
        "row 3 of responses: its prompt is no text",
        "row 4 of responses: its response is no text",
        "row 6 of responses: its prompt is no text",
    ]
    assert [(each.prompt, each.created) for each in found if isinstance(each, Exchange)] == [("Five", None)]
    assert [each for each in found if isinstance(each, LeftOut)] == [LeftOut(WORDLESS)] * 2


def test_the_log_is_not_changed(path: Path) -> None:
    make(path, RESPONSES, rows=[("r1", "One", "1", "c", "m", MOMENT)])
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    with opened_llm_log(path) as log:
        list(log.found(Keys("f")))
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            log._connection.execute("DELETE FROM responses")
        assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


def test_it_is_read_row_by_row_and_says_how_far(path: Path) -> None:
    make(path, RESPONSES, rows=[(f"r{n}", f"Fact {n}", "1", "c", "m", MOMENT) for n in range(4)])
    with opened_llm_log(path) as log:
        found = log.found(Keys("f"))
        assert log.share() == 0
        next(found)
        assert log.share() == 0.25


def test_a_damaged_log_gives_what_can_be_read(path: Path) -> None:
    rows = [(f"r{n}", f"Fact {n} " + "x" * 500, "1", "c", "m", MOMENT) for n in range(400)]
    make(path, RESPONSES, rows=rows)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 8192] = b"\xa5" * 8192
    path.write_bytes(bytes(raw))
    *good, bad = read(path)
    assert len(good) > 50
    assert isinstance(bad, Unusable)
    assert "after" in bad.place
    assert f"sqlite3 {path} .recover" in bad.why


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("CREATE TABLE bookmarks (url TEXT)", "no log of llm: it has no table responses"),
        ("CREATE TABLE responses (text TEXT)", "no log of llm"),
        (None, "cannot be read: file is not a database"),
    ],
)
def test_another_database_is_refused(path: Path, script: Any, said: str) -> None:
    if script is None:
        path.write_bytes(b"SQLite format 3\x00" + b"no database" * 100)
    else:
        make(path, script)
    with pytest.raises(DataError, match=said):
        LlmLog(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        LlmLog(tmp_path / "none.db")


VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(st.characters(blacklist_categories=("Cs",)), max_size=5),
    st.binary(max_size=5),
)


@given(st.lists(st.tuples(VALUES, VALUES, VALUES, VALUES, VALUES, VALUES), max_size=3))
def test_any_values_are_read_or_named(rows: List[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        # Without types and keys every column holds whatever it is given.
        plain = "CREATE TABLE responses (id, prompt, response, conversation_id, model, datetime_utc, system)"
        path = make(Path(folder) / "logs.db", plain, rows=rows)
        for found in read(path):
            assert isinstance(found, (Exchange, Unusable, LeftOut))
            if isinstance(found, Exchange):
                assert found.prompt.strip() == found.prompt != ""
                assert found.key
