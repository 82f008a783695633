from __future__ import annotations

from typing import Any, List

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.cli.command_table import SESSION, entries
from sovl_core.cli.session_commands import LeaveSession
from sovl_core.cli.slash_commands import SlashCommands, split_words
from sovl_core.error_handling import BadInput
from sovl_core.events import Feedback
from sovl_core.plugin import Command, CommandOption

pytestmark = pytest.mark.no_torch


@pytest.fixture
def slash(app: Any) -> Any:
    commands = {"sleep": Command("sleep", "A plugin's own sleep.", lambda words, options: "not the kernel's")}
    commands["muse"] = Command(
        "muse",
        "Muse.",
        lambda words, options: f"{words} {options}",
        options=(CommandOption("mood", choices=("calm", "wild")),),
        words=("now", "deep"),
    )
    app.system()
    app.slash = SlashCommands(app, commands)
    return app.slash


def _printed(app: Any) -> str:
    return str(app.stdout.getvalue())


def test_the_session_offers_what_the_shell_offers_and_more(slash: Any) -> None:
    names = slash.names()
    for name in ("ask", "tell", "sleep", "dream", "nights", "train", "status", "log", "config", "plugins", "run"):
        assert name in names
    for name in ("help", "quit", "exit", "new", "save", "good", "bad", "no", "history", "recap", "search"):
        assert name in names
    assert "chat" not in names
    assert names[-1] == "muse"
    assert names.count("sleep") == 1


def test_the_same_definitions_serve_both(app: Any, slash: Any) -> None:
    for entry in entries(SESSION):
        assert [p.name for p in slash.find(entry.name).params] == [p.name for p in entry.load().params]


def test_a_command_runs_with_its_options(app: Any, slash: Any) -> None:
    assert slash.run("/sleep -o steps=3") == 0
    assert app.opened.called("sleep") == [{"trigger": "command", "steps": 3}]
    assert "Night 1: accepted" in _printed(app)


def test_a_plugins_command_runs(app: Any, slash: Any) -> None:
    slash.run("/muse deep 'the sea' --mood calm")
    assert _printed(app) == "['deep', 'the sea'] {'mood': 'calm'}\n"


def test_a_plugins_command_behind_a_kernel_name_is_reached_by_run(app: Any, slash: Any) -> None:
    app.system().plugin_commands["sleep"] = Command("sleep", "Own.", lambda words, options: "not the kernel's")
    slash.run("/run sleep")
    assert _printed(app) == "not the kernel's\n"


def test_an_unknown_command_names_the_nearest(slash: Any) -> None:
    with pytest.raises(BadInput, match="Did you mean /sleep") as refused:
        slash.run("/slep")
    assert "a space before the slash" in refused.value.hint
    with pytest.raises(BadInput, match="All commands: /help"):
        slash.run("/xyzzy")


def test_wrong_options_are_the_usual_error(slash: Any) -> None:
    with pytest.raises(click.UsageError, match="No such option"):
        slash.run("/sleep --stpes 3")


def test_a_lone_slash_and_help_list_everything(app: Any, slash: Any) -> None:
    slash.run("/")
    alone = _printed(app)
    for name in ("/sleep", "/muse", "/quit", "Ctrl-D", "From plugins"):
        assert name in alone
    slash.run("/help")
    assert _printed(app) == alone * 2


def test_help_of_one_command_shows_options_and_examples(app: Any, slash: Any) -> None:
    slash.run("/help /sleep")
    assert "Usage: /sleep [OPTIONS]" in _printed(app)
    assert "/sleep --option steps=60" in _printed(app)
    assert slash.run("/sleep --help") == 0


def test_leaving(slash: Any) -> None:
    for line in ("/quit", "/exit"):
        with pytest.raises(LeaveSession):
            slash.run(line)


def test_new_and_save(app: Any, slash: Any) -> None:
    before = app.system().conversation
    slash.run("/new")
    assert app.system().conversation != before
    slash.run("/save")
    assert app.system().called("save") == [None]


def test_feedback_goes_to_the_last_reply(app: Any, slash: Any) -> None:
    with pytest.raises(BadInput, match="no reply yet"):
        slash.run("/good")
    reply = app.system().generate("What is my dog called?")
    slash.run("/good")
    slash.run("/bad")
    slash.run('/no My dog\'s   name is Biscuit, -not "Rex" --json')
    assert app.system().called("feedback") == [
        Feedback("rating", value=1.0, episode=reply.episode),
        Feedback("rating", value=-1.0, episode=reply.episode),
        Feedback("correction", -1.0, 'My dog\'s name is Biscuit, -not "Rex" --json', reply.episode),
    ]
    with pytest.raises(BadInput, match="no correction"):
        slash.run("/no")


def test_a_correction_may_begin_as_it_is_spoken(app: Any, slash: Any) -> None:
    app.system().generate("What is my dog called?")
    slash.run("/no, it is Biscuit.")
    slash.run("/no: Biscuit.")
    assert [one.text for one in app.system().called("feedback")] == ["it is Biscuit.", "Biscuit."]
    with pytest.raises(BadInput, match="no command /,"):
        slash.run("/,")


def test_help_alone_is_no_correction(app: Any, slash: Any) -> None:
    app.system().generate("What is my dog called?")
    assert slash.run("/no --help") == 0
    assert "Correct the last reply" in _printed(app)
    assert app.system().called("feedback") == []


def test_ask_within_a_session_is_a_conversation_of_its_own(app: Any, slash: Any) -> None:
    seen: List[Any] = []
    app.system().during_generate = seen.append
    slash.run("/ask What's up?")
    slash.run("/ask --continue And now?")
    assert seen[0]["conversation"] != app.system().conversation
    assert seen[1]["conversation"] == app.system().conversation
    assert "You said: What's up?" in _printed(app)
    with pytest.raises(click.UsageError):
        slash.run("/ask")


def test_standard_input_is_not_read_within_a_session(slash: Any) -> None:
    with pytest.raises(BadInput, match="no standard input"):
        slash.run("/tell -")


def test_several_files_are_told_within_a_session(app: Any, slash: Any, tmp_path: Any) -> None:
    for name in ("my notes", "b.txt"):
        (tmp_path / name).write_text(f"I like {name}.\n")
    assert slash.run(f"/tell '{tmp_path}/my notes' {tmp_path}/b.txt") == 0
    assert [episode.prompt for episode in app.opened.journal.unconsolidated()] == ["I like my notes.", "I like b.txt."]
    assert f"{tmp_path}/b.txt: told 1 line; 2 turns not yet slept on." in _printed(app)


def test_settings_are_changed_in_the_open_life(app: Any, slash: Any) -> None:
    slash.run("/config set generation.temperature 0.9")
    assert app.system().config.generation.temperature == 0.9
    slash.run("/config set core.seed 7")
    assert "takes effect at the next start" in _printed(app)


def _values(items: Any) -> List[str]:
    return [item.value for item in items]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("/sl", ["/sleep"]),
        ("/n", ["/new", "/no", "/nights"]),
        ("/sleep --j", ["--json"]),
        ("/config ge", ["get"]),
        ("/config get generation.temp", ["generation.temperature"]),
        ("/muse d", ["deep"]),
        ("/muse --mood w", ["wild"]),
        ("/nonsense x", []),
        ("/ask --wrong ", []),
    ],
)
def test_completion(slash: Any, line: str, expected: List[str]) -> None:
    assert _values(slash.complete(line)) == expected


def test_completion_of_plugins_and_files(app: Any, slash: Any) -> None:
    from sovl_core.plugin_records import PluginInfo

    app.system().infos = [PluginInfo("dream", "d", "1", [], True, ""), PluginInfo("muse", "m", "1", [], True, "")]
    assert _values(slash.complete("/plugins info d")) == ["dream"]
    assert [item.type for item in slash.complete("/train x")] == ["file"]
    assert {item.help for item in slash.complete("/sle")} == {
        "Sleep one night: learn what was lived since the last one."
    }


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("a  b\tc", ["a", "b", "c"]),
        ("my dog's name", ["my", "dog's", "name"]),
        ("'two words' x", ["two words", "x"]),
        ('say "hi there"', ["say", "hi there"]),
        ("'tis the season", ["'tis", "the", "season"]),
        ("'don't stop' now", ["don't stop", "now"]),
        ('""', [""]),
    ],
)
def test_words_of_a_line(line: str, words: List[str]) -> None:
    assert split_words(line) == words


@given(st.text())
def test_any_line_can_be_split(line: str) -> None:
    assert "".join("".join(split_words(line)).split()) in "".join(line.split()) or "'" in line or '"' in line


@given(st.text(st.characters(blacklist_characters="'\"")))
def test_without_quotes_words_are_what_is_between_blanks(line: str) -> None:
    assert split_words(line) == line.split()
