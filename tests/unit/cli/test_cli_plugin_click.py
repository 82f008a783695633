from __future__ import annotations

from typing import Any, Dict, List, Tuple

import click
import pytest

from sovl_core.cli.plugin_click import to_click
from sovl_core.plugin import Command, CommandOption

pytestmark = pytest.mark.no_torch

OPTIONS = (
    CommandOption("noise", float, "How wild.", minimum=0.0, maximum=1.0),
    CommandOption("tokens", int, "How long.", default=8, minimum=1, maximum=64),
    CommandOption("mood", str, "Which mood.", choices=("calm", "wild")),
    CommandOption("temperature-on", bool, "Whether temperature counts."),
    CommandOption("app", str, "A name that the command line uses itself."),
)


def _call(command: Command, words: List[str], app: Any) -> Any:
    made = to_click(command)
    with made.make_context("/muse", words, obj=app) as context:
        return made.invoke(context)


@pytest.fixture
def muse() -> Tuple[Command, List[Tuple[List[str], Dict[str, Any]]]]:
    seen: List[Tuple[List[str], Dict[str, Any]]] = []

    def run(words: List[str], options: Dict[str, Any]) -> str:
        seen.append((words, options))
        return f"\x1b[31m{len(words)} words\n"

    help_text = "Muse about something.\n\nAnd more."
    return Command("muse", help_text, run, "muse [now|tune]", "muse tune --noise 0.1", OPTIONS, ("now", "tune")), seen


def test_words_and_options_are_handed_over_by_name(app: Any, muse: Any) -> None:
    command, seen = muse
    line = ["tune", "--noise", "0.5", "--no-temperature-on", "more", "--mood", "wild", "--app", "x"]
    _call(command, line, app)
    assert seen == [
        (
            ["tune", "more"],
            {"noise": 0.5, "tokens": 8, "mood": "wild", "temperature-on": False, "app": "x"},
        )
    ]
    assert app.stdout.getvalue() == "2 words\n"


def test_what_was_not_given_and_has_no_default_is_left_out(app: Any, muse: Any) -> None:
    command, seen = muse
    _call(command, [], app)
    assert seen == [([], {"tokens": 8})]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--noise", "2"], "0.0<=x<=1.0"),
        (["--tokens", "many"], "not a valid integer"),
        (["--mood", "blue"], "not one of"),
        (["--nosie", "1"], "No such option"),
    ],
)
def test_what_does_not_fit_is_refused(app: Any, muse: Any, words: List[str], said: str) -> None:
    command, seen = muse
    with pytest.raises(click.UsageError, match=said):
        _call(command, words, app)
    assert seen == []


def test_a_command_that_says_nothing_prints_nothing(app: Any) -> None:
    _call(Command("quiet", "Say nothing.", lambda words, options: ""), ["x"], app)
    assert app.stdout.getvalue() == ""


def test_help_holds_usage_example_and_words(muse: Any) -> None:
    made = to_click(muse[0])
    text = made.get_help(click.Context(made, info_name="/muse"))
    for part in ("Muse about something.", "now, tune", "muse tune --noise 0.1", "--noise FLOAT RANGE", "How wild."):
        assert part in text
    assert made.get_short_help_str() == "Muse about something."
