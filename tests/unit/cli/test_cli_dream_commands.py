from __future__ import annotations

import json
from typing import Any

import click
import pytest

from sovl_core.cli.dream_commands import dreams
from sovl_core.events import Dream

pytestmark = pytest.mark.no_torch


def _dream(kind: str, *parents: int, **fields: Any) -> Dream:
    fields.setdefault("verdict", "accepted")
    return Dream(kind, fields.pop("prompt", "Q?"), fields.pop("completion", "A."), list(parents), "templates", **fields)


@pytest.fixture
def dreamt(shell: Any) -> Any:
    """Two nights of dreams about two memories, the second with background and a rejected one; a third without any."""

    def live(system: Any) -> None:
        journal = system.journal
        if journal.nights():
            return
        dog, town = (system.tell(text).id for text in ("My dog is called Biscuit.\x1b[2J", "I live in Oslo."))
        for dreamt in (
            [_dream("question", dog, prompt="First?")],
            [
                _dream("question", dog, prompt="What is my dog\nnamed?", completion="Biscuit."),
                _dream("rewrite", town, dog, prompt="Where?", completion="Oslo.", held_out=True),
                _dream("reverse", dog, prompt="Who is he?", verdict="rejected", why="it does not hold the fact"),
                _dream("background", prompt="Why is the sky blue?"),
                _dream("contrast", prompt="What is my cat called?"),
            ],
            [],
        ):
            number = journal.open_night(journal.current_night(), "command", {})
            journal.add_dreams(number, dreamt)
            journal.accept_night(number, "accepted", [], {})

    shell.prepare = live
    return shell


def test_before_any_dream_it_says_what_to_do(shell: Any) -> None:
    assert shell("dreams") == 0
    assert "No dreams yet" in shell.out
    assert "sovl sleep" in shell.out
    assert shell.system.opened_with["read_only"] is True
    assert shell("dreams", "--json") == 0
    assert json.loads(shell.out) == {"night": None, "counts": [], "memories": {}, "dreams": []}


def test_the_newest_night_with_dreams_memory_by_memory(dreamt: Any) -> None:
    assert dreamt("dreams") == 0
    assert [line.rstrip() for line in dreamt.out.splitlines() if line] == [
        "Night 2 (accepted): 5 dreams, 3 of them about memories; 1 held out, 1 rejected",
        "#1  My dog is called Biscuit.",
        "  question  What is my dog named? → Biscuit.  (templates, for training)",
        "  reverse   Who is he? → A.  (templates, rejected: it does not hold the fact)",
        "#2  I live in Oslo.",
        "  rewrite  Where? → Oslo.  (also of #1, templates, held out)",
        "Besides: 1 of background (--kind background), 1 of contrast (--kind contrast)",
    ]


def test_a_night_a_kind_and_what_was_rejected_can_be_asked_for(dreamt: Any) -> None:
    assert dreamt("dreams", "--night", "1") == 0
    assert "First?" in dreamt.out
    assert "What is my dog" not in dreamt.out
    assert dreamt("dreams", "--kind", "background") == 0
    assert "About no memory\n  background  Why is the sky blue? → A." in dreamt.out
    assert "What is my cat" not in dreamt.out
    assert "Besides" not in dreamt.out
    assert dreamt("dreams", "--rejected") == 0
    assert "it does not hold the fact" in dreamt.out
    assert "Oslo." not in dreamt.out
    assert dreamt("dreams", "--night", "1", "--rejected") == 0
    assert "None about a memory was rejected. There are: question" in dreamt.out
    assert dreamt("dreams", "--kind", "poem") == 0
    assert "None of kind 'poem'. There are: background, contrast, question, reverse, rewrite" in dreamt.out


def test_the_dreams_of_a_memory_come_from_all_nights(dreamt: Any) -> None:
    assert dreamt("dreams", "--memory", "1") == 0
    assert "All nights, about #1: 4 dreams; 1 held out, 1 rejected" in dreamt.out
    assert "First? → A.  (night 1, templates, for training)" in dreamt.out
    assert "(also of #1, night 2, templates, held out)" in dreamt.out
    assert dreamt("dreams", "--memory", "1", "--night", "1", "--json") == 0
    assert [one["prompt"] for one in json.loads(dreamt.out)["dreams"]] == ["First?"]


def test_what_is_not_shown_is_counted(dreamt: Any) -> None:
    assert dreamt("dreams", "-n", "1") == 0
    assert "… and 2 more; to see them all: -n 3" in dreamt.out
    assert "Oslo" not in dreamt.out


def test_as_json_with_the_memories_words(dreamt: Any) -> None:
    assert dreamt("dreams", "--json") == 0
    data = json.loads(dreamt.out)
    assert data["night"] == 2
    assert data["memories"] == {"1": "My dog is called Biscuit.\x1b[2J", "2": "I live in Oslo."}
    assert [one["kind"] for one in data["dreams"]] == ["question", "rewrite", "reverse"]
    assert {"kind": "background", "verdict": "accepted", "held_out": False, "dreams": 1} in data["counts"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--night", "3"], "Nothing was dreamed in night 3; what came of it: sovl nights show 3"),
        (["--night", "none"], "No dreams yet"),
    ],
)
def test_where_nothing_was_dreamed_it_says_what_to_do(dreamt: Any, arguments: list, said: str) -> None:
    assert dreamt("dreams", *arguments) == 0
    assert said in dreamt.out


def test_a_memory_nobody_dreamed_of(dreamt: Any) -> None:
    dreamt("ask", "Hello")
    assert dreamt("dreams", "--memory", "3") == 0
    assert "Nothing was dreamed of it" in dreamt.out


def test_dreams_on_request(shell: Any) -> None:
    def dream_of_it(system: Any) -> None:
        if not system.journal.count_dreams():
            system.journal.add_dreams(None, [_dream("question", system.tell("I live in Oslo.").id, verdict="")])

    shell.prepare = dream_of_it
    assert shell("dreams") == 0
    assert "Dreamed on request: 1 dream;" in shell.out
    assert "(templates, not verified)" in shell.out


@pytest.mark.parametrize(
    ("arguments", "said", "next_step"),
    [
        (["--night", "9"], "There is no night 9", "sovl nights list"),
        (["--night", "x"], "'x' is no night", "sovl dreams --help"),
        (["--night", "9" * 30], "is no night", "sovl dreams --help"),
        (["--memory", "9"], "There is no turn 9", "sovl search WORDS"),
        (["--memory", "9" * 30], "is not in the range", "sovl dreams --help"),
    ],
)
def test_what_is_not_there_is_named(dreamt: Any, arguments: list, said: str, next_step: str) -> None:
    assert dreamt("dreams", *arguments) == 2
    assert said in dreamt.err
    assert dreamt.err.rstrip().endswith(next_step)


def test_kinds_are_completed() -> None:
    (option,) = [one for one in dreams.params if one.name == "kind"]
    with click.Context(dreams) as context:
        assert [item.value for item in option.shell_complete(context, "re")] == ["rewrite", "reverse", "replay"]
