from __future__ import annotations

import pytest

from sovl_core.explanation import Change, Explanation, given_reasons, named_memories, plain_annotations

pytestmark = pytest.mark.no_torch

LEFT = {
    "gate.memories": [(3, 0.5), (7, 0.25)],
    "other.memories": [[7, 0.75]],
    "gate.why": "it is relevant",
    "silent.why": "",
    "gate.relevance": 0.5,
    "gate.on": True,
    "gate.vectors": [[1.0, 2.0]],
}


def test_memories_of_all_plugins_likeliest_first() -> None:
    assert named_memories(LEFT) == [(7, 0.75), (3, 0.5)]
    assert named_memories({}) == []


def test_reasons_and_what_else_can_be_shown() -> None:
    assert given_reasons(LEFT) == ["it is relevant"]
    assert plain_annotations(LEFT) == {"gate.relevance": 0.5, "gate.on": True}


@pytest.mark.parametrize(
    ("given_in", "known", "expected"), [(2, True, False), (None, True, True), (None, False, False)]
)
def test_a_reply_given_with_other_weights(given_in: object, known: bool, expected: bool) -> None:
    explanation = Explanation(1, "Hello", "Hi", Change(), night=2, given_in=given_in, given_in_known=known)
    assert explanation.another_night is expected
