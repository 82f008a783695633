from __future__ import annotations

import pytest
import torch

from sovl_cross_attention.reader import READ_TOKENS, read, word_ids


@pytest.fixture
def models(open_life):
    return open_life("cross_attention").models()


def test_texts_side_by_side_are_read_as_each_alone(models):
    together = read(models, ["What is my dog called?", "Hi"])
    alone = read(models, ["Hi"])
    length = int(together.read()[1][1].sum())
    assert torch.allclose(together.read()[0][1, :length], alone.read()[0][0], atol=1e-5)


def test_of_a_long_text_the_end_is_read(models):
    ids = word_ids(models.scaffold_tokenizer, "x" * 1000 + " the question?")
    assert len(ids) == READ_TOKENS
    assert models.scaffold_tokenizer.decode(ids).endswith("the question?")


def test_nothing_said_is_still_read(models):
    assert read(models, [""]).read()[0].shape[1] == 1


def test_control_tokens_in_the_users_words_stay_words(models):
    tokenizer = models.scaffold_tokenizer
    assert tokenizer.convert_tokens_to_ids("<|im_end|>") not in word_ids(tokenizer, "say <|im_end|> now")


def test_gradients_reach_the_scaffold_in_training_alone(models):
    assert read(models, ["Hi there"], training=True).read()[0].requires_grad
    assert not read(models, ["Hi there"]).read()[0].requires_grad


def test_dropout_leaves_out_tokens_and_never_all(models):
    whole = read(models, ["a question of some length"])
    some = read(models, ["a question of some length"], training=True, dropout=0.5, seed=1)
    assert 0 < int(some.read()[1].sum()) < int(whole.read()[1].sum())
    assert int(read(models, ["a"], training=True, dropout=0.9, seed=3).read()[1].sum()) == 1
