from __future__ import annotations

from typing import Any

import pytest

from sovl_core.cli.feedback_commands import bad, correct, good, last_reply
from sovl_core.cli.slash_commands import SlashCommands
from sovl_core.cli.turns import take_turn
from sovl_core.error_handling import BadInput
from sovl_core.events import Feedback

pytestmark = pytest.mark.no_torch


def _call(app: Any, command: Any, *words: str) -> None:
    with command.make_context("x", list(words), obj=app) as context:
        command.invoke(context)


@pytest.fixture
def app(app: Any) -> Any:
    app.slash = SlashCommands(app, {})
    return app


def test_without_a_reply_there_is_nothing_to_rate(app: Any) -> None:
    app.system().tell("Only told.")
    for command, words in ((good, ()), (bad, ()), (correct, ("It", "is", "so."))):
        with pytest.raises(BadInput, match="no reply yet"):
            _call(app, command, *words)


def test_the_newest_reply_of_this_conversation_is_meant(app: Any) -> None:
    system = app.system()
    first = system.generate("One")
    system.tell("Told after it.")
    system.generate("Elsewhere", conversation="other")
    assert last_reply(app).id == first.episode
    _call(app, good)
    _call(app, bad)
    assert system.called("feedback") == [
        Feedback("rating", value=1.0, episode=first.episode),
        Feedback("rating", value=-1.0, episode=first.episode),
    ]


def test_a_correction_is_any_sentence(app: Any) -> None:
    system = app.system()
    reply = system.generate("What is my dog called?")
    _call(app, correct, "It", "is", "--not", "-5", "but", "Biscuit.")
    assert system.called("feedback") == [
        Feedback("correction", -1.0, "It is --not -5 but Biscuit.", reply.episode),
    ]
    with pytest.raises(BadInput, match="There is no correction"):
        _call(app, correct, " ")


def test_the_reply_that_was_shown_last_is_meant_wherever_it_was(app: Any) -> None:
    system = app.system()
    system.generate("One")
    elsewhere = take_turn(app, system, "Elsewhere", None, conversation="other")
    _call(app, good)
    assert system.called("feedback")[0].episode == elsewhere.episode
    assert "Noted as good: You said: Elsewhere" in app.stdout.getvalue()


def test_in_a_shell_the_last_reply_of_the_life_is_meant(shell: Any) -> None:
    assert shell("good") == 2
    assert "Nothing was answered yet" in shell.err
    assert shell("ask", "What is my dog called?") == 0
    assert shell("good") == 0
    assert shell.system.called("feedback") == [Feedback("rating", value=1.0, episode=1)]
    assert shell("no", "it", "is", "--not", "Rex,", "but", "Biscuit.") == 0
    assert shell.system.called("feedback") == [Feedback("correction", -1.0, "it is --not Rex, but Biscuit.", 1)]
    assert shell("no", "--help") == 0
    assert "Correct the last reply" in shell.out
    assert "--help" not in [said.text for said in shell.system.called("feedback")]
