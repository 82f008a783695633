"""Talking: ``chat``, ``ask``, ``tell``."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Optional, Tuple

import click

from sovl_core.cli.journal_commands import waiting_text
from sovl_core.cli.terminal import require_whole
from sovl_core.importing.recognition import FORMATS, LINES

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext
    from sovl_core.events import Reply
    from sovl_core.importing.reading import Reading
    from sovl_core.importing.several import Source
    from sovl_core.importing.taking_in import TakenIn

STDIN = "-"


@click.command("chat")
@click.option("--continue", "go_on", is_flag=True, help="Go on with the last conversation instead of a new one.")
@click.pass_obj
def chat(app: AppContext, go_on: bool) -> int:
    """Talk in a session.

    Ctrl-C stops a reply, Ctrl-D saves and leaves, /help lists the commands. With piped input each line is a turn and
    standard output gets the replies alone.
    """
    if app.interactive:
        from sovl_core.cli.session import run_session

        return run_session(app, go_on)
    from sovl_core.cli.piped_session import run_piped

    return run_piped(app, go_on)


@click.command("ask")
@click.argument("text", nargs=-1, metavar="TEXT")
@click.option("--json", "as_json", is_flag=True, help="Print the reply with its confidence and numbers as JSON.")
@click.option("--no-scaffold", is_flag=True, help="Let the bare base model answer, without anything it learned.")
@click.option("--continue", "go_on", is_flag=True, help="Ask within the last conversation instead of a new one.")
@click.option("--max-tokens", type=click.IntRange(1, 32768), help="Longest reply, in tokens, for this one.")
@click.pass_obj
def ask(
    app: AppContext,
    text: Tuple[str, ...],
    as_json: bool,
    no_scaffold: bool,
    go_on: bool,
    max_tokens: Optional[int],
) -> int:
    """Ask one thing in a conversation of its own and print the reply.

    TEXT is the question; "-" or nothing reads it from standard input.
    """
    from sovl_core.cli.errors import EXIT_INTERRUPTED
    from sovl_core.cli.replies import ReplyPrinter
    from sovl_core.cli.turns import choose_conversation, take_turn

    question = _question(app, text)
    system = app.system()
    fields: Dict[str, Any] = {"use_scaffold": False} if no_scaffold else {}
    if max_tokens is not None:
        fields["max_new_tokens"] = max_tokens
    fields["conversation"] = choose_conversation(app, system, go_on)
    if as_json:
        reply = take_turn(app, system, question, None, **fields)
        app.print_json(reply_data(reply))
    else:
        width = app.out.width if app.out.is_terminal else 0
        reply = take_turn(app, system, question, ReplyPrinter(app.result_stream, app.err, width), **fields)
        if reply.question:
            app.note(f"? {reply.question}")
    return EXIT_INTERRUPTED if reply.finish_reason == "cancelled" else 0


@click.command("tell")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(allow_dash=True))
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="What FILE is: lines, prompt and response pairs (JSONL), the log of llm, ChatGPT's export.  "
    "[default: as its content says]",
)
@click.pass_obj
def tell(app: AppContext, files: Tuple[str, ...], form: Optional[str]) -> None:
    """Put files into the journal, without replies; also chat exports.

    Each line of FILE that is not blank is one thing told, to be learned in the next night; "-" reads standard input.
    JSON lines with a prompt and a response or completion, the database of the tool llm (logs.db) and ChatGPT's export
    (the zip as it comes, or conversations.json out of it) are taken in too: each turn with its own time and
    conversation. What the user said is learned from, the answers are kept beside it. The same FILE told again adds only
    what is new in it. Of several each is told in its turn, and none when one of them cannot be read.
    """
    from sovl_core.cli.progress import show_progress_when_told
    from sovl_core.importing.several import tell_all

    def take_in(reading: Reading) -> TakenIn:
        # Opened by the first file that can be read: a mistyped name begins no life.
        system = app.system()
        with show_progress_when_told(app.err) as report:
            return system.tell_file(reading, progress=report)

    sources = [_source(app, file, form or "") for file in dict.fromkeys(files)]
    tell_all(sources, take_in, lambda taken: _report(app, taken, named=len(sources) > 1))


def _report(app: AppContext, taken: TakenIn, named: bool) -> None:
    for unusable in taken.quoted:
        app.note(f"{taken.name}, {unusable}")
    more = taken.unusable - len(taken.quoted)
    if more > 0:
        app.note(app.typed(f"… and {more} more that cannot be used. See: sovl log --errors"))
    if taken.left_out:
        where = f"{taken.name}, left out: " if named else "Left out: "
        app.note(where + ", ".join(f"{what}: {count}" for what, count in taken.left_out.items()))
    told = f"{taken.name}: told" if named else "Told"
    app.print(f"{told} {_amount(taken)}; {waiting_text(app.system().journal)} not yet slept on.")


def _source(app: AppContext, file: str, form: str) -> Source:
    """Return what opens a file, or standard input for "-"."""
    from sovl_core.error_handling import DataError
    from sovl_core.importing.reading import opened_file, read_bytes

    if file != STDIN:
        return lambda: opened_file(Path(file), form)
    if app.in_session:
        raise DataError("Within a session there is no standard input to read", "Name a file: /tell FILE")
    raw = _standard_input(app)
    return lambda: contextlib.nullcontext(read_bytes(raw, "standard input", form))


def _amount(taken: TakenIn) -> str:
    """Return how much was told, and how much of it was known."""
    what = "line" if taken.form == LINES else "turn"
    told = f"{taken.new} {what}{'' if taken.new == 1 else 's'}"
    if taken.form != LINES and taken.conversations:
        told += f" of {taken.conversations} conversation{'' if taken.conversations == 1 else 's'}"
    if taken.known:
        told += f", {taken.known} {'was' if taken.known == 1 else 'were'} there already"
    return told


def reply_data(reply: Reply) -> Dict[str, Any]:
    """Return what ``ask --json`` prints of a reply."""
    return {
        "text": reply.text,
        "confidence": reply.confidence,
        "finish_reason": reply.finish_reason,
        "prompt_tokens": reply.prompt_tokens,
        "tokens": len(reply.token_ids),
        "seconds": round(reply.seconds, 3),
        "question": reply.question,
        "episode": reply.episode,
    }


def _standard_input(app: AppContext) -> bytes:
    # What is told becomes memory: bytes that are no text must be refused rather than replaced.
    raw = getattr(app.stdin, "buffer", None)
    return app.stdin.read().encode("utf-8", "surrogateescape") if raw is None else raw.read()


def _question(app: AppContext, text: Tuple[str, ...]) -> str:
    if app.in_session:
        question = " ".join(text)
    elif not text and app.stdin.isatty():
        question = ""
    else:
        question = app.stdin.read() if text in ((), (STDIN,)) else " ".join(text)
    if not question.strip():
        raise click.UsageError("There is nothing to ask.", click.get_current_context())
    require_whole(question, "the question")
    return question.strip()
