from __future__ import annotations

import pytest
import torch

from sovl_core.events import ScaffoldContext
from sovl_cross_attention.hearing import Hearing, Rows, heard_rows
from sovl_cross_attention.layers import KeysValues
from sovl_cross_attention.recency import NO_ORDER

NOWHERE = float("-inf")
TOKENS, WIDTH = 3, 4


def context(said=None, mask=(1, 1, 1), **fields):
    return ScaffoldContext(
        torch.arange(float(TOKENS * WIDTH)).view(1, TOKENS, WIDTH),
        torch.tensor([mask]).bool(),
        torch.zeros(1, TOKENS, dtype=torch.long),
        said=None if said is None else torch.tensor([said]),
        prompts=["?"],
        **fields,
    )


def unread(**fields):
    """A context that nobody may read."""
    return ScaffoldContext(None, None, None, prompts=["?"], **fields)


def test_states_come_first_and_added_rows_last():
    given = context(mask=(1, 1, 0), key_bias=torch.tensor([[0.5, 0.0, 7.0]]))
    given.add_rows(torch.ones(2, WIDTH), torch.tensor([-1.0, NOWHERE]))
    states, bias, said, order = heard_rows(given)
    assert torch.equal(states[:, :TOKENS], given.hidden)
    assert torch.equal(states[:, TOKENS:], torch.ones(1, 2, WIDTH))
    assert bias.tolist() == [[0.5, 0.0, NOWHERE, -1.0, NOWHERE]]
    assert said.tolist() == [[0, 0, 0, 0, 0]]
    assert order.tolist() == [[0, 1, 2, NO_ORDER, NO_ORDER]]


def test_silent_prompts_need_not_be_read_where_the_scaffold_has_read_no_answer():
    states, bias, said, order = heard_rows(unread(silent=True, extra_rows=torch.ones(2, WIDTH)))
    assert states.shape == (1, 2, WIDTH)
    assert bias.tolist() == [[0.0, 0.0]]
    assert said.tolist() == [[0, 0]]
    assert order.tolist() == [[NO_ORDER, NO_ORDER]]


def test_silent_prompts_leave_the_answer_to_be_heard():
    states, bias, said, order = heard_rows(context(said=(0, 0, 1), silent=True, extra_rows=torch.ones(1, WIDTH)))
    assert bias.tolist() == [[NOWHERE, NOWHERE, 0.0, 0.0]]
    assert said.tolist() == [[0, 0, 1, 0]]
    assert order.tolist() == [[0, 1, 2, NO_ORDER]]
    assert states.shape == (1, 4, WIDTH)


def test_without_added_rows_nothing_is_silenced():
    assert heard_rows(context(silent=True))[1].tolist() == [[0.0, 0.0, 0.0]]


def rows(said, bias=None, first=0):
    count = len(said)
    keys = torch.zeros(1, 1, count, 2)
    said = torch.tensor([said])
    bias = torch.zeros(1, count) if bias is None else torch.tensor([bias])
    order = torch.arange(first, first + count)[None]
    return Rows({3: KeysValues(keys, keys, bias[:, None, None])}, bias, said, order)


class Count:
    """As many tokens as were said."""

    count = 2


@pytest.mark.parametrize(
    ("fields", "tokens", "known"),
    [
        ({"everywhere": True}, 3, [[0, 1, 2]]),
        ({"everywhere": True, "positions": torch.tensor([[False, False, True, True]])}, 4, [[0, 0, 0, 1]]),
        ({"everywhere": True, "positions": torch.tensor([[False, False, True, True]])}, 2, [[0, 1]]),
        ({"steps": Count()}, 1, [[2]]),
        ({"steps": Count()}, 5, [[2]]),
        ({}, 5, [[0]]),
    ],
)
def test_a_position_hears_what_was_said_up_to_the_token_it_is_fed(fields, tokens, known):
    bias = Hearing(context(), rows([0, 1, 2]), **fields).bias(tokens, heads=1)
    heard = [[said <= fed for said in (0, 1, 2)] for fed in known[0]]
    assert (bias[0, 0] > NOWHERE).tolist() == heard


def test_rows_grow_and_begin_again():
    heard = Hearing(context(influence=0.5), rows([0, 0], [0.0, -1.0]), steps=Count())
    heard.rows = heard.rows.followed_by(rows([1, 1], [0.25, 0.0], 2)).followed_by(rows([2], first=4))
    assert heard.scale == 0.5
    assert heard.rows.said.tolist() == [[0, 0, 1, 1, 2]]
    assert heard.rows.bias.tolist() == [[0.0, -1.0, 0.25, 0.0, 0.0]]
    assert heard.rows.order.tolist() == [[0, 1, 2, 3, 4]]
    grown = heard.rows.layers[3]
    assert (grown.keys.shape[2], grown.values.shape[2], grown.bias.shape[3]) == (5, 5, 5)
    heard.begin_again()
    assert heard.rows.said.tolist() == [[0, 0]]
