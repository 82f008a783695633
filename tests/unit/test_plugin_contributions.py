"""Loss terms are computed in the name of the plugin that added them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, List

import pytest

from sovl_core.events import Turn
from sovl_core.plugin_contributions import guard_terms, terms_of

pytestmark = pytest.mark.no_torch


def test_only_terms_added_since_are_replaced() -> None:
    def old(step: Any) -> float:
        return 1.0

    def new(step: Any) -> float:
        return 2.0

    step = SimpleNamespace(loss_terms={"old": old})
    before = terms_of(step)
    step.loss_terms["new"] = new
    computed: List[Any] = []

    def compute(term: Any, *arguments: Any) -> Any:
        computed.append(term)
        return term(*arguments)

    guard_terms(step, before, compute)
    assert step.loss_terms["old"] is old
    assert step.loss_terms["new"](step) == 2.0
    assert computed == [new]


def test_a_term_that_replaces_another_counts_as_new() -> None:
    step = SimpleNamespace(loss_terms={"kl": lambda step: 1.0})
    before = terms_of(step)
    step.loss_terms["kl"] = lambda step: 2.0
    guard_terms(step, before, lambda term, *arguments: -term(*arguments))
    assert step.loss_terms["kl"](step) == -2.0


def test_arguments_without_loss_terms_are_left_alone() -> None:
    turn = Turn("hello")
    guard_terms(turn, terms_of(turn), lambda term: None)
    assert turn == Turn("hello")
    assert terms_of(None) == {}
