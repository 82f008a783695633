"""Talking: ``chat``, ``ask``, ``tell``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Tuple

import click

from sovl_core.cli.terminal import numbered_lines, require_whole

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext
    from sovl_core.error_handling import SOVLError
    from sovl_core.events import Reply

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
@click.pass_obj
def ask(app: AppContext, text: Tuple[str, ...], as_json: bool, no_scaffold: bool, go_on: bool) -> int:
    """Ask one thing in a conversation of its own and print the reply.

    TEXT is the question; "-" or nothing reads it from standard input.
    """
    from sovl_core.cli.errors import EXIT_INTERRUPTED
    from sovl_core.cli.replies import ReplyPrinter
    from sovl_core.cli.turns import choose_conversation, take_turn

    question = _question(app, text)
    system = app.system()
    fields: Dict[str, Any] = {"use_scaffold": False} if no_scaffold else {}
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
@click.argument("file", metavar="FILE", type=click.Path(allow_dash=True))
@click.pass_obj
def tell(app: AppContext, file: str) -> None:
    """Put the lines of a file into the journal, without replies.

    Each line of FILE that is not blank is one thing told, to be learned in the next night; "-" reads standard input.
    """
    from sovl_core.error_handling import SOVLError

    lines = read_lines(app, file)
    system = app.system()
    for told, (number, line) in enumerate(lines):
        try:
            system.tell(line)
        except SOVLError as error:
            raise _told_in_part(error, file, told, len(lines), number) from error
    waiting = system.journal.count_unconsolidated()
    app.print(f"Told {len(lines)} {'line' if len(lines) == 1 else 'lines'}; {waiting} not yet slept on.")


def _told_in_part(error: SOVLError, file: str, told: int, lines: int, number: int) -> SOVLError:
    from sovl_core.error_handling import SOVLError

    rest = f"tail -n +{number} {'FILE' if file == STDIN else shlex.quote(file)} | sovl tell -"
    return SOVLError(
        f"{told} of {lines} lines are in the journal, then this failed: {error.message}",
        f"{error.hint or 'Try again'}. To tell the rest: {rest}",
    )


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


def read_lines(app: AppContext, file: str) -> List[Tuple[int, str]]:
    """Return number and text of each line of a file, or of standard input for "-", that says something.

    :raises DataError: when there is no such file, it is no UTF-8 text, or it says nothing.
    """
    from sovl_core.error_handling import DataError

    if file == STDIN:
        if app.in_session:
            raise DataError("Within a session there is no standard input to read", "Name a file: /tell FILE")
        text = _standard_input(app)
    else:
        text = read_text(Path(file))
    lines = numbered_lines(text)
    if not lines:
        raise DataError(
            f"{'standard input' if file == STDIN else file}: there is nothing in it",
            "Write one thing to tell on each line",
        )
    return lines


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file.

    :raises DataError: when it cannot be read, naming the line of a byte that is no UTF-8.
    """
    from sovl_core.error_handling import DataError

    try:
        raw = path.expanduser().read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}", "Check the path and its rights") from error
    return decode(raw, str(path))


def decode(raw: bytes, name: str) -> str:
    """Return UTF-8 text.

    :param name: where the bytes come from, for messages.
    :raises DataError: when they are no text, naming the line.
    """
    from sovl_core.error_handling import DataError

    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(f"{name}, line {line}: not UTF-8 text", "Save the file as UTF-8") from error
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise DataError(f"{name}, line {line}: this is no text file", "Give a text file of one thing a line")
    return text


def _standard_input(app: AppContext) -> str:
    # What is told becomes memory: bytes that are no text must be refused rather than replaced.
    raw = getattr(app.stdin, "buffer", None)
    return app.stdin.read() if raw is None else decode(raw.read(), "standard input")


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
