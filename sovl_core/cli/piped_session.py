"""A session without a terminal: each line that is piped in is a turn, replies alone go to standard output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sovl_core.cli.errors import EXIT_INTERRUPTED, print_error
from sovl_core.cli.replies import ReplyPrinter
from sovl_core.cli.session_commands import LeaveSession, RestartSession
from sovl_core.cli.slash_commands import SLASH, SlashCommands
from sovl_core.cli.terminal import require_whole
from sovl_core.cli.turns import take_turn

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext
    from sovl_core.system import SOVLSystem


def run_piped(app: AppContext, go_on: bool = False) -> int:
    """Answer standard input line by line.

    A line that fails is explained on standard error and the next one is taken; slash commands print to standard error.

    :param go_on: go on with the last conversation.
    :return: 0 when every line went well, else the exit status of the last failure.
    """
    system = app.system()
    if go_on:
        system.conversation = system.journal.last_conversation() or system.conversation
    app.slash = SlashCommands(app, system.commands())
    replies = app.out
    app.results_to(app.err)
    status = 0
    try:
        for number, line in enumerate(app.stdin, start=1):
            try:
                failed = _take(app, system, line, f"standard input, line {number}", ReplyPrinter(app.stdout))
            except RestartSession:
                system = app.reopen()
                app.slash = SlashCommands(app, system.commands())
                continue
            if failed == EXIT_INTERRUPTED:
                return failed
            status = failed or status
            app.check_plugins()
    except LeaveSession:
        pass
    finally:
        app.results_to(replies)
        app.slash = None
    return status


def _take(app: AppContext, system: SOVLSystem, line: str, name: str, printer: ReplyPrinter) -> int:
    text = line.rstrip("\r\n")
    if not text.strip():
        return 0
    try:
        require_whole(text, name)
        if text.startswith(SLASH):
            return app.require_slash().run(text)
        reply = take_turn(app, system, text.strip(), printer)
    except (LeaveSession, RestartSession, BrokenPipeError):
        raise
    except Exception as failure:
        return print_error(app.err, failure, app.options.debug, in_session=True)
    if reply.question:
        app.note(f"? {reply.question}")
    return EXIT_INTERRUPTED if reply.finish_reason == "cancelled" else 0
