from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sovl_core.error_handling import BadInput, DataError
from sovl_core.evaluation.facts import Asked, Fact, FactSet, holds, load_facts

pytestmark = pytest.mark.no_torch

DOG = {
    "tell": "My dog's name is Biscuit.",
    "ask": ["Tell me my dog's name.", "What is my dog called?"],
    "answer": ["Biscuit"],
    "reverse": {"ask": "Who is Biscuit?", "answer": ["dog"]},
}
HORSE = {"ask": ["How old is my horse?"], "answer": []}


def _written(folder: Path, *lines: Any) -> Path:
    path = folder / "facts.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n")
    return path


def test_told_and_never_told_lines_are_read(tmp_path: Path) -> None:
    found = load_facts(_written(tmp_path, DOG, "", {"tell": "It rained."}, HORSE))
    forward = Asked(("Tell me my dog's name.", "What is my dog called?"), ("Biscuit",))
    reverse = Asked(("Who is Biscuit?",), ("dog",))
    assert found == FactSet((Fact(DOG["tell"], forward, reverse), Fact("It rained.")), ("How old is my horse?",))
    assert found.told_answers == ("Biscuit",)


def test_odd_forms_of_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "facts.jsonl"
    line = b'{"tell": "My dog is Rex.", "ask": "Dog?", "answer": "Rex", "reverse": {"ask": ["Rex?"], "answer": "dog"}}'
    path.write_bytes(
        b"\xef\xbb\xbf" + line + b'\r\n\r\n  \r\n{"tell": null, "ask": "Horse?"}\r\n{"tell": "So.", "ask": []}'
    )
    forward, reverse = Asked(("Dog?",), ("Rex",)), Asked(("Rex?",), ("dog",))
    assert load_facts(path) == FactSet((Fact("My dog is Rex.", forward, reverse), Fact("So.")), ("Horse?",))


def test_facts_that_are_asked_about_from_the_answer_alone_are_enough(tmp_path: Path) -> None:
    found = load_facts(_written(tmp_path, {"tell": "T", "reverse": {"ask": "Q", "answer": "A"}}))
    assert found.facts == (Fact("T", None, Asked(("Q",), ("A",))),)


def test_an_unknown_key_is_told_and_does_no_harm(tmp_path: Path) -> None:
    found = load_facts(_written(tmp_path, {**DOG, "revers": 1, "reverse": {"ask": "Q", "answer": ["A"], "x": 2}}))
    assert len(found.facts) == 1
    assert "line 1: 'revers' is left out of account. Did you mean reverse?" in found.warnings[0]
    assert "'x'" in found.warnings[1]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "not JSON"),
        ("[1]", "an object is needed, this is a list"),
        ({}, 'neither "tell" nor "ask"'),
        ({"tell": 3, "ask": ["Q"], "answer": ["A"]}, '"tell" must be text, this is a number'),
        ({"tell": " ", "ask": ["Q"], "answer": ["A"]}, '"tell" is empty'),
        ({"tell": "T", "ask": ["Q"], "answer": []}, '"answer" is empty'),
        ({"tell": "T", "answer": ["A"]}, '"answer" without "ask"'),
        ({"tell": "T", "ask": ["Q", 3], "answer": ["A"]}, '"ask" must hold texts, there is a number in it'),
        ({"tell": "T", "ask": {"q": 1}, "answer": ["A"]}, '"ask" must be a list of texts, this is an object'),
        ({"tell": "T", "ask": ["Q"], "answer": [""]}, '"answer" holds an empty text'),
        ({"ask": ["Q"], "answer": ["A"]}, 'an "answer" without "tell"'),
        ({"ask": ["Q"], "reverse": {"ask": "Q", "answer": ["A"]}}, '"reverse" without "tell"'),
        ({**DOG, "reverse": "who"}, '"reverse" must be an object, this is text'),
        ({**DOG, "reverse": {}}, '"reverse" asks nothing'),
        ({**DOG, "reverse": {"ask": "Q"}}, '"reverse.answer" is empty'),
    ],
)
def test_a_wrong_line_is_named_by_its_number(tmp_path: Path, line: Any, problem: str) -> None:
    path = _written(tmp_path, DOG, "", line)
    with pytest.raises(DataError) as caught:
        load_facts(path)
    assert f"{path}, line 3: " in caught.value.message
    assert problem in caught.value.message
    assert caught.value.exit_status == 2


def test_all_wrong_lines_are_told_of_and_many_are_counted(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"line 2: .*line 6: .*; and 2 more"):
        load_facts(_written(tmp_path, DOG, *["{"] * 7))


def test_a_file_in_which_nothing_is_told_or_asked_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing is told"):
        load_facts(_written(tmp_path, HORSE))
    with pytest.raises(DataError, match="nothing that is told in it is asked about"):
        load_facts(_written(tmp_path, {"tell": "It rained."}))
    with pytest.raises(DataError, match="There is no file"):
        load_facts(tmp_path / "none.jsonl")


def test_facts_are_shared_out_in_order_and_evenly() -> None:
    facts = tuple(Fact(str(number)) for number in range(7))
    assert [[fact.tell for fact in share] for share in FactSet(facts).shares(3)] == [
        ["0", "1", "2"],
        ["3", "4"],
        ["5", "6"],
    ]
    for nights in (0, 8):
        with pytest.raises(BadInput, match="7 facts cannot be spread"):
            FactSet(facts).shares(nights)


def test_any_answer_within_the_reply_counts_whatever_its_case() -> None:
    assert holds("It is on MAY 9, I think.", ["ninth of May", "May 9"])
    assert holds("tromsø", ["Tromsø"])
    assert not holds("It is in June.", ["May 9"])
    assert not holds("anything", [])
