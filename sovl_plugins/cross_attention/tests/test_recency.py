from __future__ import annotations

import pytest
import torch

from sovl_cross_attention.recency import LOUDEST, NO_ORDER, said_bias, slopes

NOWHERE = float("-inf")
CPU = torch.device("cpu")


def heard(bias, said, order, known, heads=1):
    given = [torch.tensor(each) for each in ([bias], [said], [order], [known])]
    return said_bias(*given, heads)[0]


@pytest.mark.parametrize("heads", [1, 2, 3, 8])
def test_heads_fade_at_slopes_of_their_own_the_first_the_steepest(heads):
    found = slopes(heads, CPU)
    assert len(found) == heads
    assert found[0] == 4.0
    assert torch.equal(found, found.sort(descending=True).values)
    assert heads == 1 or found[-1] == pytest.approx(1 / 256)


def test_what_is_said_later_is_not_heard():
    found = heard([0.0] * 4, [0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 3], heads=2)
    assert found.shape == (2, 3, 4)
    expected = [[True, False, False, False], [True, True, False, False], [True, True, True, True]]
    assert all((head > NOWHERE).tolist() == expected for head in found)


def test_the_first_head_hears_what_was_read_last_and_older_ones_fainter():
    found = heard([0.0, 0.5, 0.0], [0, 0, 1], [0, 1, 2], [0, 1])
    assert found[0, 0].tolist() == [LOUDEST - 4, LOUDEST + 0.5, NOWHERE]
    assert found[0, 1].tolist() == [LOUDEST - 8, LOUDEST + 0.5 - 4, LOUDEST]


def test_the_last_head_hears_everything_nearly_alike():
    found = heard([0.0, 0.0, 0.0], [0, 0, 1], [0, 1, 2], [1], heads=2)
    assert found[1, 0].tolist() == pytest.approx([-2 / 256, -1 / 256, 0.0])


def test_rows_that_were_added_have_no_age():
    found = heard([0.0, -1.5, 0.0], [0, 0, 1], [0, NO_ORDER, 1], [1], heads=2)
    assert found[:, 0, 1].tolist() == [-1.5, -1.5]


def test_a_token_that_added_nothing_leaves_the_latest_what_it_was_and_of_several_the_last_counts():
    assert heard([0.0, 0.0], [0, 1], [0, 1], [1, 2]).tolist()[0] == [[LOUDEST - 4, LOUDEST]] * 2
    assert heard([0.0, 0.0], [1, 1], [0, 1], [1]).tolist() == [[[LOUDEST - 4, LOUDEST]]]


def test_what_is_never_heard_is_not_the_latest_either():
    # Padding stands behind the prompt, and says nothing.
    assert heard([0.0, NOWHERE], [0, 0], [0, 1], [0]).tolist() == [[[LOUDEST, NOWHERE]]]


def test_silenced_prompts_leave_ages_as_they_are():
    whole = heard([NOWHERE, NOWHERE, 0.0, 0.0], [0, 0, 1, 2], [0, 1, 2, 3], [0, 1, 2])
    alone = heard([0.0, 0.0], [1, 2], [2, 3], [0, 1, 2])
    assert torch.equal(whole[:, :, 2:], alone)
    assert torch.equal(whole[:, :, :2], torch.full((1, 3, 2), NOWHERE))


def test_each_example_knows_as_much_as_it_was_fed():
    said, order = torch.tensor([[1, 2], [1, 2]]), torch.tensor([[0, 1], [0, 1]])
    found = said_bias(torch.zeros(2, 2), said, order, torch.tensor([[1], [2]]), heads=1)
    assert found[:, 0, 0].tolist() == [[LOUDEST, NOWHERE], [LOUDEST - 4, LOUDEST]]
