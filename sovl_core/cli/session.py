"""The interactive session: reads lines, streams replies, runs slash commands, lets the life speak up in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from sovl_core.cli.announcer import Announcer
from sovl_core.cli.completion import SlashCompleter
from sovl_core.cli.errors import print_error
from sovl_core.cli.idle_watch import IdleWatch
from sovl_core.cli.keyboard import keys_kept
from sovl_core.cli.night_board import NightBoard, outcome_text
from sovl_core.cli.presence import Presence
from sovl_core.cli.prompt_line import PromptLine
from sovl_core.cli.replies import ReplyPrinter
from sovl_core.cli.session_commands import LeaveSession, RestartSession
from sovl_core.cli.slash_commands import SLASH, SlashCommands
from sovl_core.cli.terminal import clean
from sovl_core.cli.turns import take_turn
from sovl_core.masking import types_secret

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext
    from sovl_core.events import Utterance
    from sovl_core.system import SOVLSystem


def run_session(app: AppContext, go_on: bool = False) -> int:
    """Open the life, talk until the user leaves, and return the exit status.

    :param go_on: go on with the last conversation.
    """
    # Fetching the model may take minutes, or fail: better before the first word than after it.
    system = app.system_with_model()
    if go_on:
        system.conversation = system.journal.last_conversation() or system.conversation
    with keys_kept(app.stdin):
        while True:
            try:
                return Session(app, system).run()
            except RestartSession:
                app.print("Saving, and starting afresh.", "dim")
                system = app.reopen()


class Session:
    """One sitting at the terminal.

    :param prompt_settings: handed to prompt_toolkit; tests give it their own input and output.
    """

    def __init__(self, app: AppContext, system: SOVLSystem, **prompt_settings: Any) -> None:
        self._app = app
        self._system = system
        self._slash = SlashCommands(app, system.commands())
        self._presence = Presence()
        self._announcer = Announcer()
        self._board = NightBoard(self._redraw)
        self._last_outcome = ""
        self._line = PromptLine(
            system.life.history_path,
            SlashCompleter(self._slash),
            self._presence,
            self._announcer,
            lambda: self._board.line,
            self._for_the_history,
            **prompt_settings,
        )
        self._watch = IdleWatch(
            system,
            self._presence,
            self._speak,
            self._board.progress,
            self._night_ended,
            self._tell_failure,
            system.models,
            hangs=system.plugins.hanging,
        )

    def run(self) -> int:
        """Talk until the user leaves; the life is saved when its context is closed.

        :raises RestartSession: when the user wants to start afresh.
        """
        self._app.slash = self._slash
        self._app.note_sink = lambda text: self._announcer.say(lambda: self._app.print(text, "dim"))
        self._app.alert_sink = self._announcer.alert
        self._greet()
        self._watch.start()
        try:
            while self._step():
                pass
            self._app.print("Saving; the night goes on another time." if self._system.asleep else "Saving.", "dim")
        finally:
            self._watch.stop()
            self._app.note_sink = self._app.alert_sink = None
            self._announcer.show_waiting()
            self._app.slash = None
        return 0

    def _step(self) -> bool:
        """Read and take one line; return False when the user leaves."""
        self._announcer.show_waiting()
        try:
            line = self._line.read()
        except EOFError:
            return False
        except KeyboardInterrupt:
            return True
        try:
            self._take(line)
        except LeaveSession:
            return False
        except RestartSession:
            raise
        except KeyboardInterrupt:
            self._app.print("Stopped.", "dim")
        except Exception as failure:
            print_error(self._app.err, failure, self._app.options.debug, in_session=True)
        self._app.check_plugins()
        return True

    def _take(self, line: str) -> None:
        if not line.strip():
            return
        if line.startswith(SLASH):
            self._slash.run(line)
            self._app.print()
            self._line.refresh_toolbar()
        else:
            self._talk(line.strip())

    def _talk(self, text: str) -> None:
        out = self._app.out
        printer = ReplyPrinter(self._app.stdout, out, out.width if out.is_terminal else 0)
        reply = take_turn(self._app, self._system, text, printer)
        if reply.finish_reason == "cancelled":
            self._app.print("(stopped)", "dim")
        elif reply.finish_reason == "length":
            self._app.print("(cut at generation.max_new_tokens)", "dim")
        if reply.question:
            self._show_question(reply.question)
        self._app.print()

    def _for_the_history(self, line: str) -> str:
        # Left out as a whole: with its value masked it would set the mask when it is typed again.
        return "" if line.startswith(SLASH) and types_secret(line) else self._system.journal.screened(line, "typed")

    def _greet(self) -> None:
        from sovl_core import __version__

        current = self._system.journal.current_night()
        facts = [
            f"sovl {__version__}",
            self._system.config.core.base_model.split("/")[-1],
            "no night yet" if current is None else f"night {current}",
            str(self._system.life.path),
        ]
        self._app.print(" · ".join(facts), "dim")
        self._app.print("/help lists the commands, Ctrl-D saves and leaves.\n", "dim")

    def _speak(self, utterance: Utterance) -> None:
        show = self._show_question if utterance.question else self._show_words
        self._announcer.say(lambda: show(utterance.text))

    def _show_words(self, text: str) -> None:
        self._app.out.print(Text(f"… {clean(text).strip()} …", style="italic magenta"), soft_wrap=True)

    def _show_question(self, text: str) -> None:
        self._app.out.print(
            Text("? ", style="bold magenta").append(clean(text).strip(), style="magenta"), soft_wrap=True
        )

    def _night_ended(self, outcome: Any) -> None:
        self._board.awake()
        text = outcome_text(outcome)
        # A plugin that asks for a night again and again may fail again and again: once is enough to know.
        if text and text != self._last_outcome:
            self._app.note(text)
        self._last_outcome = text

    def _tell_failure(self, failure: BaseException) -> None:
        self._announcer.say(lambda: self._show_failure(failure))

    def _show_failure(self, failure: BaseException) -> None:
        print_error(self._app.err, failure, self._app.options.debug, in_session=True)

    def _redraw(self) -> None:
        self._line.refresh_toolbar()
