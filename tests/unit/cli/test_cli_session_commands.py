from __future__ import annotations

from typing import Any

import pytest

from sovl_core.cli.session_commands import (
    KEYS,
    LeaveSession,
    RestartSession,
    leave,
    load,
    new,
    panic,
    save,
    show_help,
)
from sovl_core.cli.slash_commands import SlashCommands
from sovl_core.error_handling import BadInput
from sovl_core.journal import Journal
from sovl_core.plugin import Command

pytestmark = pytest.mark.no_torch


@pytest.fixture
def run(app: Any) -> Any:
    """Return ``run(command, *words)``: call a command within a session; returns what was printed."""
    system = app.system()
    app.slash = SlashCommands(app, {"muse": Command("muse", "Muse about it.", lambda words, options: "")})

    def call(command: Any, *words: str) -> str:
        with command.make_context("x", list(words), obj=app) as context:
            command.invoke(context)
        assert system is app.opened
        return str(app.stdout.getvalue())

    return call


def test_help_lists_sections_plugins_and_keys(run: Any) -> None:
    printed = run(show_help)
    assert [
        printed.index(title) for title in ("Talk", "Learn", "Look back", "Set up", "From plugins", "Keys")
    ] == sorted(printed.index(title) for title in ("Talk", "Learn", "Look back", "Set up", "From plugins", "Keys"))
    assert "Muse about it." in printed
    assert all(key in printed for key in KEYS)


def test_help_of_one_with_or_without_its_slash(run: Any) -> None:
    once = run(show_help, "sleep")
    assert "Usage: /sleep" in once
    assert run(show_help, "/sleep") == once * 2


def test_new_and_save(run: Any, app: Any) -> None:
    before = app.opened.conversation
    run(new)
    assert app.opened.conversation != before
    run(save)
    assert app.opened.called("save") == [None]


def test_leaving(run: Any) -> None:
    with pytest.raises(LeaveSession):
        run(leave)


def test_starting_afresh(run: Any) -> None:
    with pytest.raises(RestartSession):
        run(panic)


def test_loading_goes_on_with_another_life_or_with_this_one(run: Any, app: Any, tmp_path: Any) -> None:
    here, there = app.life_path(), tmp_path / "there"
    with pytest.raises(RestartSession):
        run(load)
    assert app.life_path() == here
    with pytest.raises(BadInput, match=r"there holds no life\. A new one begins with: sovl --life FOLDER"):
        run(load, str(there))
    there.mkdir()
    Journal(there / "journal.db").close()
    with pytest.raises(RestartSession):
        run(load, str(there))
    assert app.life_path() == there
