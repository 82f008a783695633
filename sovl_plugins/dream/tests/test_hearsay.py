"""What the user passes on."""

from __future__ import annotations

import pytest

from sovl_dream.hearsay import is_hearsay, is_report

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    "sentence",
    [
        "According to Bob, I live in Rome.",
        "My brother claims I live in Rome.",
        "I live in Rome, he said.",
        "I live in Rome, said my brother.",
        "My brother said, I live in Rome.",
        "Allegedly my cat is ill.",
        "The user's name is Bob.",
    ],
)
def test_hearsay(sentence):
    assert is_hearsay(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "My doctor says I have asthma.",
        "My friends call me Annie.",
        "I told my boss, and my boss was happy.",
        "I read a lot, I write a lot.",
        "My brother believes in ghosts.",
        "My sister reads novels.",
        "I play chess, my sister sings.",
    ],
)
def test_what_the_user_vouches_for(sentence):
    assert not is_hearsay(sentence)


def test_reports():
    assert is_report("My sister told me that she lives in Rome")
    assert is_report("My doctor says I have asthma")
    assert not is_report("My sister reads novels")
    assert not is_report("I live in Cork")
