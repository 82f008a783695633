"""The line one types in: history in a file, completion, keys, the toolbar of a night in the background."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, List, Optional

from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.styles import Style

from sovl_core.durable import private_opener

if TYPE_CHECKING:
    from prompt_toolkit.completion import Completer
    from prompt_toolkit.formatted_text import StyleAndTextTuples

    from sovl_core.cli.announcer import Announcer
    from sovl_core.cli.presence import Presence

PROMPT = "› "
PLAIN_PROMPT = "> "

STYLE = {
    "prompt": "ansicyan bold",
    "bottom-toolbar": "noreverse fg:ansibrightblack",
    "completion-menu": "bg:default fg:default",
    "completion-menu.completion.current": "reverse",
    "completion-menu.meta.completion": "bg:default fg:ansibrightblack",
    "completion-menu.meta.completion.current": "bg:default fg:ansibrightblack",
    "auto-suggestion": "fg:ansibrightblack",
}


class SafeHistory(FileHistory):
    """History in a file; a full disk costs the history of that line, not the session.

    :param screen: returns a line as it may be written down, "" for one that may not.
    """

    def __init__(self, filename: str, screen: Callable[[str], str] = str) -> None:
        super().__init__(filename)
        self._screen = screen
        self._typed: List[str] = []

    def store_string(self, string: str) -> None:
        """Keep a line for :meth:`write_down`."""
        self._typed.append(string)

    def write_down(self) -> None:
        """Append to the file what was typed since the last time; called when no prompt is on the screen.

        Plugins look at it first, and while a prompt has the terminal no Ctrl-C gets past one that hangs.
        """
        while self._typed:
            kept = self._screen(self._typed.pop(0))
            if kept:
                with contextlib.suppress(OSError):
                    open(self.filename, "ab", opener=private_opener).close()
                    super().store_string(kept)


class PromptLine:
    """Reads lines from a terminal.

    :param history: the file of what was typed before.
    :param toolbar: returns the line below the prompt, None for none.
    :param screen: returns a line as it may be kept in ``history``, "" for one that may not.
    :param settings: further arguments of ``PromptSession``, such as ``input`` and ``output`` in tests.
    """

    def __init__(
        self,
        history: Path,
        completer: Completer,
        presence: Presence,
        announcer: Announcer,
        toolbar: Callable[[], Optional[str]],
        screen: Callable[[str], str] = str,
        **settings: Any,
    ) -> None:
        self._presence = presence
        self._announcer = announcer
        self._toolbar = toolbar
        self._history = SafeHistory(str(history), screen)
        self._session: PromptSession[str] = PromptSession(
            history=self._history,
            completer=completer,
            complete_while_typing=True,
            auto_suggest=AutoSuggestFromHistory(),
            key_bindings=_keys(),
            style=Style.from_dict(STYLE),
            erase_when_done=False,
            reserve_space_for_menu=6,
            **settings,
        )
        self._session.default_buffer.on_text_changed += lambda _buffer: presence.touch()
        self._message: StyleAndTextTuples = [
            ("class:prompt", PROMPT if _can_show(PROMPT, self._session) else PLAIN_PROMPT)
        ]

    def read(self, default: str = "") -> str:
        """Return the next line.

        :param default: what stands in the line to begin with.
        :raises KeyboardInterrupt: for Ctrl-C.
        :raises EOFError: for Ctrl-D on an empty line.
        """
        self.refresh_toolbar()
        self._presence.begin_listening()
        try:
            with patch_stdout(raw=True):
                line = self._session.prompt(
                    self._message, default=default, pre_run=lambda: self._announcer.prompt_begins(self._session.app)
                )
        finally:
            self._announcer.prompt_ends()
            self._presence.end_listening()
        self._history.write_down()
        return line

    def refresh_toolbar(self) -> None:
        """Show or hide the toolbar and draw the prompt again; may be called from any thread."""
        # A toolbar that is merely empty would still take a line of the screen.
        self._session.bottom_toolbar = self._line if self._toolbar() is not None else None
        self._session.app.invalidate()

    def _line(self) -> str:
        return f" {self._toolbar() or ''}"


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("escape", "enter")
    def _new_line(event: Any) -> None:
        event.current_buffer.insert_text("\n")

    return keys


def _can_show(text: str, session: PromptSession[str]) -> bool:
    try:
        text.encode(session.app.output.encoding())
    except (UnicodeEncodeError, LookupError):
        return False
    return True
