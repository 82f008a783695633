"""Memories that nobody has, told as tonight's are."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.data_processing import Example, collate, tokenize_and_map
from sovl_core.events import Dream
from sovl_recall.invention import how_many, invent, invented

DREAMS = [
    Dream("question", "who is my dog", "your dog is called rex", [1], answer="rex"),
    Dream("background", "tell me about tea", "tea is tea", answer="tea"),
    Dream("question", "what likes tea", "the cat likes tea", [2], answer="cat"),
    Dream("question", "what is in graz", "the cat lives in graz", [3], answer="graz"),
]
TELLING = {1: ("my dog is called rex", "your dog is called rex"), 2: ("the cat likes tea", "the cat likes tea")}
PROMPTS = ["tell me about tea"]


@pytest.fixture
def batch(models):
    examples = [Example(d.prompt, d.completion, d.kind, weight=0.5, dream=d) for d in DREAMS]
    return collate(tokenize_and_map(models.base_tokenizer, examples), 0)


def added(models, batch, count, telling=TELLING.get, prompts=PROMPTS, seed=0):
    found, memories = invent(batch, models, telling, prompts, count, random.Random(seed), "")
    return found, found.examples[len(DREAMS) :], memories


def test_examples_of_invented_memories_stand_behind_a_batchs_own(models, batch):
    found, examples, memories = added(models, batch, 9)
    assert found.encoded[: len(DREAMS)] == batch.encoded
    assert len(examples) == len(memories) == 2
    for example, memory in zip(examples, memories):
        dream = example.dream
        assert dream.parents[0] in TELLING
        before, after = dream.completion.split(dream.answer)
        other = example.completion[len(before) : len(example.completion) - len(after)]
        assert example.completion == before + other + after
        assert other not in ("", dream.answer)
        assert memory.example.prompt == TELLING[dream.parents[0]][0]
        assert memory.example.completion == TELLING[dream.parents[0]][1].replace(dream.answer, other)
        assert (example.prompt, example.weight) == (PROMPTS[0], 0.5)


def test_no_more_are_added_than_wanted(models, batch):
    _, examples, memories = added(models, batch, 1)
    assert len(examples) == len(memories) == 1


def test_each_time_something_else_is_invented_and_chance_follows_from_the_seed(models, batch):
    said = [[example.completion for example in added(models, batch, 2, seed=seed)[1]] for seed in (1, 1, 2, 3)]
    assert said[0] == said[1]
    assert len({text for one in said for text in one}) == 6


@pytest.mark.parametrize(
    ("telling", "prompts", "count"),
    [(lambda memory: None, PROMPTS, 4), (TELLING.get, [], 4), (TELLING.get, PROMPTS, 0)],
)
def test_where_there_is_nothing_to_invent_the_batch_stays(models, batch, telling, prompts, count):
    found, _, memories = added(models, batch, count, telling, prompts)
    assert found is batch
    assert memories == []


def test_a_memory_told_without_its_answer_is_no_pattern(models, batch):
    assert added(models, batch, 4, {1: ("my dog", "your dog"), 2: TELLING[2]}.get)[1][0].dream is DREAMS[2]


@pytest.mark.parametrize(
    "text", ["Doctor Halloran", "8830", "heron-4471", "06:40", "the ninth of May", "Tromsø", "BBC"]
)
def test_what_is_invented_has_the_shape_of_what_is_told(text):
    other = invented(text, random.Random(5))
    assert other != text
    assert re.sub(r"[^\W\d_]+", "w", other) == re.sub(r"[^\W\d_]+", "w", re.sub(r"\d", "0", text)) or any(
        c.isdigit() for c in text
    )
    assert [c.isupper() for c in re.findall(r"\b\w", other)] == [c.isupper() for c in re.findall(r"\b\w", text)]


@given(st.text(max_size=40), st.integers(0, 2**32))
def test_marks_and_digits_stay_where_they_were(text, seed):
    other = invented(text, random.Random(seed))

    def shape(said):
        return re.sub(r"[^\W\d_]+", "w", re.sub(r"\d", "0", said))

    assert shape(other) == shape(text)


@pytest.mark.parametrize(
    ("most", "memories", "wanted"),
    [(4, 1, 4), (4, 6, 4), (4, 8, 3), (4, 12, 2), (4, 23, 2), (4, 24, 0), (4, 500, 0), (9, 1, 9), (0, 6, 0), (4, 0, 4)],
)
def test_the_more_of_its_own_a_night_has_the_fewer_are_invented(most, memories, wanted):
    assert how_many(most, memories) == wanted
