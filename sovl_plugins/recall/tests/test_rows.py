"""Rows: which are recalled with what weight, and how a module that grows is stored and taken back."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sovl_recall.rows import MemoryRows


@pytest.fixture
def rows():
    found = MemoryRows()
    found.add(1, torch.full((2, 4), 1.0))
    found.add(7, torch.full((3, 4), 7.0))
    return found


def test_it_knows_its_memories(rows):
    assert (len(rows), rows.memories(), 7 in rows, 2 in rows) == (2, [1, 7], True, False)
    assert rows[7].tolist() == [[7.0] * 4] * 3


def test_rows_are_recalled_behind_a_row_that_says_nothing(rows):
    found, bias = rows.recall([[(7, 0.5), (1, 0.25)], [(1, 0.9)]], 3, {})
    assert found.shape == (2, 6, 4)
    assert found[:, 0].abs().sum() == 0
    assert found[0, 1:4].tolist() == [[7.0] * 4] * 3
    assert found[0, 4:].tolist() == [[1.0] * 4] * 2
    assert bias[0].exp().tolist() == pytest.approx([0.25, 0.5, 0.5, 0.5, 0.25, 0.25])
    assert bias[1].exp().tolist() == pytest.approx([0.1, 0.9, 0.9, 0.0, 0.0, 0.0])
    assert found[1, 3:].abs().sum() == 0


def test_it_says_whose_the_rows_are(rows):
    likely = [[(7, 0.5), (3, 0.2), (1, 0.25)], [(1, 0.9)], []]
    found, _ = rows.recall(likely, 3, {})
    owners = rows.owners(likely, 3)
    assert owners.shape == found.shape[:2]
    assert owners.tolist() == [[0, 7, 7, 7, 1, 1], [0, 1, 1, 0, 0, 0], [0] * 6]
    assert rows.owners(likely, 1).tolist() == [[0, 7, 7, 7], [0, 1, 1, 0], [0] * 4]


def test_only_the_likeliest_are_recalled(rows):
    found, _ = rows.recall([[(7, 0.5), (1, 0.25)]], 1, {})
    assert found.shape == (1, 4, 4)


def test_memories_without_rows_make_way(rows):
    found, bias = rows.recall([[(3, 0.9), (1, 0.05)], [(3, 1.0)]], 1, {})
    assert bias[0].exp().tolist() == pytest.approx([0.95, 0.05, 0.05])
    assert bias[1].exp().tolist() == pytest.approx([1.0, 0.0, 0.0])
    assert found[1].abs().sum() == 0


def test_nothing_is_recalled_where_no_example_is_about_anything(rows):
    assert rows.recall([[(3, 1.0)], []], 3, {}) is None


def test_fixed_rows_are_heard_but_do_not_learn(rows):
    found, _ = rows.recall([[(7, 0.5), (1, 0.25)]], 3, {}, fixed={7})
    assert found[0, 1:4].tolist() == [[7.0] * 4] * 3
    found.sum().backward()
    assert rows[7].grad is None
    assert rows[1].grad.abs().sum() > 0


def test_certainty_leaves_next_to_nothing_for_no_memory(rows):
    _, bias = rows.recall([[(1, 1.0)]], 3, {})
    assert bias[0, 0].exp().item() == pytest.approx(1e-6)


def test_what_is_read_is_added_to_as_many_rows(rows):
    found, bias = rows.recall([[(7, 1.0)]], 3, {7: torch.ones(2, 4), 5: torch.ones(1, 4)})
    assert found[0, 1:].tolist() == [[8.0] * 4] * 2
    assert bias.shape == (1, 3)


def test_gradients_reach_the_rows_that_are_recalled_and_no_others(rows):
    found, _ = rows.recall([[(7, 1.0)]], 3, {})
    found.sum().backward()
    assert rows[7].grad is not None
    assert rows[1].grad is None


def test_only_what_is_kept_stays(rows):
    rows.keep([7])
    assert rows.memories() == [7]


def test_it_makes_room_for_what_is_restored(rows):
    rows.make_room({"rows.7": torch.zeros(3, 4), "rows.9": torch.zeros(5, 4)})
    assert sorted(rows.memories()) == [7, 9]
    assert rows[9].shape == (5, 4)
    assert rows[7].tolist() == [[7.0] * 4] * 3


def test_rows_laid_aside_come_back_as_the_same_parameters(rows):
    """An optimizer holds them: copies would learn nothing any more."""
    before = rows[7]
    rows.make_room({"rows.1": torch.zeros(2, 4)})
    assert rows.memories() == [1]
    rows.make_room({"rows.1": torch.zeros(2, 4), "rows.7": torch.zeros(3, 4)})
    assert rows[7] is before


def test_rows_laid_aside_in_another_shape_do_not_come_back(rows):
    rows.make_room({})
    rows.make_room({"rows.7": torch.zeros(6, 4)})
    assert rows[7].shape == (6, 4)


def test_a_memory_may_have_rows_of_two_shapes_in_a_night_and_both_come_back(rows):
    tonight = rows[7]
    for _ in range(2):
        rows.make_room({"rows.7": torch.zeros(1, 4)})
        assert rows[7].shape == (1, 4)
        rows.make_room({"rows.7": torch.zeros(tuple(tonight.shape))})
        assert rows[7] is tonight


@given(st.lists(st.tuples(st.integers(1, 9), st.floats(0, 1)), max_size=6), st.integers(1, 4))
def test_weights_of_the_rows_are_never_more_than_a_memorys_probability(likely, count):
    rows = MemoryRows()
    for memory in range(1, 6):
        rows.add(memory, torch.ones(1, 2))
    likely = sorted(dict(likely).items(), key=lambda item: -item[1])
    found = rows.recall([likely], count, {})
    known = [p for memory, p in likely if memory in rows and p > 0][:count]
    if not known:
        assert found is None
        return
    assert found[1][0, 1:].exp().tolist() == pytest.approx(known, rel=1e-4)
    assert not math.isnan(found[1].sum().item())
