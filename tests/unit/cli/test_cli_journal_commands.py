from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = pytest.mark.no_torch


def test_history_of_the_last_conversation(shell: Any) -> None:
    assert shell("history") == 0
    assert "Nothing was said yet" in shell.out
    shell("ask", "First\x1b[31m")
    shell("ask", "Second")
    assert shell("history") == 0
    assert "Second" in shell.out
    assert "First" not in shell.out
    assert shell.system.opened_with["read_only"] is True


def test_history_of_all_is_oldest_first(shell: Any) -> None:
    for text in ("First\x1b[31m", "Second", "Third"):
        shell("ask", text)
    assert shell("history", "--all", "-n", "2") == 0
    assert "First" not in shell.out
    assert shell.out.index("Second") < shell.out.index("Third")
    assert shell("history", "--all", "--json") == 0
    assert [turn["prompt"] for turn in json.loads(shell.out)] == ["First\x1b[31m", "Second", "Third"]


def test_search(shell: Any) -> None:
    shell("ask", "My dog is called Biscuit")
    shell("ask", "My cat is called Tom")
    assert shell("search", "Biscuit") == 0
    assert "You said: My dog" in shell.out
    assert "Tom" not in shell.out
    assert shell("search", "--", "-x", "zebra") == 0
    assert "Nothing was said" in shell.out
    assert shell("search", "zebra", "--json") == 0
    assert json.loads(shell.out) == []


def test_recap_of_a_day(shell: Any) -> None:
    shell("tell", "-", stdin="".join(f"Fact number {number}.\n" for number in range(12)))

    def ask(system: Any) -> None:
        if not system.journal.questions(status="asked"):
            system.journal.add_question("What is fact 13?", "curiosity", status="asked")

    shell.prepare = ask
    assert shell("recap") == 0
    assert "Fact number 0." in shell.out
    assert "… and 2 more" in shell.out
    assert "not yet slept on    12 turns\n" in shell.out
    assert "What is fact 13?" in shell.out
    assert "current night       none yet" in shell.out
