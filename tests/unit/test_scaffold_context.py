"""What the scaffold tells the base: rows of several plugins beside one another, and reading when it is asked for."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, Optional

import pytest
import torch

from sovl_core.events import TrainStep, Turn
from sovl_core.scaffold_context import ScaffoldContext

BATCH, WIDTH = 2, 4


def context(**fields: Any) -> ScaffoldContext:
    tokens = (BATCH, 3)
    return ScaffoldContext(
        torch.zeros(*tokens, WIDTH),
        torch.ones(tokens, dtype=torch.bool),
        torch.zeros(tokens, dtype=torch.long),
        **fields,
    )


def rows(count: int, value: float, each: bool = False) -> torch.Tensor:
    return torch.full((BATCH, count, WIDTH) if each else (count, WIDTH), value)


def bias(count: int, value: float, each: bool) -> torch.Tensor:
    return torch.full((BATCH, count) if each else (count,), value)


def for_each(given: Optional[torch.Tensor], dimensions: int) -> torch.Tensor:
    """What every example sees, however it was given."""
    assert given is not None
    return given if given.dim() == dimensions else given.expand(BATCH, *given.shape)


@pytest.mark.parametrize("each", [False, True])
def test_the_first_rows_are_taken_as_they_are(each: bool) -> None:
    given = context()
    given.add_rows(rows(2, 1.0, each))
    assert given.extra_rows is not None
    assert torch.equal(given.extra_rows, rows(2, 1.0, each))
    assert torch.equal(for_each(given.extra_bias, 2), torch.zeros(BATCH, 2))


@pytest.mark.parametrize("first_each", [False, True])
@pytest.mark.parametrize("second_each", [False, True])
@pytest.mark.parametrize("first_bias", [None, False, True])
@pytest.mark.parametrize("second_bias", [None, False, True])
def test_rows_stand_beside_those_of_others_and_keep_their_loudness(
    first_each: bool, second_each: bool, first_bias: Optional[bool], second_bias: Optional[bool]
) -> None:
    given = context()
    given.add_rows(rows(2, 1.0, first_each), None if first_bias is None else bias(2, -1.0, first_bias))
    given.add_rows(rows(1, 5.0, second_each), None if second_bias is None else bias(1, -2.0, second_bias))
    seen = for_each(given.extra_rows, 3)
    assert seen.shape == (BATCH, 3, WIDTH)
    assert seen[:, :, 0].tolist() == [[1.0, 1.0, 5.0]] * BATCH
    first, second = (0.0 if first_bias is None else -1.0), (0.0 if second_bias is None else -2.0)
    assert for_each(given.extra_bias, 2).tolist() == [[first, first, second]] * BATCH


def test_rows_put_there_by_hand_without_a_bias_count_as_loud_as_they_are() -> None:
    given = context(extra_rows=rows(2, 1.0))
    given.add_rows(rows(1, 5.0, each=True), torch.tensor([[-1.0], [float("-inf")]]))
    assert for_each(given.extra_bias, 2).tolist() == [[0.0, 0.0, -1.0], [0.0, 0.0, float("-inf")]]


def test_whose_memory_a_row_is_stays_beside_it() -> None:
    given = context()
    given.add_rows(rows(1, 5.0))
    assert for_each(given.extra_memories, 2).tolist() == [[0]] * BATCH
    given.add_rows(rows(2, 1.0, each=True), None, torch.tensor([[7, 7], [7, 0]]))
    given.add_rows(rows(1, 5.0))
    assert for_each(given.extra_memories, 2).tolist() == [[0, 7, 7, 0], [0, 7, 0, 0]]


def test_a_gradient_flows_through_rows_that_are_added() -> None:
    learned = rows(1, 1.0).requires_grad_()
    given = context()
    given.add_rows(learned)
    given.add_rows(rows(1, 2.0, each=True))
    assert given.extra_rows is not None
    given.extra_rows.sum().backward()
    assert learned.grad is not None
    assert learned.grad.tolist() == [[float(BATCH)] * WIDTH]


def test_nothing_is_about_any_memory_and_all_is_within_reach_unless_said_otherwise() -> None:
    given = context()
    assert (given.prompts, given.memories) == ([], [])
    assert given.memories is not context().memories
    assert (Turn("hello").reach, TrainStep(None, None).reach) == (1.0, 1.0)  # type: ignore[arg-type]


def test_importing_it_needs_no_torch() -> None:
    code = "import sys, sovl_core.events; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_it_reads_once_and_only_when_somebody_wants_to_know() -> None:
    read = []

    def reader() -> Any:
        read.append(1)
        return torch.ones(1, 2, WIDTH), torch.ones(1, 2, dtype=torch.bool), torch.zeros(1, 2, dtype=torch.long)

    unread = ScaffoldContext(None, None, None, reader=reader)
    assert read == []
    hidden, mask, token_ids = unread.read()
    assert (hidden.shape, mask.shape, token_ids.shape) == ((1, 2, WIDTH), (1, 2), (1, 2))
    assert unread.read()[0] is hidden
    assert read == [1]


def test_states_that_are_there_are_not_read_again() -> None:
    given = context(reader=lambda: pytest.fail("it was read"))
    assert given.read()[0] is given.hidden


def test_without_states_and_without_a_reader_it_says_so() -> None:
    with pytest.raises(ValueError, match="nobody who reads"):
        ScaffoldContext(None, None, None).read()


def test_tokens_that_come_later_are_weighed_by_all_who_want_to() -> None:
    given = context()
    ids = torch.tensor([[4, 5, 4]])
    assert given.later_bias(ids).tolist() == [[0.0, 0.0, 0.0]]
    given.weighers.append(lambda ids: (ids == 4).float())
    given.weighers.append(lambda ids: None)
    given.weighers.append(lambda ids: torch.full(ids.shape, -0.5))
    assert given.later_bias(ids).tolist() == [[0.5, -0.5, 0.5]]
    assert context().weighers == []
