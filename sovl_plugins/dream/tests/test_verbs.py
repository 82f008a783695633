"""Which words are verbs, and their infinitives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_dream import verbs

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("verb", "infinitive"),
    [
        ("lives", "live"),
        ("lived", "live"),
        ("live", "live"),
        ("goes", "go"),
        ("has", "have"),
        ("does", "do"),
        ("studies", "study"),
        ("studied", "study"),
        ("dies", "die"),
        ("watches", "watch"),
        ("misses", "miss"),
        ("planned", "plan"),
        ("called", "call"),
        ("agreed", "agree"),
        ("baked", "bake"),
        ("played", "play"),
        ("worked", "work"),
        ("visited", "visit"),
        ("went", "go"),
        ("been", "be"),
        ("taught", "teach"),
        ("put", "put"),
        ("Moved", "move"),
    ],
)
def test_infinitives(verb, infinitive):
    assert verbs.infinitive(verb) == infinitive


@pytest.mark.parametrize("word", ["sold", "lived", "went", "put"])
def test_the_past(word):
    assert verbs.is_past(word)
    assert verbs.is_participle(word) or word == "went"


@pytest.mark.parametrize("word", ["sells", "red", "been", "read", "dog", "is"])
def test_what_is_no_past(word):
    assert not verbs.is_past(word)


@pytest.mark.parametrize("word", ["lives", "sold", "has", "watches"])
def test_verbs_of_everyday_life(word):
    assert verbs.is_finite(word)
    assert verbs.is_known(word)


@pytest.mark.parametrize("word", ["Paris", "business", "famous", "always", "is", "dog", "gone", "", "James"])
def test_what_looks_like_no_verb(word):
    assert not verbs.is_finite(word)


@pytest.mark.parametrize("word", ["glasses", "beloved", "keys"])
def test_what_may_be_something_else(word):
    assert verbs.is_finite(word)
    assert not verbs.is_known(word)


def test_verbs_that_take_another():
    assert all(verbs.takes_another(word) for word in ("want", "wants", "used", "have"))
    assert not verbs.takes_another("live")


@given(st.text(max_size=20))
def test_any_word_will_do(word):
    assert isinstance(verbs.infinitive(word), str)
    verbs.is_past(word), verbs.is_participle(word), verbs.is_known(word), verbs.takes_another(word)
