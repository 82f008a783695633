"""Background dreams: the base's own answers to what has nothing to do with any memory."""

from __future__ import annotations

import random

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from sovl_core.events import DreamRequest
from sovl_core.models import Models
from sovl_dream import batch_generation
from sovl_dream.background import background_dreams, kept_dreams
from sovl_dream.batch_generation import greedy_answers
from sovl_dream.everyday_prompts import EVERYDAY
from sovl_dream.settings import DreamSettings

SETTINGS = DreamSettings(sampled_background=0.0, framed_background=0.0, background_tokens=6)


@pytest.fixture
def models(tiny_base):
    return Models(AutoModelForCausalLM.from_pretrained(tiny_base), AutoTokenizer.from_pretrained(tiny_base))


def dreamt(models, count, settings=SETTINGS, seed=0):
    request = DreamRequest(background=count, rng=random.Random(seed))
    return background_dreams(request, models, "", settings, lambda: None)


def test_answers_are_the_bases_own_and_it_stays_bit_for_bit(models):
    before = {name: tensor.clone() for name, tensor in models.base.state_dict().items()}
    dreams = dreamt(models, 6)
    assert dreams
    prompts = [entry.prompt for entry in dreams]
    assert [entry.completion for entry in dreams] == greedy_answers(models, prompts, 6, "", lambda: None)
    assert all(torch.equal(tensor, before[name]) for name, tensor in models.base.state_dict().items())
    assert {(entry.kind, entry.writer, entry.answer) for entry in dreams} == {("background", "base", "")}
    assert all(entry.prompt in EVERYDAY and entry.parents == [] for entry in dreams)


@pytest.mark.parametrize(("count", "held_out"), [(1, 0), (2, 1), (6, 3), (8, 4), (20, 4), (60, 10)])
def test_a_sixth_at_least_four_and_at_most_half_is_held_out(models, monkeypatch, count, held_out):
    monkeypatch.setattr(batch_generation, "greedy_answers", lambda models, prompts, *_: ["Yes."] * len(prompts))
    dreams = dreamt(models, count)
    assert len(dreams) == count
    assert sum(entry.held_out for entry in dreams) == held_out


def test_prompts_without_an_answer_are_left_out(models, monkeypatch):
    answers = ["", "Yes.", ""]
    monkeypatch.setattr(batch_generation, "greedy_answers", lambda models, prompts, *_: answers[: len(prompts)])
    assert [entry.completion for entry in dreamt(models, 3)] == ["Yes."]


def test_a_share_is_made_up_by_the_base(models, monkeypatch):
    wanted = []

    def made_up(models, count, *_):
        wanted.append(count)
        return ["What do whales dream of?", EVERYDAY[0]]

    monkeypatch.setattr(batch_generation, "sampled_prompts", made_up)
    monkeypatch.setattr(batch_generation, "greedy_answers", lambda models, prompts, *_: ["Yes."] * len(prompts))
    prompts = [entry.prompt for entry in dreamt(models, 8, DreamSettings(sampled_background=0.25))]
    assert wanted == [2]
    assert "What do whales dream of?" in prompts
    assert len(set(prompts)) == len(prompts) == 8


def test_a_share_is_worded_as_memories_are_asked_for(models, monkeypatch):
    monkeypatch.setattr(batch_generation, "greedy_answers", lambda models, prompts, *_: ["Yes."] * len(prompts))
    settings = DreamSettings(sampled_background=0.0, framed_background=0.5)
    prompts = {entry.prompt for entry in dreamt(models, 40, settings)}
    assert len(prompts) == 40
    assert len(prompts.difference(EVERYDAY)) == 20


def test_the_same_seed_dreams_the_same(models):
    assert dreamt(models, 4, seed=3) == dreamt(models, 4, seed=3)
    assert [entry.prompt for entry in dreamt(models, 4, seed=3)] != [
        entry.prompt for entry in dreamt(models, 4, seed=4)
    ]


def test_what_is_kept_may_be_of_another_kind_and_its_progress_is_told(models, monkeypatch):
    monkeypatch.setattr(batch_generation, "BATCH", 2)
    told, asked = [], [f"Where is my {thing}?" for thing in ("hat", "boat", "ring", "gate", "cake")]
    dreams = kept_dreams("contrast", asked, models, "", SETTINGS, lambda: None, lambda *how_far: told.append(how_far))
    answers = greedy_answers(models, asked, 6, "", lambda: None)
    expected = [(prompt, answer) for prompt, answer in zip(asked, answers) if answer]
    assert [(entry.prompt, entry.completion) for entry in dreams] == expected
    assert {(entry.kind, entry.writer, entry.answer) for entry in dreams} == {("contrast", "base", "")}
    # The first ones are held out: whoever hands them over has mixed them.
    assert [entry.held_out for entry in dreams] == [index < len(dreams) // 2 for index in range(len(dreams))]
    assert (told[0], told[-1]) == ((0, 5), (5, 5))


def test_without_prompts_nothing_is_kept(models):
    assert kept_dreams("contrast", [], models, "", SETTINGS, lambda: None, lambda *how_far: None) == []
