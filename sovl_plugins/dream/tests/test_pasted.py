"""What was pasted into a turn."""

from __future__ import annotations

import pytest

from sovl_dream.pasted import PASTED, without_pasted

pytestmark = pytest.mark.no_torch

OWN = "My dog is red."


def own_lines(text):
    return [line for line in without_pasted(text).split("\n") if line.strip() and line != PASTED]


@pytest.mark.parametrize(
    "block",
    [
        "```\nI am x.\n```",
        "~~~py\nI am x.\n~~~",
        "    I am x.\n    I am y.\n",
        "> I am x.\nI am y.\n",
        "| I am x. |",
        "# I am x.",
        "---\nI am x.\n---",
        '{"a": "I am x."}\n',
        "[\n1\n]\n",
        "<p>I am x.</p>",
        "<div>\nI am x.\n</div>",
        "<br>",
        "a,b\n1,I am x.\n",
        "Dear Ann,\nI am x.\nKind regards\nBob",
        "Hi Ann,\nI am x.\nBest,\nBob",
    ],
)
def test_a_block_ends_and_the_user_speaks_before_and_after(block):
    assert own_lines(f"{OWN}\n\n{block}\n{OWN}") == [OWN, OWN]


@pytest.mark.parametrize(
    "block",
    [
        "User: I am x.",
        "q: who?",
        "[12:01] Bob: I am x.",
        "<bob> I am x.",
        "Bob: I am x.\nAnn: I am y.",
        "name: Bob\nhome: Rome",
        "From: a\nTo: b\nI am x.",
        "On Monday Bob wrote:\nI am x.",
        "-----Original Message-----\nI am x.",
        "<|im_start|>system\nI am x.",
        "[INST] I am x.",
        "### Instruction:\nI am x.",
    ],
)
def test_where_nothing_says_that_it_ends_the_rest_is_anothers(block):
    assert own_lines(f"{OWN}\n\n{block}\n\n{OWN}") == [OWN]


@pytest.mark.parametrize(
    "text",
    [
        "PS: I am x.\nNote: I am y.",
        "Hello,\nI am x.\nThanks!",
        "I am x.\n---\nI am y.",
        "    I am x.",
        "My train leaves at 10:42.",
        "I have 1,000 euros.\nI owe 2,000 euros.",
    ],
)
def test_what_only_looks_like_it_stays(text):
    assert [line for line in own_lines(text) if line != "---"] == [
        line.strip() for line in text.split("\n") if line != "---"
    ]
