from __future__ import annotations

import math

import pytest

from sovl_core.journal import Journal
from sovl_cross_attention.confirmation import confirm, of_whom_it_asks, told_in


class Probe:
    """Finds each memory's words as likely an answer as it is told here."""

    def __init__(self, **matches):
        self.matches, self.asked = matches, []

    def match(self, models, pairs):
        self.asked += pairs
        return [self.matches[told] for told, _ in pairs]


TOLD = {1: "dog", 2: "cat", 3: "hen"}


def asked(probe, relevance, likely):
    return confirm(probe, None, "who?", relevance, likely, TOLD.get)


def odds(probability):
    return math.log(probability / (1 - probability))


def test_gate_and_probe_are_two_witnesses():
    relevance, likely = asked(Probe(dog=0.8), 0.7, [(1, 1.0)])
    assert odds(relevance) == pytest.approx(odds(0.7) + odds(0.8) - 1.0)
    assert likely == [(1, 1.0)]


@pytest.mark.parametrize(
    ("gate", "match", "opens"), [(1.0, 0.02, False), (0.2, 0.95, True), (0.15, 1.0, False), (1.0, 0.3, True)]
)
def test_neither_is_believed_alone(gate, match, opens):
    assert (asked(Probe(dog=match), gate, [(1, 1.0)])[0] >= 0.35) == opens


WHOSE = {1: "My dog is called Rex.", 2: "My cat is called Tom.", 3: "Piet feeds my dog."}


@pytest.mark.parametrize(
    ("prompt", "relevance", "left", "after"),
    [
        ("What is my cat called?", 0.8, [(2, 0.3)], 0.24),
        ("What is my dog called?", 0.8, [(1, 0.6), (3, 0.1)], 0.56),
        ("What is my hen called?", 0.8, [], 0.0),
        ("What is its name?", 0.8, [(1, 0.6), (2, 0.3), (3, 0.1)], 0.8),
        # Nobody needs to look closer.
        ("What is my hen called?", 0.05, [(1, 0.6), (2, 0.3), (3, 0.1)], 0.05),
    ],
)
def test_memories_of_another_are_left_out(prompt, relevance, left, after):
    found = of_whom_it_asks(prompt, relevance, [(1, 0.6), (2, 0.3), (3, 0.1)], WHOSE.get)
    assert found == (pytest.approx(after), left)


def test_where_no_memory_is_likely_there_is_none_to_leave_out():
    assert of_whom_it_asks("What is my hen called?", 0.8, [], WHOSE.get) == (0.8, [])


@pytest.mark.parametrize("match", [0.0, 1.0])
def test_certainty_is_a_number(match):
    relevance, likely = asked(Probe(dog=match), 1.0, [(1, 1.0)])
    assert relevance == pytest.approx(match, abs=0.01)
    assert [memory for memory, _ in likely] == [1]


def test_the_memory_that_answers_comes_first():
    relevance, likely = asked(Probe(dog=0.1, cat=0.9), 1.0, [(1, 0.6), (2, 0.4)])
    assert [memory for memory, _ in likely] == [2, 1]
    assert sum(p for _, p in likely) == pytest.approx(1.0)
    assert likely[1][1] == pytest.approx(0.06 / 0.42)
    assert relevance > 0.5


def test_what_is_hardly_likely_is_not_looked_at():
    probe = Probe(dog=0.9)
    assert asked(probe, 0.09, [(1, 1.0)]) == (0.09, [(1, 1.0)])
    assert probe.asked == []
    asked(probe, 0.9, [(1, 0.95), (2, 0.05)])
    assert probe.asked == [("dog", "who?")]


def test_nobody_tells_of_a_memory_that_is_gone():
    assert asked(Probe(), 0.9, [(8, 0.9), (9, 0.1)]) == (0.0, [])
    assert [m for m, _ in asked(Probe(dog=0.9), 0.9, [(8, 0.5), (1, 0.5)])[1]] == [1]
    assert asked(Probe(), 0.9, []) == (0.0, [])


def test_an_answer_is_told_with_its_question(tmp_path):
    journal = Journal(tmp_path / "journal.db")
    question = journal.add_question("What is your dog called?", "curiosity").id
    asked, said = (journal.begin_episode(text, "c").id for text in ("What is my dog called?", "My dog is Max."))

    def told(**details):
        return told_in(journal, journal.begin_episode("Rex.", "c", details=details).id)

    assert told() == "Rex."
    assert told(question=question) == "What is your dog called? Rex."
    assert told(corrects=asked) == "What is my dog called? Rex."
    assert [told(question=99), told(corrects=said), told(corrects=99), told(corrects=None)] == ["Rex."] * 4
    assert told_in(journal, 99) is None
    journal.close()
