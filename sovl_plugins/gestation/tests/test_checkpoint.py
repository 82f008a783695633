from __future__ import annotations

import json
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sovl_gestation.checkpoint import PROGRESS, Checkpoint, load_checkpoint, save_checkpoint


def state(fill=1.0):
    return {
        "scaffold": {"layers.0.lora_A|x": torch.full((2, 3), fill), "b": torch.arange(4, dtype=torch.bfloat16)},
        "cross_attention": {"gate": torch.tensor(fill)},
    }


def assert_same(found, expected):
    assert {name: set(tensors) for name, tensors in found.items()} == {n: set(t) for n, t in expected.items()}
    for name, tensors in expected.items():
        for key, tensor in tensors.items():
            assert found[name][key].dtype == tensor.dtype
            assert torch.equal(found[name][key], tensor)


def test_what_was_saved_comes_back(tmp_path):
    save_checkpoint(tmp_path / "night", Checkpoint(7, state()))
    found = load_checkpoint(tmp_path / "night")
    assert found.step == 7
    assert_same(found.weights, state())


def test_what_the_optimizer_remembers_and_how_far_it_came_come_back_too(tmp_path):
    moments = {"scaffold": {"b|c": {"exp_avg": torch.ones(4), "step": torch.tensor(3.0)}}}
    given = Checkpoint(9, state(), moments, skipped=2, tokens=80, loss=0.5, known=[True, False], prompts_frozen=True)
    save_checkpoint(tmp_path, given)
    found = load_checkpoint(tmp_path)
    assert (found.skipped, found.tokens, found.loss, found.known, found.prompts_frozen) == (
        2,
        80,
        0.5,
        [True, False],
        True,
    )
    assert_same(found.weights, state())
    assert_same(found.moments["scaffold"], moments["scaffold"])


def test_before_the_first_step_there_is_no_loss(tmp_path):
    save_checkpoint(tmp_path, Checkpoint(0, state()))
    found = load_checkpoint(tmp_path)
    assert math.isnan(found.loss)
    assert (found.moments, found.known, found.prompts_frozen) == ({}, [], None)


def test_tensors_that_are_views_are_saved_too(tmp_path):
    turned = torch.arange(6.0).reshape(2, 3).t()
    save_checkpoint(tmp_path, Checkpoint(1, {"a": {"w": turned}}))
    assert torch.equal(load_checkpoint(tmp_path).weights["a"]["w"], turned)


def test_an_older_one_is_replaced(tmp_path):
    save_checkpoint(tmp_path, Checkpoint(5, state(1.0)))
    save_checkpoint(tmp_path, Checkpoint(10, state(2.0)))
    found = load_checkpoint(tmp_path)
    assert found.step == 10
    assert_same(found.weights, state(2.0))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["000010-checkpoint.safetensors", PROGRESS]


def test_the_same_step_may_be_saved_twice(tmp_path):
    save_checkpoint(tmp_path, Checkpoint(5, state(1.0)))
    save_checkpoint(tmp_path, Checkpoint(5, state(2.0)))
    assert_same(load_checkpoint(tmp_path).weights, state(2.0))


def test_the_one_before_holds_until_the_new_one_is_whole(tmp_path, mocker):
    save_checkpoint(tmp_path, Checkpoint(5, state(1.0)))
    mocker.patch("sovl_core.durable.os.replace", side_effect=OSError("no space"))
    with pytest.raises(OSError, match="no space"):
        save_checkpoint(tmp_path, Checkpoint(10, state(2.0)))
    found = load_checkpoint(tmp_path)
    assert found.step == 5
    assert_same(found.weights, state(1.0))


def test_none_was_saved(tmp_path):
    assert load_checkpoint(tmp_path) is None
    assert load_checkpoint(tmp_path / "nowhere") is None


@pytest.mark.parametrize("progress", ["", "{", "[]", "{}", '{"step": 3}', '{"tensors": "x", "step": 3}'])
def test_damaged_progress_is_no_checkpoint(tmp_path, progress):
    save_checkpoint(tmp_path, Checkpoint(5, state()))
    (tmp_path / PROGRESS).write_text(progress, encoding="utf-8")
    assert load_checkpoint(tmp_path) is None


def test_damaged_weights_are_no_checkpoint(tmp_path):
    save_checkpoint(tmp_path, Checkpoint(5, state()))
    weights = tmp_path / json.loads((tmp_path / PROGRESS).read_text(encoding="utf-8"))["tensors"]
    weights.write_bytes(weights.read_bytes()[:-8])
    assert load_checkpoint(tmp_path) is None
    weights.unlink()
    assert load_checkpoint(tmp_path) is None


@given(junk=st.binary(max_size=200))
def test_whatever_lies_there_never_ends_the_night(tmp_path_factory, junk):
    folder = tmp_path_factory.mktemp("night")
    save_checkpoint(folder, Checkpoint(5, {"a": {"w": torch.zeros(2)}}))
    (folder / PROGRESS).write_bytes(junk)
    assert load_checkpoint(folder) is None
