from __future__ import annotations

import json
from typing import Any, Callable, Optional

import pytest

from sovl_core.cli.application import run
from sovl_core.cli.forget_command import nights_text
from sovl_core.events import Dream

pytestmark = pytest.mark.no_torch


@pytest.fixture
def told(shell: Any) -> Any:
    """A life that was told three things; the first two were learned in night 1, on which night 2 builds."""

    def live(system: Any) -> None:
        if system.journal.episodes():
            return
        for text in ("My cat is called Zanzibar.", "I live in Graz.", "The cat likes tea."):
            system.tell(text)
        number = system.journal.open_night(None, "command", {})
        system.journal.add_dreams(number, [Dream("question", "Q?", "A.", parents=[1])] * 3)
        system.journal.accept_night(number, "accepted", [1, 2], {"learned": [1, 2]})
        system.journal.accept_night(system.journal.open_night(1, "command", {}), "accepted", [], {})

    shell.prepare = live
    return shell


def at_a_terminal(shell: Any, terminal: Callable[..., Any], typed: str, *arguments: str) -> int:
    app = shell.app()
    app.stdin, app.stdout = terminal(typed), terminal()
    try:
        return run(arguments, app)
    finally:
        shell.out, shell.err = app.stdout.getvalue(), app.stderr.getvalue()


def left(shell: Any) -> Any:
    """Return the numbers of what the life still knows."""
    shell("history", "--all", "--json")
    return sorted(episode["id"] for episode in json.loads(shell.out))


def test_without_a_terminal_what_would_be_forgotten_is_shown_and_nothing_is(told: Any) -> None:
    assert told("forget", "cat") == 2
    assert "#1" in told.out
    assert "#3" in told.out
    assert "Graz" not in told.out
    assert "nobody is there to confirm it" in told.err
    assert told.err.rstrip().endswith("sovl forget --yes 3 1") or told.err.rstrip().endswith("sovl forget --yes 1 3")
    assert left(told) == [1, 2, 3]


@pytest.mark.parametrize(
    ("typed", "forgotten"), [("y\n", True), ("YES\n", True), ("n\n", False), ("\n", False), ("", False)]
)
def test_at_a_terminal_it_asks_first(told: Any, terminal: Any, typed: str, forgotten: bool) -> None:
    assert at_a_terminal(told, terminal, typed, "forget", "#3") == 0
    assert "The cat likes tea." in told.out
    assert "Forget 1 turn for good? [y/N]" in told.out
    assert ("Forgot 1 turn." in told.out) == forgotten
    assert ("Nothing was done." in told.out) != forgotten
    assert left(told) == ([1, 2] if forgotten else [1, 2, 3])


def test_what_was_learned_is_said_to_show_until_a_deep_sleep(told: Any) -> None:
    assert told("forget", "--yes", "zanzibar") == 0
    assert "Forgot 1 turn and 3 dreams of it." in told.out
    assert "may still show in night 2 until the next deep sleep: sovl sleep --deep" in told.out
    assert "train" not in told.out
    assert left(told) == [2, 3]


def test_what_was_never_learned_shows_nowhere(told: Any) -> None:
    assert told("forget", "-y", "3") == 0
    assert told.out.strip() == "Forgot 1 turn."


def test_turns_that_say_it_too_are_shown_with_how_to_forget_them(told: Any) -> None:
    live = told.prepare

    def repeated(system: Any) -> None:
        live(system)
        if len(system.journal.episodes()) == 3:
            asked = system.tell("Who likes what?")
            system.journal.finish_episode(asked.id, "The cat likes tea very much.")

    told.prepare = repeated
    assert told("forget", "-y", "3") == 0
    assert "This turn says it too, or nearly the same:" in told.out
    assert "#4" in told.out
    assert "The cat likes tea very much." in told.out
    assert told.out.rstrip().endswith("To forget that as well: sovl forget 4")


def test_many_that_say_it_too_are_counted_and_a_few_shown(told: Any) -> None:
    live = told.prepare

    def repeated(system: Any) -> None:
        live(system)
        for number in range(7):
            system.tell(f"The cat likes tea, take {number}.")

    told.prepare = repeated
    assert told("forget", "-y", "3") == 0
    assert "These 7 turns say it too, or nearly the same:" in told.out
    assert "take 4" in told.out
    assert "take 5" not in told.out
    assert told.out.rstrip().endswith("To forget those as well: sovl forget 4 5 6 7 8 9 10")


def test_traces_that_a_reader_keeps_in_the_file_are_told(told: Any) -> None:
    live = told.prepare
    told.prepare = lambda system: (live(system), setattr(system, "journal_is_read", True))
    assert told("forget", "-y", "3") == 0
    assert "unused parts of the file" in told.out


def test_what_was_trained_by_day_is_named_where_a_deep_sleep_would_lose_it(told: Any) -> None:
    live = told.prepare

    def trained(system: Any) -> None:
        live(system)
        if system.journal.current_night() == 2:
            system.journal.accept_night(system.journal.open_night(2, "train", {}), "accepted", [], {})

    told.prepare = trained
    assert told("forget", "-y", "1") == 0
    assert "leaves behind what `sovl train` has taught (night 3)" in told.out


def test_as_json(told: Any) -> None:
    assert told("forget", "--yes", "--json", "1", "1", "#3") == 0
    expected = {"episodes": [1, 3], "dreams": 3, "still_shows": True, "nights": [1, 2], "traces": False}
    expected["said_again"] = []
    assert json.loads(told.out) == expected


def test_a_number_that_was_said_and_names_no_turn(told: Any) -> None:
    assert told("tell", "-", stdin="The code for the cellar is 7316.\n7316 opens the garage too.\n") == 0
    assert told("forget", "--yes", "7316") == 2
    assert "There is no turn 7316 in this life" in told.err
    assert "To forget what says 7316: sovl forget 4 5" in told.err
    assert told("forget", "--yes", "4", "5") == 0
    assert told("forget", "--yes", "7316") == 2
    assert "Find it with `sovl search WORDS`" in told.err


@pytest.mark.parametrize(("words", "said"), [(["9"], "There is no turn 9"), ([], "There is nothing to forget")])
def test_what_cannot_be_forgotten(told: Any, words: list, said: str) -> None:
    assert told("forget", "--yes", *words) == 2
    assert said in told.err


def test_words_that_were_never_said(told: Any) -> None:
    assert told("forget", "--yes", "parrot") == 0
    assert "Nothing was said about 'parrot'." in told.out
    assert left(told) == [1, 2, 3]


def deep_night(system: Any) -> Optional[int]:
    number = system.journal.open_night(system.journal.current_night(), "command", {}, deep=True)
    system.journal.accept_night(number, "accepted", [2], {})
    return number


def test_nights_that_learned_it_are_removed_after_a_deep_sleep(told: Any, terminal: Any) -> None:
    told("forget", "-y", "1")
    live = told.prepare
    told.prepare = lambda system: (live(system), deep_night(system) if system.journal.current_night() == 2 else None)
    assert told("forget", "--purge") == 2
    assert "Nights 1 and 2 learned what was forgotten" in told.out
    assert told.err.rstrip().endswith("sovl forget --purge --yes")
    assert at_a_terminal(told, terminal, "no\n", "forget", "--purge") == 0
    assert "Nothing was done." in told.out
    assert at_a_terminal(told, terminal, "y\n", "forget", "--purge") == 0
    assert "Removed nights 1 and 2" in told.out
    assert told("forget", "--purge") == 0
    assert "No night on the disk has learned what was forgotten." in told.out


def test_it_can_be_asked_for_in_a_session(told: Any, app: Any, mocker: Any) -> None:
    from sovl_core.cli.slash_commands import SlashCommands

    system = app.system()
    app.slash = SlashCommands(app, {})
    mocker.patch.object(type(app), "interactive", True)
    asked = mocker.patch("prompt_toolkit.prompt", side_effect=[EOFError, "y"])
    app.slash.run("/forget likes tea")
    assert system.journal.episode(3) is not None
    app.slash.run("/forget likes tea")
    assert system.journal.episode(3) is None
    assert asked.call_args.args == ("Forget 1 turn for good? [y/N] ",)
    app.slash = None


def test_nights_in_words() -> None:
    assert nights_text([3]) == "night 3"
    assert nights_text([1, 2, 5]) == "nights 1, 2 and 5"
