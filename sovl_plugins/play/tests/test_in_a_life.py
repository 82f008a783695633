"""The plugin in a real life on a tiny model: opened by a program, and as commands typed in a shell."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

SAID = ["My dog is called Biscuit.", "I play chess in the garden!", "I live in Oslo."]
NAMES = ("reflect", "muse", "flare", "echo", "debate", "glitch", "mimic", "backchannel")


@pytest.fixture
def system(open_life):
    system = open_life("play", plugins__play__tokens=6, generation__greedy=True)
    for text in SAID:
        system.generate(text)
    return system


def test_what_is_played_leaves_no_trace(system):
    # The scaffold is built when it is first needed, and only then is it known how much it can take in.
    system.commands()["backchannel"].run([], {})
    vitals, episodes = system.vitals.to_dict(), system.journal.episodes()
    purposes = []
    answer = system.plugins.on_generate

    def watched(turn, innermost):
        purposes.append(turn.purpose)
        return answer(turn, innermost)

    system.plugins.on_generate = watched
    for name in NAMES:
        assert system.commands()[name].run([], {})
    assert set(purposes) == {"reflection", "dream", "play"}
    assert system.journal.episodes() == episodes
    assert system.journal.questions() == system.journal.dreams() == []
    assert system.vitals.to_dict() == vitals


def test_the_same_seed_plays_the_same(system):
    muse = system.commands()["muse"].run
    assert muse([], {"seed": 3}) == muse([], {"seed": 3})


def test_the_answer_to_a_spark_is_a_memory(system):
    question = system.commands()["spark"].run([], {})
    # The random model writes no question: the plain one is the floor.
    assert question == "Can you tell me more about Oslo?"
    reply = system.generate("It rains there.")
    (asked,) = system.journal.questions()
    assert (asked.text, asked.status, asked.answer_episode) == (question, "answered", reply.episode)
    answer = system.journal.episode(reply.episode)
    assert (answer.source, answer.weight) == ("answer", 1.2)


def test_after_going_back_the_model_hears_what_was_said_before_that(system, mocker):
    system.commands()["rewind"].run(["2"], {})
    heard = mocker.spy(system.plugins, "on_generate")
    system.generate("I live in Rome.")
    turn = heard.call_args.args[0]
    assert [message.content for message in turn.history if message.role == "user"] == SAID[:1]
    assert [memory.prompt for memory in system.journal.unconsolidated()] == [*SAID, "I live in Rome."]


def test_a_life_that_is_only_read_can_be_played_with(open_life, system):
    system.close()
    reader = open_life("play", read_only=True, plugins__play__tokens=6)
    assert reader.commands()["spark"].run([], {}) == "Can you tell me more about Oslo?"
    assert reader.commands()["echo"].run([], {})
    assert reader.journal.questions() == []


@pytest.fixture
def environment(tmp_path, tiny_base):
    """What a shell would hand to ``sovl``."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("SOVL_")},
        "SOVL_LIFE": str(tmp_path / "life"),
        "SOVL_PLUGINS": "play",
        "SOVL_PLUGINS__PLAY__TOKENS": "6",
        "SOVL_CORE__BASE_MODEL": str(tiny_base),
        "SOVL_CORE__SCAFFOLD_MODEL": "base[:2]",
        "SOVL_CORE__DEVICE": "cpu",
        "SOVL_GENERATION__MAX_NEW_TOKENS": "4",
        # Drawn at random a reply may end before its first word, and then there is nothing to hear of it.
        "SOVL_GENERATION__GREEDY": "true",
        "OMP_NUM_THREADS": "1",
        "LC_ALL": "C.UTF-8",
        "COLUMNS": "200",
    }


@pytest.fixture
def sovl(environment, monkeypatch):
    """Return ``sovl(*arguments, stdin="")``: what a command comes to, without the seconds of a process of its own."""
    from sovl_core.cli.app_context import AppContext
    from sovl_core.cli.application import run

    # Tables are as wide as the terminal of the process that they are shown in.
    monkeypatch.setenv("COLUMNS", environment["COLUMNS"])

    def run_it(*arguments, stdin=""):
        out, err = io.StringIO(), io.StringIO()
        status = run(arguments, AppContext(io.StringIO(stdin), out, err, environment))
        assert "Traceback" not in err.getvalue(), err.getvalue()
        return SimpleNamespace(returncode=status, stdout=out.getvalue(), stderr=err.getvalue())

    return run_it


def test_in_the_shell(sovl):
    assert sovl(stdin="\n".join(SAID)).returncode == 0
    listed = sovl("run").stdout
    assert "Let it ask you a question now." in listed
    assert sovl("run", "spark").stdout == "Can you tell me more about Oslo?\n"
    assert sovl("run", "debate", "Cats", "purr", "--rounds", "1").stdout.startswith("For:     ")
    refused = sovl("run", "flare", "--heat", "9")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "0.5<=x<=2.0" in refused.stderr
    assert "after “I play chess in the garden!”" in sovl("run", "rewind").stdout
    assert "Oslo" not in sovl("history").stdout
    assert sovl("ask", "--continue", "Hm").returncode == 0
    history = sovl("history").stdout
    assert "Biscuit" in history
    assert "Hm" in history
    assert "Oslo" not in history
    assert "Oslo" in sovl("history", "--all").stdout


def test_in_a_session(sovl, environment):
    lines = [*SAID, "/rewind", "/reflect --turns 2", "/spark my garden", "Roses.", "/mimic out of range --sample 1"]
    done = subprocess.run(
        [sys.executable, "-m", "sovl_core.cli"],
        input="\n".join(lines),
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr, done.stderr
    assert "You spoke of: “My dog is called Biscuit.”; “I play chess in the garden!”" in done.stderr
    assert "Can you tell me more about your garden?" in done.stderr
    assert "--sample" in done.stderr
    assert '(answers "Can you tell me more about your garden?")' in sovl("history").stdout
