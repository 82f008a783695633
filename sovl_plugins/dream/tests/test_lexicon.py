"""The word lists: patterns that compile, templates that can be filled."""

from __future__ import annotations

import re
import string

import pytest

from sovl_dream import lexicon

pytestmark = pytest.mark.no_torch


def slots(template):
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


@pytest.mark.parametrize(("pattern", "templates"), lexicon.RELATIONS)
def test_relations(pattern, templates):
    re.compile(pattern)
    assert len(set(templates)) == len(templates)
    for template in templates:
        assert slots(template) <= set("pnxtwvomk")
        assert template.endswith(("?", "."))


@pytest.mark.parametrize(("pattern", "templates"), lexicon.RELATIONS)
def test_alternatives_are_bounded_as_a_whole(pattern, templates):
    # "\bflight|train\b" would find "train" at the end of any word: alternatives stand in a group, or begin a word.
    outside, before = pattern, ""
    while outside != before:
        before, outside = outside, re.sub(r"\([^()]*\)", "", outside)
    for alternative in outside.split("|"):
        assert alternative.startswith((r"\b", "^")), alternative


@pytest.mark.parametrize(("pattern", "replacements"), lexicon.SYNONYMS)
def test_synonyms_say_something_else(pattern, replacements):
    for replacement in replacements:
        assert re.search(pattern, replacement) is None
        assert re.compile(pattern).groups >= replacement.count("\\")


def test_frames_hold_one_slot_and_do_not_repeat():
    assert {frozenset(slots(frame)) for frame in lexicon.CUE_FRAMES} == {frozenset("w")}
    assert {frozenset(slots(frame)) for frame in lexicon.CLAUSE_FRAMES} == {frozenset("c")}
    for frames in (lexicon.CUE_FRAMES, lexicon.CLAUSE_FRAMES):
        assert len(set(frames)) == len(frames)


def test_cues_ask_in_the_words_of_questions_too():
    # Otherwise "What is my ..." leads to a memory by itself, and bare words alone to what they are about.
    asking = {frame for frame in lexicon.CUE_FRAMES if frame.endswith(("{w}?", "{w} do I have?"))}
    assert {"What is my {w}?", "Who is my {w}?", "What is the name of my {w}?", "Which {w} do I have?"} <= asking


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        (lexicon.ORDINAL, "3rd", True),
        (lexicon.ORDINAL, "fourteenth", True),
        (lexicon.ORDINAL, "twentieth", True),
        (lexicon.ORDINAL, "3", False),
        (lexicon.MONTH, "may", True),
        (lexicon.DAY, "sunday", True),
        (lexicon.PEOPLE, "sister", True),
        (lexicon.PEOPLE, "dog", False),
        (f"my sister{lexicon.IS_SOMEBODY}.*", "my sister's name is orla", True),
        (f"my sister{lexicon.IS_SOMEBODY}.*", "my sister is called orla", True),
        (f"my sister{lexicon.IS_SOMEBODY}.*", "my sister is in cork", False),
    ],
)
def test_word_classes(pattern, text, fits):
    assert bool(re.fullmatch(f"(?:{pattern})", text)) is fits


def test_function_words_lead_nowhere_and_content_words_are_not_among_them():
    assert {"my", "is", "called", "last"} <= lexicon.FUNCTION_WORDS
    assert not {"dog", "key", "home"} & lexicon.FUNCTION_WORDS
    assert all(word == word.lower() for word in lexicon.FUNCTION_WORDS)
