from __future__ import annotations

import dataclasses
import json
from typing import Any, List, Optional

import pytest

from sovl_core.error_handling import BadInput
from sovl_core.events import Dream
from sovl_core.explanation import Change, Explanation, MovedToken, Origin

pytestmark = pytest.mark.no_torch

MOVED = MovedToken(4, " Bis\n", " Bis\n", " Max", 2.5, 0.93, 0.01)
CHANGED = Explanation(
    12,
    "What is my\x1b[2J dog called?",
    "It is called Biscuit.",
    Change(0.5, 6, moved=[MOVED, dataclasses.replace(MOVED, position=5, chosen="scuit")]),
    night=2,
    given_in=2,
    origins=[
        Origin(3, 0.97, "My dog is called Biscuit.", None, [1], [Dream("question", "Dog?", "Biscuit.", [3], night=1)]),
        Origin(4, 0.02, "", None, [1, 2]),
        Origin(5, 0.001, "Nothing to do with it."),
    ],
    annotations={"cross_attention.relevance": 0.98},
)
SILENT = Explanation(12, "Sing.", "La.", Change(0.0, 3, exact=True), night=2, given_in=2)


class Why:
    """Answers ``why`` with an explanation, in a system that is opened."""

    def __init__(self, shell: Any, explanation: Explanation) -> None:
        self.asked: List[Optional[int]] = []
        self.error: Optional[Exception] = None

        def explain(episode: Optional[int] = None) -> Explanation:
            self.asked.append(episode)
            if self.error is not None:
                raise self.error
            return explanation

        def prepare(system: Any) -> None:
            system.why = explain

        shell.prepare = prepare


def test_what_was_changed_and_where_it_comes_from(shell: Any) -> None:
    asked = Why(shell, CHANGED).asked
    assert shell("why") == 0
    assert asked == [None]
    lines = [line.rstrip() for line in shell.out.splitlines() if line.strip(" ─")]
    assert lines[:3] == [
        "#12  › What is my dog called?",
        "It is called Biscuit.",
        "What was learned changed this reply by 0.5 nats a token; it moved 2 of its 6 tokens.",
    ]
    assert lines[4].split() == ["5", '"', 'Bis\\n"', '"', 'Max"', "93.0%", "1.0%", "2.5"]
    assert '" Bis\\n" (likelier: "scuit")' in lines[5]
    assert lines[6:] == [
        "From #3  My dog is called Biscuit.  (97%; learned in night 1)",
        "  question  Dog? → Biscuit.  (night 1)",
        "  all its dreams: sovl dreams --memory 3",
        "From #4  no longer in the journal  (2%; learned in nights 1, 2)",
        "What took part",
        "cross attention.relevance  0.98",
    ]
    assert shell.system.opened_with["read_only"] is True


def test_a_turn_is_chosen_by_its_number(shell: Any) -> None:
    why = Why(shell, SILENT)
    assert shell("why", "7") == 0
    assert why.asked == [7]
    why.error = BadInput("There is no turn 8 in this life", "Find its number: sovl history --all")
    assert shell("why", "8") == 2
    assert "sovl history --all" in shell.err
    assert shell("why", "9" * 30) == 2
    assert shell("why", "0") == 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"reasons": ["relevance 0.120 is below the threshold 0.35"]}, "relevance 0.120 is below the threshold 0.35"),
        ({"scaffold": False, "reasons": ["so"]}, "it was asked to leave the scaffold out"),
        ({"night": None, "given_in": None}, "nothing was learned yet, in no night"),
        ({}, "nothing that was learned took part (sovl plugins list)"),
    ],
)
def test_why_the_base_answered_alone(shell: Any, changes: Any, reason: str) -> None:
    Why(shell, dataclasses.replace(SILENT, **changes))
    assert shell("why") == 0
    assert f"Answered by the base alone, exactly: {reason}." in shell.out
    assert "likely with" not in shell.out
    assert "It was given" not in shell.out


def test_a_change_that_moved_nothing(shell: Any) -> None:
    Why(shell, dataclasses.replace(SILENT, change=Change(0.001, 3)))
    assert shell("why") == 0
    assert "by 0.001 nats a token; the base alone would have chosen each of its 3 tokens too." in shell.out


def test_a_reply_that_a_plugin_gave(shell: Any) -> None:
    Why(shell, dataclasses.replace(SILENT, change=Change()))
    assert shell("why") == 0
    assert "The base had no part in this reply: a plugin gave it." in shell.out


def test_a_reply_given_with_another_night(shell: Any) -> None:
    Why(shell, dataclasses.replace(SILENT, given_in=None))
    assert shell("why") == 0
    assert "It was given before the first night; this is how it looks with night 2." in shell.out


def test_of_many_moved_tokens_the_first_are_shown(shell: Any) -> None:
    moved = [dataclasses.replace(MOVED, position=number) for number in range(20)]
    Why(shell, dataclasses.replace(CHANGED, change=Change(0.5, 20, moved=moved)))
    assert shell("why") == 0
    assert "… and 8 more: --json shows them all" in shell.out
    assert shell("why", "--json") == 0
    assert len(json.loads(shell.out)["change"]["moved"]) == 20


def test_as_json(shell: Any) -> None:
    Why(shell, CHANGED)
    assert shell("why", "--json") == 0
    data = json.loads(shell.out)
    assert data == json.loads(json.dumps(dataclasses.asdict(CHANGED)))


def test_in_a_session_it_is_the_reply_that_was_shown_last(app: Any, mocker: Any) -> None:
    from sovl_core.cli.why_command import why

    system = app.system()
    system.why = mocker.Mock(return_value=SILENT)
    app.last_episode = 5
    why.main([], obj=app, standalone_mode=False)
    system.why.assert_called_once_with(5)
