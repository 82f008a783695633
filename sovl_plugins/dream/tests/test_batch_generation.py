"""Many texts at once: neither padding nor a beginning read once changes what the base says."""

from __future__ import annotations

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from sovl_core.data_processing import encode_chat
from sovl_core.models import Models
from sovl_core.records import Message
from sovl_dream import batch_generation
from sovl_dream.batch_generation import greedy_answers, greedy_continuations, sampled_prompts

PROMPTS = ["Hello!", "What is the largest planet of them all?", "Why?"]
TOKENS = 8


@pytest.fixture
def models(tiny_base):
    return Models(AutoModelForCausalLM.from_pretrained(tiny_base), AutoTokenizer.from_pretrained(tiny_base))


class Breaths:
    def __init__(self):
        self.count = 0

    def __call__(self):
        self.count += 1


def rows_of(models, prompts, system=""):
    return [encode_chat(models.base_tokenizer, [Message("user", prompt)], system) for prompt in prompts]


def alone(models, row):
    """Return what ``generate`` makes of one row by itself, with nothing padded."""
    ids = torch.tensor([row])
    output = models.base.generate(
        input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=TOKENS, do_sample=False
    )
    return models.base_tokenizer.decode(output[0, len(row) :], skip_special_tokens=True)


def test_padding_changes_nothing(models):
    expected = [alone(models, row).strip() for row in rows_of(models, PROMPTS)]
    assert any(expected)
    assert greedy_answers(models, PROMPTS, TOKENS, "", Breaths()) == expected


def test_a_beginning_in_common_changes_nothing(models):
    rows = rows_of(models, PROMPTS, "You are an old friend of the user's and answer in one sentence.")
    assert batch_generation._common_length(rows) > 20
    assert greedy_continuations(models, rows, TOKENS, Breaths()) == [alone(models, row) for row in rows]


def test_rows_without_a_beginning_in_common(models):
    rows = [[5, 6, 7], [8, 9], [10, 11, 12, 13]]
    assert batch_generation._common_length(rows) == 0
    assert greedy_continuations(models, rows, TOKENS, Breaths()) == [alone(models, row) for row in rows]


def test_one_row_and_equal_rows_and_none(models):
    row = rows_of(models, PROMPTS[:1])[0]
    expected = alone(models, row)
    assert greedy_continuations(models, [row], TOKENS, Breaths()) == [expected]
    assert greedy_continuations(models, [row, row], TOKENS, Breaths()) == [expected, expected]
    assert greedy_continuations(models, [], TOKENS, Breaths()) == []
    assert greedy_answers(models, [], TOKENS, "", Breaths()) == []


@pytest.mark.parametrize(
    ("rows", "length"),
    [([[1, 2, 3]], 2), ([[1, 2, 3], [1, 2, 4]], 2), ([[1, 2], [1, 2, 3]], 1), ([[1], [1]], 0), ([[1, 2], [3, 2]], 0)],
)
def test_at_least_one_id_of_each_row_is_left_to_read(rows, length):
    assert batch_generation._common_length(rows) == length


def test_more_rows_than_a_batch_stay_in_order_and_breathe_in_between(models, monkeypatch):
    monkeypatch.setattr(batch_generation, "BATCH", 2)
    rows = rows_of(models, [*PROMPTS, "Good night to you and yours!", "No"])
    expected = [alone(models, row) for row in rows]
    breaths, written = Breaths(), []
    assert greedy_continuations(models, rows, TOKENS, breaths, written.append) == expected
    assert breaths.count == 3
    assert written == [2, 4, 5]


def test_what_is_written_is_counted(models, monkeypatch):
    monkeypatch.setattr(batch_generation, "BATCH", 2)
    written = []
    greedy_answers(models, PROMPTS, 2, "", Breaths(), written.append)
    assert written == [2, 3]
    written.clear()
    sampled_prompts(models, 5, 0, "", Breaths(), written.append, max_new_tokens=2)
    assert written == [2, 4, 5]


def test_an_answer_ends_where_the_base_ends_it(models):
    row = rows_of(models, ["Hello!"])[0]
    ids = torch.tensor([row])
    output = models.base.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=TOKENS, do_sample=False)
    third = int(output[0, len(row) + 2])
    said = output[0, len(row) :].tolist()
    models.base.generation_config.eos_token_id = third
    expected = models.base_tokenizer.decode(said[: said.index(third)], skip_special_tokens=True)
    text, ended = batch_generation._generate(models, [row], TOKENS)[0]
    assert ended
    assert text == expected


def test_sampled_prompts_follow_their_seed_and_leave_the_generator_alone(models, monkeypatch):
    texts = iter([("one", True), (" one ", True), ("cut", False), (" ", True), ("two", True)])
    monkeypatch.setattr(batch_generation, "_generate", lambda models, rows, *_, **__: [next(texts) for _ in rows])
    assert sampled_prompts(models, 5, 0, "", Breaths()) == ["one", "two"]
    monkeypatch.undo()

    monkeypatch.setattr(batch_generation, "end_ids", lambda models: set(range(3, 200)))
    before = torch.random.get_rng_state()
    first = sampled_prompts(models, 6, 1, "", Breaths())
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.rand(3)
    assert sampled_prompts(models, 6, 1, "", Breaths()) == first
    assert len(first) <= 6


def test_the_base_stays_as_it_is(models):
    before = {name: tensor.clone() for name, tensor in models.base.state_dict().items()}
    greedy_answers(models, PROMPTS, TOKENS, "", Breaths())
    sampled_prompts(models, 2, 0, "", Breaths(), max_new_tokens=4)
    assert all(torch.equal(tensor, before[name]) for name, tensor in models.base.state_dict().items())
