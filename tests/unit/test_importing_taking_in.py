from __future__ import annotations

from pathlib import Path
from typing import Any, List

import pytest

from sovl_core.error_handling import DataError, SOVLError
from sovl_core.events import Progress
from sovl_core.importing.found import LeftOut, Unusable
from sovl_core.importing.reading import Reading
from sovl_core.importing.taking_in import AT_ONCE, take_in
from sovl_core.journal import Journal
from sovl_core.records import Exchange
from sovl_core.system_logging import ThreadSafeLogger

pytestmark = pytest.mark.no_torch


@pytest.fixture
def journal(tmp_path: Path) -> Any:
    journal = Journal(tmp_path / "journal.db")
    yield journal
    journal.close()


def facts(count: int) -> List[Any]:
    return [Exchange(f"Fact {number}", key=f"k{number}") for number in range(count)]


def test_all_is_taken_in_once_with_where_it_comes_from(journal: Any) -> None:
    found = [
        Exchange("One", "1", "a", 5.0, "k1", details={"from": "llm"}),
        Unusable("row 2", "bad"),
        LeftOut("images"),
        Exchange("Three", key="k3"),
        LeftOut("images", 2),
    ]
    report = take_in(journal, Reading("/home/logs.db", "llm", found), "here")
    assert (report.new, report.known, report.conversations, report.unusable) == (2, 0, 2, 1)
    assert report.quoted == [Unusable("row 2", "bad")]
    assert report.left_out == {"images": 3}
    three, one = journal.episodes()
    assert (one.conversation, one.created, one.details) == ("a", 5.0, {"from": "llm", "file": "logs.db"})
    assert three.conversation == "here"
    again = take_in(journal, Reading("/home/logs.db", "llm", found), "here")
    assert (again.new, again.known) == (0, 2)
    assert journal.count_episodes() == 2


def test_plain_lines_are_told_without_a_word_about_their_file(journal: Any) -> None:
    take_in(journal, Reading("notes.txt", "lines", [Exchange("One", source="tell")]), "here")
    (one,) = journal.episodes()
    assert (one.source, one.conversation, one.details) == ("tell", "here", {})


def test_progress_is_told_while_it_is_long(journal: Any) -> None:
    told: List[Progress] = []
    reading = Reading("f", "pairs", facts(2 * AT_ONCE + 1), lambda: 0.4)
    take_in(journal, reading, "here", progress=told.append)
    assert [(each.stage, each.step, each.total, each.detail) for each in told] == [
        ("taking in", 40, 100, f"{AT_ONCE} so far"),
        ("taking in", 40, 100, f"{2 * AT_ONCE} so far"),
    ]
    assert journal.count_episodes() == 2 * AT_ONCE + 1


def test_what_cannot_be_used_is_in_the_log_in_full(journal: Any, tmp_path: Path) -> None:
    logger = ThreadSafeLogger(tmp_path / "log.jsonl")
    found = [*(Unusable(f"line {number}", "bad") for number in range(8)), Exchange("One")]
    report = take_in(journal, Reading("f", "pairs", found), "here", logger)
    assert (report.unusable, len(report.quoted)) == (8, 5)
    entries = logger.read()
    assert [entry["place"] for entry in entries if entry["event"] == "bad_import"] == [
        f"line {number}" for number in range(8)
    ]
    assert [(entry["new"], entry["unusable"]) for entry in entries if entry["event"] == "taken_in"] == [(1, 8)]


@pytest.mark.parametrize(("form", "hint"), [("pairs", '"prompt": '), ("chatgpt", "--format NAME")])
def test_a_file_with_nothing_to_remember_is_bad_input(journal: Any, form: str, hint: str) -> None:
    found = [Unusable(f"line {number}", "bad") for number in range(1, 8)]
    with pytest.raises(
        DataError, match=r"f: there is nothing in it to remember: line 1: bad; .*line 5: bad; and 2 more"
    ):
        take_in(journal, Reading("f", form, found), "here")
    with pytest.raises(DataError, match=hint):
        take_in(journal, Reading("f", form, []), "here")


def test_when_writing_fails_what_is_in_stays_and_is_not_taken_in_again(journal: Any, mocker: Any) -> None:
    write = journal.take_in
    mocker.patch.object(
        journal, "take_in", side_effect=[write(facts(AT_ONCE)[:1]), SOVLError("disk full", "Free some")]
    )
    with pytest.raises(SOVLError, match="1 from f are in the journal, then this failed: disk full") as failed:
        take_in(journal, Reading("f", "pairs", facts(AT_ONCE + 1)), "here")
    assert failed.value.hint == "Free some. Then type the same again: nothing is taken in twice"
    mocker.stopall()
    assert take_in(journal, Reading("f", "pairs", facts(AT_ONCE + 1)), "here").known == 1
