from __future__ import annotations

import random
import re
import sqlite3
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sovl_core.error_handling import LifeDamaged, SOVLError
from sovl_core.events import Dream, Feedback
from sovl_core.journal import Journal
from sovl_core.journal_rows import clean_text

pytestmark = pytest.mark.no_torch

ROOT = Path(__file__).parents[2]
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**60), 2**60), st.floats(allow_nan=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=8,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path):
    journal = Journal(path)
    yield journal
    journal.close()


def start(script, *arguments):
    """Run Python in a process of its own that can import the project; its output is read line by line."""
    command = [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)]
    return subprocess.Popen(command, cwd=str(ROOT), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_values_are_kept_and_replaced(path):
    journal = Journal(path)
    assert journal.get_value("vitals") is None
    assert journal.get_value("vitals", default={}) == {}
    journal.set_value("vitals", {"exposure": 1})
    journal.set_value("vitals", {"exposure": 2.5, "history": [1, 2]})
    journal.close()

    journal = Journal(path, read_only=True)
    assert journal.get_value("vitals") == {"exposure": 2.5, "history": [1, 2]}
    with pytest.raises(SOVLError, match="reading only"):
        journal.set_value("vitals", {})
    journal.close()


def test_any_json_comes_back(journal):
    @settings(max_examples=100, deadline=None)
    @given(st.text(), JSON)
    def check(key, value):
        journal.set_value(key, value)
        assert journal.get_value(key) == (value if "\x00" not in key else journal.get_value(clean_text(key)))

    check()


def test_any_text_is_stored_and_can_be_printed(journal):
    surrogates = st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF)
    text = st.text(st.one_of(st.characters(), surrogates, st.just("\x00")), max_size=40)

    @settings(max_examples=100, deadline=None)
    @given(text, text, text)
    def check(prompt, reply, conversation):
        begun = journal.begin_episode(prompt, conversation, details={"note": prompt})
        journal.finish_episode(begun.id, reply)
        kept = journal.episode(begun.id)

        assert (kept.prompt, kept.reply, kept.conversation) == tuple(map(clean_text, (prompt, reply, conversation)))
        (kept.prompt + kept.reply + kept.conversation + str(kept.details)).encode("utf-8")
        assert kept in journal.episodes(conversation=conversation)

    check()


def test_broken_row_is_damage(journal, path):
    number = journal.begin_episode("hello", "c").id
    other = sqlite3.connect(str(path))
    other.execute("UPDATE episodes SET details = '{half'")
    other.commit()
    other.close()

    with pytest.raises(LifeDamaged, match=r"broken JSON.*doctor --repair"):
        journal.episode(number)


def test_damaged_value_is_damage(journal, path):
    journal.set_value("vitals", {})
    other = sqlite3.connect(str(path))
    other.execute("UPDATE state SET value = CAST(x'ff7b' AS TEXT)")
    other.commit()
    other.close()

    with pytest.raises(LifeDamaged):
        journal.get_value("vitals")


def test_what_an_episode_answers(journal):
    asked = journal.add_question("What is your dog called?", "curiosity")
    wrong = journal.begin_episode("What is my cat called?", "c")

    def answered(**details):
        return journal.answered_by(journal.begin_episode("Rex", "c", details=details))

    assert answered(question=asked.id) == asked
    assert answered(corrects=wrong.id) == wrong
    assert answered(question=asked.id, corrects=wrong.id) == asked
    assert [answered(), answered(question=99), answered(corrects=99), answered(corrects=None)] == [None] * 4


def test_eight_threads_on_one_journal(journal):
    written, failures = [], []

    def live(name):
        try:
            for number in range(15):
                begun = journal.begin_episode(f"{name} says {number}", name)
                journal.finish_episode(begun.id, f"reply {number}", confidence=0.5)
                journal.add_metric("surprise", number, episode=begun.id)
                assert journal.messages(name, turns=1)[0].content == f"{name} says {number}"
                assert journal.count_episodes() >= number + 1
                journal.search(name, limit=3)
                written.append(begun.id)
        except BaseException as failure:  # reported from the main thread, where pytest sees it
            failures.append(failure)

    threads = [threading.Thread(target=live, args=(f"thread{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert len(set(written)) == 120
    assert journal.count_episodes() == journal.count_unconsolidated() == 120
    for n in range(8):
        prompts = [episode.prompt for episode in journal.episodes(conversation=f"thread{n}")]
        assert prompts == [f"thread{n} says {number}" for number in reversed(range(15))]
    assert journal.check() == []


def test_another_process_reads_while_one_writes(path):
    journal = Journal(path)
    journal.begin_episode("before", "c")
    reader = start(
        """
        import sys
        from pathlib import Path
        from sovl_core.error_handling import SOVLError
        from sovl_core.journal import Journal

        journal = Journal(Path(sys.argv[1]), read_only=True)
        try:
            journal.begin_episode("mine", "c")
        except SOVLError:
            print("refused", flush=True)
        for line in sys.stdin:
            print(journal.count_episodes(), journal.episodes(limit=1)[0].prompt, flush=True)
        journal.close()
        """,
        path,
    )

    def ask():
        reader.stdin.write("\n")
        reader.stdin.flush()
        return reader.stdout.readline().split()

    assert reader.stdout.readline() == "refused\n"
    assert ask() == ["1", "before"]
    for number in range(2, 40):
        journal.begin_episode(f"say{number}", "c")
        if number % 10 == 0:
            assert ask() == [str(number), f"say{number}"]
    journal.close()
    assert ask() == ["39", "say39"]
    reader.communicate(timeout=60)
    assert reader.returncode == 0


def test_killed_writer_loses_nothing_that_it_was_told_is_written(path):
    writer = start(
        """
        import itertools, sys
        from pathlib import Path
        from sovl_core.journal import Journal

        journal = Journal(Path(sys.argv[1]))
        for number in itertools.count():
            begun = journal.begin_episode(f"say {number} " + "x" * (number % 7 * 900), "c")
            print("begun", begun.id, flush=True)
            journal.finish_episode(begun.id, f"reply {number}")
            print("finished", begun.id, flush=True)
        """,
        path,
    )
    printed = [writer.stdout.readline() for _ in range(301)]
    writer.kill()
    rest, _ = writer.communicate(timeout=60)
    printed += rest.splitlines(keepends=True)
    # The last line may have been cut short by the kill.
    reports = [line.split() for line in printed if line.endswith("\n")]

    reader = Journal(path, read_only=True)
    assert reader.episode(int(reports[0][1])).prompt.startswith("say 0")
    reader.close()
    journal = Journal(path)
    kept = {episode.id: episode for episode in journal.episodes(limit=None)}
    assert {int(number) for _, number in reports} <= set(kept)
    assert all(kept[int(number)].reply for what, number in reports if what == "finished")
    assert journal.count_episodes() == len(kept)
    assert journal.check() == []
    journal.begin_episode("and on it goes", "c")
    journal.close()


def live(journal, days=3):
    """A life with some of everything, so that the planner has rows and indexes to choose between."""
    for _ in range(days):
        ids = [journal.begin_episode(f"say {n}", f"c{n % 2}").id for n in range(6)]
        for number in ids[:-1]:
            journal.finish_episode(number, "reply", 0.5)
        night = journal.open_night(journal.current_night(), "command", {})
        journal.add_dreams(night, [Dream("question", "q", "a", parents=[n], verdict="accepted") for n in ids])
        journal.accept_night(night, "accepted", ids[:4], {})
        journal.supersede(ids[4], ids[5])
        journal.add_question("why", "curiosity", episode=ids[0])
        journal.add_feedback(Feedback("rating", 1.0, episode=ids[0]))
        journal.add_metric("recall", 1.0, night=night, episode=ids[0])
        journal.set_value("vitals", {})


#: What a turn and ``sovl status`` do, and whatever may run in idle time.
FREQUENT = {
    "begin_episode": lambda j: j.begin_episode("hello", "c0"),
    "finish_episode": lambda j: j.finish_episode(3, "reply", 0.5, {"tokens": 1}),
    "episode": lambda j: j.episode(3),
    "episodes": lambda j: j.episodes(limit=5),
    "episodes of a conversation": lambda j: j.episodes(limit=5, conversation="c0"),
    "page of episodes": lambda j: j.episodes(limit=5, before=9, conversation="c0"),
    "messages": lambda j: j.messages("c0", turns=3),
    "messages of a branch": lambda j: j.messages(j.branch_conversation("c0", 1), turns=3),
    "last_conversation": lambda j: j.last_conversation(),
    "unconsolidated": lambda j: j.unconsolidated(limit=5),
    "consolidated": lambda j: j.consolidated(limit=5),
    "sample_consolidated": lambda j: j.sample_consolidated(3, random.Random(0)),
    "count_episodes": lambda j: j.count_episodes(),
    "count_unconsolidated": lambda j: j.count_unconsolidated(),
    "count_consolidated": lambda j: j.count_consolidated(),
    "count_questions": lambda j: j.count_questions("queued"),
    "count_dreams": lambda j: j.count_dreams(),
    "count_nights": lambda j: j.count_nights(),
    "supersede": lambda j: j.supersede(1, 9),
    "set_learnable": lambda j: j.set_learnable(2, False, "secret"),
    "add_question": lambda j: j.add_question("why", "curiosity", episode=3),
    "questions": lambda j: j.questions(limit=5),
    "questions by status": lambda j: j.questions(status="queued", limit=5),
    "update_question": lambda j: j.update_question(1, status="asked"),
    "add_feedback": lambda j: j.add_feedback(Feedback("rating", 1.0, episode=3)),
    "feedback": lambda j: j.feedback(limit=5),
    "add_metric": lambda j: j.add_metric("recall", 1.0),
    "metrics": lambda j: j.metrics("recall", limit=5),
    "dreams": lambda j: j.dreams(limit=5),
    "dreams of a night": lambda j: j.dreams(night=1, limit=5),
    "dreams of an episode": lambda j: j.dreams(episode=3, limit=5),
    "dreams of a kind": lambda j: j.dreams(kind="question", limit=5),
    "update_dream": lambda j: j.update_dream(1, "rejected", "no"),
    "running_night": lambda j: j.running_night(),
    "night": lambda j: j.night(1),
    "nights": lambda j: j.nights(limit=5),
    "current_night": lambda j: j.current_night(),
    "get_value": lambda j: j.get_value("vitals"),
    "set_value": lambda j: j.set_value("vitals", {}),
}


def statements_of(journal, call):
    """Return the SQL that a call runs, without what triggers and the full-text index do inside it."""
    seen = []
    journal._database._connection.set_trace_callback(seen.append)
    try:
        call(journal)
    finally:
        journal._database._connection.set_trace_callback(None)
    return [sql for sql in seen if re.match("SELECT|UPDATE|INSERT|DELETE|WITH", sql) and "'episodes_search" not in sql]


def plan_of(connection, sql):
    parameters = [1] * sql.count("?")  # older Pythons report statements with their parameters left open
    return [row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + sql, parameters)]


@pytest.mark.parametrize("name", sorted(FREQUENT))
def test_nothing_that_runs_often_grows_with_the_journal(journal, name):
    live(journal)
    connection = journal._database._connection

    statements = statements_of(journal, FREQUENT[name])
    assert statements
    for sql in statements:
        for step in plan_of(connection, sql):
            assert not step.startswith("SCAN"), (sql, step)
            assert "TEMP B-TREE" not in step, (sql, step)


def test_what_triggers_do_is_indexed_too(journal):
    live(journal)
    connection = journal._database._connection
    bodies = [row[0] for row in connection.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'")]
    updates = [sql for body in bodies for sql in re.findall(r"UPDATE counters SET .*?;", body)]

    assert len(updates) >= 12
    for sql in updates:
        sql = re.sub(r"(NEW|OLD)\.status", "'asked'", re.sub(r"\(NEW.*\) - \(OLD.*\)", "1", sql))
        (step,) = plan_of(connection, sql)
        assert re.fullmatch(r"SEARCH (TABLE )?counters USING PRIMARY KEY \(name=\?\)", step)


def test_work_done_is_the_same_in_a_long_life(tmp_path):
    """Plans leave out foreign keys and triggers; the steps of SQLite's machine include them."""
    work = {}
    for days in (2, 30):
        journal = Journal(tmp_path / f"{days}.db")
        live(journal, days)
        connection = journal._database._connection
        for name, call in FREQUENT.items():
            steps = []
            connection.set_progress_handler(lambda steps=steps: steps.append(1), 1)
            call(journal)
            connection.set_progress_handler(None, 1)
            work.setdefault(name, []).append(len(steps))
        journal.close()

    grown = {name: steps for name, steps in work.items() if steps[1] > 1.25 * steps[0] + 40}
    assert grown == {}
    assert all(steps[0] > 10 for steps in work.values())


def test_dialogue_is_found_behind_thousands_of_told_lines(journal):
    connection = journal._database._connection
    for number in range(3):
        journal.finish_episode(journal.begin_episode(f"say {number}", "c").id, "reply")

    def steps_of_messages():
        steps = []
        connection.set_progress_handler(lambda: steps.append(1), 1)
        assert len(journal.messages("c", turns=2)) == 4
        connection.set_progress_handler(None, 1)
        return len(steps)

    before = steps_of_messages()
    for number in range(200):
        journal.begin_episode(f"told {number}", "c", source="tell")
    assert steps_of_messages() == before


def test_plan_check_would_notice_a_scan(journal):
    live(journal)
    connection = journal._database._connection

    assert plan_of(connection, "SELECT * FROM episodes WHERE prompt = 'x'")[0].startswith("SCAN ")
    assert "TEMP B-TREE" in " ".join(plan_of(connection, "SELECT * FROM dreams WHERE id < 9 ORDER BY writer"))


def test_importing_the_journal_loads_no_model_library():
    code = "import sys, sovl_core.journal; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], cwd=str(ROOT), check=False).returncode == 0
