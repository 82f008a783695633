from __future__ import annotations

import pytest
import torch

from sovl_cross_attention.recency import said_bias, slopes

NOWHERE = float("-inf")


@pytest.mark.parametrize("heads", [1, 2, 3, 8])
def test_heads_fade_at_slopes_of_their_own_the_first_the_steepest(heads):
    found = slopes(heads, torch.device("cpu"))
    assert len(found) == heads
    assert found[0] == 1.0
    assert torch.equal(found, found.sort(descending=True).values)
    assert heads == 1 or found[-1] == pytest.approx(1 / 256)


def test_rows_of_the_answer_fade_with_age_and_are_unheard_before_they_are_said():
    bias = torch.tensor([[0.5, -1.0, 0.0, 2.0]])
    found = said_bias(bias, torch.tensor([[0, 0, 1, 3]]), torch.tensor([[0, 1, 3]]), heads=2)
    assert found.shape == (1, 2, 3, 4)
    assert found[0, 0].tolist() == [[0.5, -1.0, NOWHERE, NOWHERE], [0.5, -1.0, 0.0, NOWHERE], [0.5, -1.0, -2.0, 2.0]]
    assert found[0, 1, 2].tolist() == pytest.approx([0.5, -1.0, -2 / 256, 2.0])


def test_each_example_knows_as_much_as_it_was_fed():
    said = torch.tensor([[1, 2], [1, 2]])
    found = said_bias(torch.zeros(2, 2), said, torch.tensor([[1], [2]]), heads=1)
    assert found[:, 0, 0].tolist() == [[0.0, NOWHERE], [-1.0, 0.0]]


def test_a_row_that_is_never_heard_stays_unheard():
    found = said_bias(torch.tensor([[NOWHERE, 0.0]]), torch.tensor([[1, 0]]), torch.tensor([[5]]), heads=2)
    assert found[0, :, 0].tolist() == [[NOWHERE, 0.0], [NOWHERE, 0.0]]
