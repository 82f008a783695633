"""The command line and the session as processes of their own, in a real pseudo-terminal, on a tiny random model."""

from __future__ import annotations

import codecs
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

from sovl_core.cli.terminal import StreamCleaner

PLUGIN = Path(__file__).parent / "cli_plugin"
WAIT = 180.0
COMMAND = [sys.executable, "-m", "sovl_core.cli"]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")


@pytest.fixture
def environment(tmp_path: Path, tiny_base: Path) -> Dict[str, str]:
    """A life of its own with the talker as the only plugin."""
    info = tmp_path / "site" / "sovl_talker-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sovl-talker\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[sovl]\ntalker = sovl_talker:Talker\n")
    root = Path(__file__).parents[2]
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("SOVL_")},
        "PYTHONPATH": os.pathsep.join([str(root), str(tmp_path / "site"), str(PLUGIN)]),
        "SOVL_LIFE": str(tmp_path / "life"),
        "SOVL_PLUGINS": "talker",
        "SOVL_CORE__BASE_MODEL": str(tiny_base),
        "SOVL_CORE__SCAFFOLD_MODEL": "none",
        "SOVL_CORE__DEVICE": "cpu",
        "OMP_NUM_THREADS": "1",
        "TERM": "xterm-256color",
        "LC_ALL": "C.UTF-8",
    }


def sovl(environment: Dict[str, str], *arguments: str, stdin: str = "") -> subprocess.CompletedProcess:
    command = [*COMMAND, *arguments]
    return subprocess.run(
        command, input=stdin, capture_output=True, text=True, env=environment, timeout=WAIT, check=False
    )


class Sitting:
    """A session in a pseudo-terminal: type keys, wait for text."""

    def __init__(self, environment: Dict[str, str], *arguments: str) -> None:
        import pty

        self._screen, terminal = pty.openpty()
        self._process = subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env=environment,
            start_new_session=True,
        )
        os.close(terminal)
        self.seen = ""
        self._position = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._cleaner = StreamCleaner()

    def type(self, keys: str) -> None:
        os.write(self._screen, keys.encode())

    def interrupt(self) -> None:
        """What the terminal does at Ctrl-C while nothing reads keys."""
        os.kill(self._process.pid, signal.SIGINT)

    def wait_for(self, text: str) -> str:
        """Return everything up to the text, from where the last wait ended."""
        deadline = time.monotonic() + WAIT
        while text not in self.seen[self._position :]:
            piece = self._read(deadline)
            assert piece, f"{text!r} never came; this did: {self.seen[self._position :]!r}"
            self.seen += piece
        end = self.seen.index(text, self._position) + len(text)
        passed, self._position = self.seen[self._position : end], end
        return passed

    def leave(self) -> int:
        """Press Ctrl-D and return the exit status."""
        self.type("\x04")
        return self.wait_for_end()

    def wait_for_end(self) -> int:
        deadline = time.monotonic() + WAIT
        while True:
            piece = self._read(deadline)
            if not piece:
                break
            self.seen += piece
        return self._process.wait(WAIT)

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._screen)

    def _read(self, deadline: float) -> str:
        """Return the next text as a reader sees it, "" at the end or when nothing came in time."""
        import select

        while True:
            ready, _, _ = select.select([self._screen], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                return ""
            try:
                piece = os.read(self._screen, 65536)
            except OSError:  # how Linux says that the other end is closed
                return ""
            if not piece:
                return ""
            text = self._decoder.decode(piece)
            if "\x1b[6n" in text:
                os.write(self._screen, b"\x1b[1;1R")
            text = self._cleaner.feed(text)
            if text:
                return text


@pytest.fixture
def sit(environment: Dict[str, str]) -> Iterator[Any]:
    sittings: List[Sitting] = []

    def begin(*arguments: str, **settings: str) -> Sitting:
        for name, value in settings.items():
            environment[f"SOVL_PLUGINS__TALKER__{name.upper()}"] = value
        sittings.append(Sitting(environment, *arguments))
        return sittings[-1]

    yield begin
    for sitting in sittings:
        sitting.close()


def journal(environment: Dict[str, str]) -> List[Dict[str, Any]]:
    listed = sovl(environment, "history", "--all", "--json")
    assert listed.returncode == 0, listed.stderr
    turns: List[Dict[str, Any]] = json.loads(listed.stdout)
    return turns


def test_a_session_streams_answers_and_saves(sit: Any, environment: Dict[str, str]) -> None:
    sitting = sit()
    sitting.wait_for("Ctrl-D saves and leaves.")
    sitting.type("Hello\r")
    sitting.wait_for("You said: Hello")
    sitting.type("/shout and so on\r")
    sitting.wait_for("AND SO ON")
    assert sitting.leave() == 0
    assert [turn["reply"] for turn in journal(environment)] == ["You said: Hello"]
    assert "Traceback" not in sitting.seen


def test_panic_in_the_middle_of_a_night_starts_afresh(sit: Any, environment: Dict[str, str]) -> None:
    sovl(environment, "tell", "-", stdin="My dog is called Biscuit.\n")
    sitting = sit(nap="true")
    sitting.type("Hello\r")
    sitting.wait_for("You said: Hello")
    sitting.wait_for("asleep · training")
    sitting.type("/panic\r")
    sitting.wait_for("starting afresh")
    sitting.wait_for("saves and leaves.")
    sitting.type("Good morning\r")
    sitting.wait_for("You said: Good morning")
    assert sitting.leave() == 0
    _, hello, morning = journal(environment)
    assert hello["conversation"] != morning["conversation"]
    (night,) = json.loads(sovl(environment, "nights", "list", "--json").stdout)
    assert night["status"] == "interrupted"


def test_what_is_forgotten_in_a_session_is_asked_for_first(sit: Any, environment: Dict[str, str]) -> None:
    sitting = sit()
    sitting.type("My cat is called Zanzibar.\r")
    sitting.wait_for("You said: My cat is called Zanzibar.")
    for answer, said in (("n", "Nothing was done."), ("y", "Forgot 1 turn.")):
        sitting.type("/forget cat\r")
        sitting.wait_for("Forget 1 turn for good? [y/N]")
        sitting.type(f"{answer}\r")
        sitting.wait_for(said)
    sitting.type("Hello\r")
    sitting.wait_for("You said: Hello")
    assert sitting.leave() == 0
    assert [turn["prompt"] for turn in journal(environment)] == ["Hello"]
    life = Path(environment["SOVL_LIFE"])
    assert [path.name for path in life.rglob("*") if path.is_file() and b"Zanzibar" in path.read_bytes()] == []


def test_ctrl_c_stops_the_reply_and_not_the_session(sit: Any, environment: Dict[str, str]) -> None:
    sitting = sit()
    sitting.type("Tell me a story\r")
    sitting.wait_for("word word word")
    sitting.interrupt()
    sitting.wait_for("(stopped)")
    sitting.type("And now\r")
    sitting.wait_for("You said: And now")
    assert sitting.leave() == 0
    story, now = journal(environment)
    assert 0 < len(story["reply"].split()) < 10_000
    assert now["reply"] == "You said: And now"


def test_a_question_into_the_silence_leaves_half_typed_words_alone(sit: Any, environment: Dict[str, str]) -> None:
    sitting = sit(speak="true")
    sitting.wait_for("saves and leaves.")
    sitting.type("half a tho")
    sitting.wait_for("? Are you still there?")
    sitting.type("ught\r")
    sitting.wait_for("You said: half a thought")
    assert sitting.leave() == 0
    (turn,) = journal(environment)
    assert turn["prompt"] == "half a thought"
    # It came after a question: the kernel takes it for the answer.
    assert turn["source"] == "answer"


def test_a_night_in_the_background_shows_gives_way_and_is_told_of(sit: Any, environment: Dict[str, str]) -> None:
    sovl(environment, "tell", "-", stdin="My dog is called Biscuit.\n")
    sitting = sit(nap="true")
    sitting.wait_for("asleep · training")
    sitting.type("Are you awake?\r")
    sitting.wait_for("You said: Are you awake?")
    sitting.wait_for("Night 1 is over: accepted. It learned 1 of what was lived.")
    assert sitting.leave() == 0
    assert (
        "night 1" in sovl(environment, "recap").stdout.lower()
        or json.loads(sovl(environment, "nights", "list", "--json").stdout)[0]["current"]
    )


def test_leaving_in_the_middle_of_a_night_keeps_it_for_later(sit: Any, environment: Dict[str, str]) -> None:
    sovl(environment, "tell", "-", stdin="My dog is called Biscuit.\n")
    sitting = sit(nap="true")
    sitting.wait_for("asleep · training")
    assert sitting.leave() == 0
    assert "the night goes on another time" in sitting.seen
    (night,) = json.loads(sovl(environment, "nights", "list", "--json").stdout)
    assert night["status"] == "interrupted"


def test_ctrl_c_in_a_night_of_the_session_wakes_it(sit: Any, environment: Dict[str, str]) -> None:
    sitting = sit()
    sitting.type("/sleep\r")
    sitting.wait_for("training")
    sitting.interrupt()
    sitting.wait_for("The next sleep goes on with it.")
    sitting.type("Good morning\r")
    sitting.wait_for("You said: Good morning")
    assert sitting.leave() == 0


def test_a_terminal_that_is_closed_closes_the_life(sit: Any, environment: Dict[str, str]) -> None:
    sitting = sit()
    sitting.type("Hello\r")
    sitting.wait_for("You said: Hello")
    os.kill(sitting._process.pid, signal.SIGHUP)
    assert sitting.wait_for_end() == 128 + signal.SIGHUP
    assert sovl(environment, "ask", "Still there?").returncode == 0


def test_a_piped_session(environment: Dict[str, str]) -> None:
    done = sovl(environment, stdin="One\n/shout two\nThree\n")
    assert (done.returncode, done.stdout) == (0, "You said: One\nYou said: Three\n")
    assert done.stderr.strip() == "TWO"


def test_the_commands_of_a_day(environment: Dict[str, str], tmp_path: Path) -> None:
    assert sovl(environment, "run", "shout", "hello").stdout == "HELLO\n"
    reply = json.loads(sovl(environment, "ask", "Hi", "--json").stdout)
    assert reply["text"] == "You said: Hi"
    night = sovl(environment, "sleep", "--json")
    assert json.loads(night.stdout)["status"] == "accepted"
    assert "training 1/40" in night.stderr
    assert "Night 1 is undone" in sovl(environment, "nights", "undo").stdout
    assert sovl(environment, "status").returncode == 0
    assert sovl(environment, "recap").returncode == 0
    doctor = sovl(environment, "doctor", "--json")
    assert {finding["what"]: finding["state"] for finding in json.loads(doctor.stdout)}["plugins"] == "good"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["ask", "Hi", "--set", "core.base_model=/nowhere"], 1, "was not found"),
        (["train", "/nowhere.jsonl"], 2, "no such file"),
        (["ask", "Hi", "--set", "core.sede=1"], 2, "core.seed"),
        (["ask", "Hi", "--plugins", "nothing"], 2, "nothing"),
        (["nights", "use", "7"], 2, "no accepted night 7"),
        (["status", "--life", "/nowhere/at/all"], 2, "no life at"),
    ],
)
def test_bad_input_ends_with_what_to_do(
    environment: Dict[str, str], arguments: List[str], status: int, said: str
) -> None:
    done = sovl(environment, *arguments)
    assert done.returncode == status, done.stderr
    assert said in done.stderr
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1].startswith("next:  ")
    assert "Traceback" not in done.stderr


def test_a_life_that_is_open_elsewhere_can_be_read_but_not_written(sit: Any, environment: Dict[str, str]) -> None:
    sitting = sit()
    sitting.type("Hello\r")
    sitting.wait_for("You said: Hello")
    assert sovl(environment, "history").returncode == 0
    refused = sovl(environment, "tell", "-", stdin="One\n")
    assert refused.returncode == 1
    assert "process" in refused.stderr
    assert sitting.leave() == 0


def test_a_killed_session_loses_no_word(sit: Any, environment: Dict[str, str]) -> None:
    sitting = sit()
    sitting.type("Tell me a story\r")
    sitting.wait_for("word word")
    os.kill(sitting._process.pid, signal.SIGKILL)
    sitting.wait_for_end()
    (turn,) = journal(environment)
    assert turn["prompt"] == "Tell me a story"
