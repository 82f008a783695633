"""Whose words a turn holds: tables of turns, two that the rules were written by and one that they were not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.records import Episode
from sovl_dream.memories import statements_in
from sovl_dream.own_words import all_own, own_sentences
from sovl_dream.pasted import PASTED
from sovl_dream.quotations import MARK, OPEN

pytestmark = pytest.mark.no_torch

DATA = Path(__file__).parent / "data"


def rows(name, honest):
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    return [(row["turn"], row["learned"]) for row in found if (row["kind"] == "honest") is honest]


def learned(turn):
    return [statement.text for statement in statements_in(Episode(1, "c", turn))]


@pytest.mark.parametrize("name", ["own_words.jsonl", "own_words_held_out.jsonl", "own_words_everyday.jsonl"])
def test_the_tables_are_large_enough_to_say_something(name):
    least = 60 if name == "own_words.jsonl" else 30
    assert len(rows(name, honest=True)) >= least
    assert len(rows(name, honest=False)) >= least


@pytest.mark.parametrize(
    ("turn", "own"), rows("own_words.jsonl", honest=False) + rows("own_words_held_out.jsonl", honest=False)
)
def test_nothing_is_learned_that_the_user_did_not_say_as_themselves(turn, own):
    assert [text for text in learned(turn) if not any(each in text for each in own)] == []


@pytest.mark.parametrize(
    ("turn", "told"), rows("own_words.jsonl", honest=True) + rows("own_words_held_out.jsonl", honest=True)
)
def test_what_the_user_says_as_themselves_is_learned(turn, told):
    texts = learned(turn)
    assert [each for each in told if not any(each in text for text in texts)] == []


def test_a_broad_table_of_everyday_turns():
    """Quotes of every style, pastes of chat programs, jokes taken back, hypotheses; and what only looks like them."""
    wrong, missed = [], []
    for turn, own in rows("own_words_everyday.jsonl", honest=False):
        wrong += [(turn, text) for text in learned(turn) if not any(each in text for each in own)]
    for turn, told in rows("own_words_everyday.jsonl", honest=True):
        texts = learned(turn)
        missed += [(turn, each) for each in told if not any(each in text for text in texts)]
    assert wrong == []
    assert missed == []


def test_quotations_come_back_where_they_stood():
    assert own_sentences('My cat is called "Tom". My motto is «never give up».') == [
        'My cat is called "Tom".',
        "My motto is «never give up».",
    ]


def test_after_what_has_an_end_of_its_own_the_user_speaks_again():
    assert own_sentences('She wrote: "I am late." My cat is red.') == ["My cat is red."]
    assert own_sentences("Translate this:\n> I am late.\n\nMy cat is red.") == ["My cat is red."]
    assert own_sentences("She wrote: I am late. My cat is red.") == []


def test_a_report_is_learned_whole_or_not_at_all():
    (text,) = learned("My colleague told me that her cat is ill and my car is red.")
    assert text.startswith("My colleague told me")


@pytest.mark.parametrize(
    ("turn", "own"),
    [("Biscuit.", True), ("My dog is called Rex.", True), ('He said "I am Rex".', False), ("> Rex", False), ("", True)],
)
def test_turns_that_are_wholly_the_users(turn, own):
    assert all_own(turn) is own


@given(st.one_of(st.text(), st.text(st.sampled_from("My dog is Rex.\n\"'“”‘’«»>`~-=#|:<>[]{}, \ue000\ue001\ue002"))))
def test_any_turn_is_taken_apart_and_no_mark_is_left(turn):
    for statement in statements_in(Episode(1, "c", turn)):
        assert not {MARK, OPEN, PASTED}.intersection(statement.text + statement.complement)


@pytest.mark.parametrize("piece", ["'a ", '"a ', "Best,\n", "---\n", "Hi X\nBest\nAnn\n", "> ", "a,b\n", "<p>\n", "“"])
def test_a_hundred_thousand_characters_are_taken_apart_piece_by_piece(piece):
    # Quadratic rules, or recursion, would not come to an end here.
    assert all(len(sentence) <= 100_000 for sentence in own_sentences(piece * (100_000 // len(piece))))


@pytest.mark.parametrize("line_break", ["\r", "\r\n", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"])
def test_lines_end_as_other_programs_end_them(line_break):
    assert own_sentences(line_break.join(["From: a@b.c", "Subject: hello", "My dog is called Rex."])) == []


@pytest.mark.parametrize(
    "mark", ["\u200b> ", "\ufeff```\n", "\u2060[12:03] bob: ", "＞ ", "│ ", "<\u200b|im_start|>user\n"]
)
def test_marks_that_are_not_seen_or_look_alike_do_not_hide_what_was_pasted(mark):
    assert own_sentences(f"{mark}My dog is called Rex.") == []
