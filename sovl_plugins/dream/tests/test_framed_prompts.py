"""Framed prompts: every frame, nothing of anybody's, none twice."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from sovl_core.records import Episode
from sovl_dream.framed_prompts import CLAUSES, CUES, WORDS, framed_prompts
from sovl_dream.lexicon import CLAUSE_FRAMES, CUE_FRAMES
from sovl_dream.memories import statements_in

pytestmark = pytest.mark.no_torch

ALL = framed_prompts(100_000, random.Random(0))


def test_every_frame_comes_as_often_as_any_other():
    prompts = framed_prompts(48, random.Random(1))
    assert len(set(prompts)) == 48
    clauses = [clause for clause in CLAUSES for prompt in prompts if clause in prompt]
    frames = Counter(
        frame for frame in CLAUSE_FRAMES for prompt in prompts for c in CLAUSES if prompt == frame.format(c=c)
    )
    assert len(clauses) >= 36
    assert len(frames) == len(CLAUSE_FRAMES)
    assert set(frames.values()) == {2}


def test_there_are_no_more_than_there_are_and_none_comes_twice():
    assert len(ALL) == len(set(ALL)) == len(CLAUSE_FRAMES) * len(CLAUSES) + len(CUES) * len(WORDS)


def test_frames_for_bare_words_are_those_of_memories():
    assert set(CUES) < set(CUE_FRAMES)


def test_the_same_seed_words_the_same():
    assert framed_prompts(9, random.Random(3)) == framed_prompts(9, random.Random(3))
    assert framed_prompts(9, random.Random(3)) != framed_prompts(9, random.Random(4))


@pytest.mark.parametrize("matter", [*CLAUSES, *WORDS])
def test_nothing_is_asked_of_the_users_own(matter):
    words = matter.lower().split()
    assert not {"my", "mine", "our", "your", "me"}.intersection(words)


def test_nothing_is_told():
    told = [s.text for prompt in ALL for s in statements_in(Episode(1, "c", prompt))]
    assert told == []
