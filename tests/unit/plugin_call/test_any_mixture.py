"""Whatever mixture of implementations is called: the answer, and a name for every failure."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugin_call.host import Host, around, boom, fails_after, fails_before

pytestmark = pytest.mark.no_torch

BEHAVIOURS: Dict[str, Tuple[Callable[..., Any], bool]] = {
    "wraps": (around([], "x"), True),
    "fails before": (fails_before, True),
    "fails after": (fails_after, True),
    "passes": (lambda turn: None, False),
    "fails": (boom, False),
}


@given(st.lists(st.sampled_from(sorted(BEHAVIOURS)), max_size=6))
def test_whatever_plugins_do_the_turn_gets_its_answer_and_every_failure_its_name(chosen: List[str]) -> None:
    wrappers_first = sorted(chosen, key=lambda behaviour: not BEHAVIOURS[behaviour][1])
    host = Host(*((f"p{i}", *BEHAVIOURS[behaviour]) for i, behaviour in enumerate(wrappers_first)))
    assert host.generate().text == "hello"
    expected = {f"p{i}" for i, behaviour in enumerate(wrappers_first) if behaviour.startswith("fails")}
    assert {plugin for plugin, _, _ in host.failed} == expected


@given(st.lists(st.sampled_from(sorted(BEHAVIOURS)), max_size=6))
def test_a_step_is_taken_only_when_nobody_fails(chosen: List[str]) -> None:
    wrappers_first = sorted(chosen, key=lambda behaviour: not BEHAVIOURS[behaviour][1])
    host = Host(*((f"p{i}", *BEHAVIOURS[behaviour]) for i, behaviour in enumerate(wrappers_first)))
    assert (host.train().skipped is None) == (host.failed == [])
    assert (host.failed == []) == (not any(behaviour.startswith("fails") for behaviour in chosen))
