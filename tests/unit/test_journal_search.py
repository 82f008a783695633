from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core import journal_search
from sovl_core.journal import Journal

pytestmark = pytest.mark.no_torch


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.db"


@pytest.fixture(params=["full text", "comparison"])
def journal(request, path, mocker):
    if request.param == "comparison":
        mocker.patch.object(journal_search, "has_fts5", return_value=False)
    elif not journal_search.has_fts5(sqlite3.connect(":memory:")):
        pytest.skip("this SQLite has no FTS5")
    journal = Journal(path)
    assert journal._database.has_search_index == (request.param == "full text")
    yield journal
    journal.close()


def say(journal, prompt, reply=""):
    number = journal.begin_episode(prompt, "c").id
    if reply:
        journal.finish_episode(number, reply)
    return number


def found(journal, text, limit=20):
    return {episode.id for episode in journal.search(text, limit)}


def test_every_word_must_occur_in_prompt_or_reply(journal):
    dog = say(journal, "My dog is called Bruno", "A fine name!")
    cat = say(journal, "My cat is called Minka", "Does she like the dog?")

    assert found(journal, "called") == {dog, cat}
    assert found(journal, "dog") == {dog, cat}
    assert found(journal, "dog minka") == {cat}
    assert found(journal, "BRUNO fine") == {dog}
    assert found(journal, "rabbit") == set()
    assert found(journal, "  ") == set()


def test_one_of_the_words_may_be_enough(journal):
    dog = say(journal, "My dog is called Bruno")
    cat = say(journal, "My cat is called Minka")
    say(journal, "It rains")

    def ranked(text):
        return [episode.id for episode in journal.search(text, any_word=True)]

    assert ranked("What was the dog called, Bruno?") == [dog, cat]
    assert ranked("minka OR rabbit") == [cat]
    assert ranked("rabbit") == ranked(" ") == []
    assert len(journal.search("called", 1, any_word=True)) == 1


def test_last_word_may_be_unfinished(journal):
    number = say(journal, "The greenhouse is heated")

    assert found(journal, "greenh") == {number}


def test_words_of_scripts_without_spaces(journal):
    number = say(journal, "私の犬の名前はポチです")
    say(journal, "私の猫")

    assert found(journal, "ポチ") == {number}


def test_query_syntax_is_plain_text(journal):
    say(journal, "no OR yes")
    percent = say(journal, "100% sure_thing, 'quoted' \"twice\" back\\slash")

    assert found(journal, "sure AND thing") == set()
    assert found(journal, "100%") == {percent}
    assert found(journal, "prompt:100") == set()
    assert found(journal, "NEAR(no yes)") == set()
    assert found(journal, "'quoted' \"twice\"") == {percent}
    assert found(journal, "%") == {percent}
    assert found(journal, "back\\") == {percent}


def test_changes_are_followed(journal):
    number = say(journal, "weather", "sunny")
    journal.finish_episode(number, "rainy")
    assert (found(journal, "sunny"), found(journal, "rainy")) == (set(), {number})

    journal.forget_episodes([number])
    assert found(journal, "weather") == set()
    assert journal.check() == []


def test_limit(journal):
    for _ in range(5):
        say(journal, "again and again")

    assert len(journal.search("again", limit=3)) == 3


def test_life_goes_through_a_machine_without_fts5_and_back(path, mocker):
    journal = Journal(path)
    first = say(journal, "before")
    journal.close()

    absent = mocker.patch.object(journal_search, "has_fts5", return_value=False)
    journal = Journal(path)
    second = say(journal, "during")
    with journal._database.read() as connection:  # what would call FTS5 when an episode is written
        triggers = connection.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    assert not any("episodes_search" in row["sql"] for row in triggers)
    assert found(journal, "during") == {second}
    journal.close()

    mocker.stop(absent)
    journal = Journal(path)
    assert journal._database.has_search_index
    assert (found(journal, "before"), found(journal, "during")) == ({first}, {second})
    journal.close()


def test_reader_uses_the_index_only_when_it_is_kept_up_to_date(path, mocker):
    absent = mocker.patch.object(journal_search, "has_fts5", return_value=False)
    journal = Journal(path)
    number = say(journal, "only compared")
    mocker.stop(absent)

    reader = Journal(path, read_only=True)
    assert not reader._database.has_search_index
    assert found(reader, "compared") == {number}
    reader.close()
    journal.close()


def test_no_query_is_an_error(tmp_path):
    journal = Journal(tmp_path / "journal.db")
    say(journal, "something")

    @given(st.text(st.one_of(st.characters(), st.sampled_from("\"'*^-+():{}%_\\ \x00\ud800")), max_size=200))
    def check(text):
        journal.search(text)

    check()
    journal.close()
