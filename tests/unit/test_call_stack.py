"""Room for deep calls."""

from __future__ import annotations

import sys
from typing import Any, Callable, List

import pytest

from sovl_core.call_stack import with_room

pytestmark = pytest.mark.no_torch

resource = pytest.importorskip("resource", reason="counts page faults, which Windows does not tell")

CALLS = 200
#: Past the end of a piece of 16 KiB, from wherever the test begins.
DEPTHS = range(150)


def leaf(a: int, b: int) -> int:
    """Stand for a layer."""
    return a + b


def layers() -> int:
    """Stand for a forward pass: many calls, one level below."""
    total = 0
    for number in range(CALLS):
        total = leaf(total, number)
    return total


def at_depth(depth: int, work: Callable[[], Any]) -> Any:
    """Call from so many frames further down."""
    return work() if depth == 0 else at_depth(depth - 1, work)


def page_faults(work: Callable[[], Any]) -> List[int]:
    """Return how often memory had to be asked for, from each depth."""
    found = []
    for depth in DEPTHS:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        at_depth(depth, work)
        found.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
    return found


@pytest.mark.skipif(
    not (3, 11) <= sys.version_info < (3, 13) or not sys.platform.startswith("linux"),
    reason="mended in later versions; others tell page faults in their own way",
)
def test_without_room_some_depth_asks_for_memory_at_each_call() -> None:
    page_faults(layers)
    assert max(page_faults(layers)) >= CALLS


def test_with_room_no_depth_does() -> None:
    roomy = with_room(layers)
    page_faults(roomy)
    assert max(page_faults(roomy)) < CALLS / 4


def test_what_goes_in_and_out_is_the_same() -> None:
    @with_room
    def told(first: int, *, second: int = 2) -> List[int]:
        """Say what was given."""
        return [first, second]

    assert told(1) == [1, 2]
    assert told(1, second=3) == [1, 3]
    assert told.__name__ == "told"
    assert told.__doc__ == "Say what was given."


def test_an_error_comes_through() -> None:
    @with_room
    def fails() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError, match="x"):
        fails()


def test_it_may_be_nested_and_recursive() -> None:
    @with_room
    def countdown(number: int) -> int:
        return 0 if number == 0 else 1 + countdown(number - 1)

    assert countdown(50) == 50
