"""The ``sovl`` command: its top level, and the way from arguments to an exit status."""

from __future__ import annotations

import os
import sys
from typing import Any, List, Optional, Sequence

import click

from sovl_core.cli.app_context import AppContext
from sovl_core.cli.command_group import TableGroup
from sovl_core.cli.command_table import SHELL
from sovl_core.cli.errors import EXIT_FAILURE, EXIT_INTERRUPTED, explain, print_error
from sovl_core.cli.global_options import global_parameters
from sovl_core.cli.interrupts import termination_unwinds
from sovl_core.cli.library_noise import library_warnings_logged
from sovl_core.cli.shell_completion import complete

HELP = """A local language model that learns from its own conversations while it sleeps.

Without a command it opens a session. What is piped in is answered line by line."""

EPILOG = """\b
Begin:
  sovl                        talk; Ctrl-D saves and leaves
  sovl sleep                  let it learn what it was told
  sovl config describe        every setting with its range
\b
These options work before and after a command's name."""


def build_application() -> click.Group:
    """Return the top level with its global options; commands are imported when they are called."""
    application = TableGroup(
        "sovl",
        place=SHELL,
        help=HELP,
        epilog=EPILOG,
        invoke_without_command=True,
        callback=_chat_without_command,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    application.params = [*global_parameters(), _version_option()]
    return application


def run(arguments: Optional[Sequence[str]] = None, app: Optional[AppContext] = None) -> int:
    """Run one command.

    :param arguments: the command line without the program's name; the process's own by default.
    :param app: the surroundings; replaced in tests.
    :return: exit status: 0, 1 for a failure, 2 for bad input, 130 for Ctrl-C.
    """
    app = AppContext() if app is None else app
    words: List[str] = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with termination_unwinds(), library_warnings_logged(app):
            return _run_and_close(words, app)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python must not complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILURE
    except (KeyboardInterrupt, click.Abort):
        print_error(app.err, KeyboardInterrupt())
        return EXIT_INTERRUPTED
    except Exception as failure:
        return print_error(app.err, failure, _debug_wanted(app))


def _run_and_close(words: List[str], app: AppContext) -> int:
    application = build_application()
    completed = complete(application, app)
    if completed is not None:
        return completed
    try:
        with application.make_context("sovl", words, obj=app) as context:
            result: Any = application.invoke(context)
    except click.exceptions.Exit:
        app.close()
        raise
    except BaseException as failure:
        _close_after(failure, app)
        raise
    app.close()
    app.stdout.flush()
    return result if isinstance(result, int) else 0


def _close_after(failure: BaseException, app: AppContext) -> None:
    """Close the life after a failure; what goes wrong in that is a note, for the failure is what has to be mended."""
    try:
        app.close()
    except Exception as another:
        said = explain(another).message
        if said != explain(failure).message:
            app.note(f"When the life was closed, this failed too: {said}")


def _debug_wanted(app: AppContext) -> bool:
    app.options.apply_environment(app.environ)
    return app.options.debug


@click.pass_context
def _chat_without_command(context: click.Context) -> Any:
    if context.invoked_subcommand is not None:
        return None
    from sovl_core.cli.talk_commands import chat

    return context.invoke(chat)


def _version_option() -> click.Option:
    def show(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
        if wanted and not context.resilient_parsing:
            from sovl_core import __version__

            click.echo(f"sovl {__version__}")
            context.exit()

    return click.Option(
        ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=show, help="Show the version."
    )
