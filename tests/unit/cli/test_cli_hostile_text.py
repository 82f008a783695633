"""Text that would command the terminal, from everybody who says something: it never arrives raw."""

from __future__ import annotations

import re
from typing import Any, List

import pytest

from sovl_core.events import Dream, Feedback, Reply
from sovl_core.plugin import Command, CommandOption
from sovl_core.plugin_records import PluginInfo

pytestmark = pytest.mark.no_torch

#: A title, the clipboard, a link, colours, the cursor, a screen cleared; C1; what turns and hides text; floods.
HOSTILE = (
    "\x1b]0;owned\x07\x1b]52;c;b3duZWQ=\x1b\\\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\\x1b[31;46;5mred\x1b[2J\x1b[H"
    "\x9b31;46m\x9d0;owned\x9c\x90q\x9c\x85over\rwritten\x08\x08\x7f\x00\x0b\x0c\x1bc\u202egnp\u2066x\u200b\ufeff"
    "\U000e0041\u2028\ud800e" + "\u0301" * 300 + " end"
)
#: Whatever rich writes itself on a terminal is neither of these.
RAW = re.compile(
    "\x1b\\]|\x1b[PX^_c]|[\x00\x07\x08\x0b\x0c\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\ufeff\u2028\U000e0041]"
)
OWN = re.compile(r"\x1b\[\d*(?:;\d+)*m|\x1b\[\?25[lh]|\x1b\[\d?[AK]|\r(?=\x1b)")


def unsafe(text: str) -> List[str]:
    """Return what in a text should not have reached the terminal."""
    left = OWN.sub("", text)
    flood = re.findall("\u0301{17,}", text)
    found = RAW.findall(text) + re.findall("[\x1b\r]", left) + flood + re.findall(r"\x1b\[(?:31;46|2J|H)", text)
    return found + re.findall("[\ud800-\udfff]", text)


def fill(system: Any) -> None:
    """Say hostile things wherever somebody can."""
    journal = system.journal
    first = journal.begin_episode(f"user {HOSTILE}", source=HOSTILE, conversation=system.conversation)
    journal.finish_episode(first.id, f"model {HOSTILE}")
    second = journal.begin_episode(f"newer {HOSTILE}", conversation=HOSTILE)
    journal.set_learnable(second.id, False, HOSTILE)
    journal.add_question(f"{HOSTILE}?", HOSTILE, episode=first.id)
    journal.add_feedback(Feedback("correction", text=HOSTILE, episode=first.id))
    night = journal.open_night(None, HOSTILE, {HOSTILE: HOSTILE})
    dreams = [Dream("question", HOSTILE, HOSTILE, [first.id], HOSTILE, HOSTILE, verdict="accepted")]
    dreams += [Dream(HOSTILE, HOSTILE, "c", [first.id], verdict="rejected", why=HOSTILE)]
    journal.add_dreams(night, dreams)
    journal.accept_night(
        night, "accepted", [first.id], {"reason": HOSTILE, "metrics": {HOSTILE: 1.0}, "notes": [HOSTILE]}
    )
    system.logger.write({"level": "error", "event": HOSTILE, "message": HOSTILE, HOSTILE: HOSTILE})
    system.config.generation.system_prompt = HOSTILE
    system.infos = [PluginInfo(HOSTILE, HOSTILE, HOSTILE, [HOSTILE], False, HOSTILE, summary=HOSTILE)]
    system.plugin_commands = {
        "evil": Command(
            "evil",
            HOSTILE,
            lambda words, options: HOSTILE,
            usage=HOSTILE,
            example=HOSTILE,
            words=(HOSTILE,),
            options=(CommandOption("tune", HOSTILE, choices=(HOSTILE,)),),
        )
    }
    system.replies = [["begun ", *HOSTILE], [HOSTILE]]
    system.question = HOSTILE
    status = system.status()
    status.update(conversation=HOSTILE, panels=[{"plugin": HOSTILE, "title": HOSTILE, "rows": {HOSTILE: HOSTILE}}])
    status["plugins"].append({"name": HOSTILE, "enabled": False, "reason": HOSTILE})
    status["timings"] = {HOSTILE: {HOSTILE: {"calls": 1, "seconds": 0.1}}}
    system.status = lambda: status


@pytest.fixture(params=["pipe", "terminal"])
def run(request: pytest.FixtureRequest, shell: Any, terminal: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return ``run(*arguments, stdin="")``: what a command prints of a life full of hostile text, and its status."""
    shell.prepare = fill
    if request.param == "terminal":
        monkeypatch.setenv("TERM", "xterm-256color")
        plain = shell.app

        def on_a_terminal(stdin: str = "") -> Any:
            app = plain(stdin)
            return type(app)(app.stdin, terminal(), terminal(), shell.environ, shell._open)

        def app(stdin: str = "") -> Any:
            made = on_a_terminal(stdin)
            made.options.life = shell.folder
            return made

        monkeypatch.setattr(shell, "app", app)

    def call(*arguments: str, stdin: str = "") -> Any:
        status = shell(*arguments, stdin=stdin)
        return status, shell.out + shell.err

    return call


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask", "hello"],
        ["ask", HOSTILE.replace("\x00", "")],
        ["ask", "--json", "hello"],
        ["run", "evil"],
        ["run", "--help"],
        ["run", "evil", "--help"],
        ["run", "evil", HOSTILE],
        ["run", "evil", "--tune", "x"],
        ["run", HOSTILE],
        ["tell", HOSTILE],
        ["status"],
        ["status", "--json"],
        [HOSTILE],
        ["config", "get", HOSTILE],
        ["config", "set", "core.seed", HOSTILE],
        ["--set", HOSTILE, "status"],
        ["--set", f"generation.system_prompt={HOSTILE}", "config", "get", "generation.system_prompt"],
        ["--life", f"/nowhere/{HOSTILE}".replace("\x00", ""), "history"],
        ["--plugins", HOSTILE, "status"],
        ["train", HOSTILE],
        ["import", HOSTILE],
        ["nights", "show", HOSTILE],
        ["chat", "--conversation", HOSTILE],
    ],
)
def test_no_command_prints_it_raw(run: Any, arguments: List[str]) -> None:
    status, printed = run(*arguments)
    assert printed
    assert unsafe(printed) == []
    assert "Traceback" not in printed
    assert status in (0, 1, 2)


@pytest.mark.parametrize(
    "arguments",
    [
        ["history"],
        ["history", "--json"],
        ["search", "end"],
        ["recap"],
        ["dreams"],
        ["dreams", "--rejected"],
        ["dreams", "--kind", HOSTILE],
        ["dreams", "--json"],
        ["nights"],
        ["nights", "show", "1"],
        ["nights", "show", "1", "--dreams"],
        ["nights", "--json"],
        ["log"],
        ["log", "--json"],
        ["log", "--errors"],
        ["forget", "end", "--yes"],
        ["forget", "--number", "1"],
    ],
)
def test_nothing_that_looks_back_prints_it_raw(run: Any, shell: Any, arguments: List[str]) -> None:
    from sovl_core.system_logging import ThreadSafeLogger

    kept = shell._open(shell.folder)
    for entry in kept.logger.read():
        ThreadSafeLogger(kept.life.log_path).write(entry)
    kept.close()
    shell.prepare = lambda system: None
    status, printed = run(*arguments)
    assert printed
    assert unsafe(printed) == []
    assert "Traceback" not in printed
    assert status in (0, 1, 2)


def test_a_piped_session_answers_without_it(run: Any) -> None:
    status, printed = run(stdin=f"hello\n/evil\n/help evil\n/{HOSTILE}\n")
    assert "begun" in printed
    assert unsafe(printed) == []
    assert status in (0, 1, 2)


@pytest.mark.parametrize("debug", [True, False])
def test_neither_errors_nor_tracebacks_print_it(run: Any, shell: Any, debug: bool) -> None:
    def prepare(system: Any) -> None:
        def generate(*_words: Any, **_fields: Any) -> Reply:
            raise RuntimeError(HOSTILE)

        system.generate = generate

    shell.prepare = prepare
    status, printed = run(*(["--debug"] if debug else []), "ask", "hello")
    assert status == 1
    assert unsafe(printed) == []
    assert ("Traceback" in printed) is debug
