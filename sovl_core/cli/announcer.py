"""Says things above the line that is being typed, without disturbing it; nothing said is ever lost."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, Callable, Deque, Optional


class Announcer:
    """Keeps what other threads want to say until it can be shown.

    While a prompt waits, what is said appears above it at once. While a reply is being written it waits for
    :meth:`show_waiting`, which the session calls before each prompt.
    """

    def __init__(self) -> None:
        self._waiting: Deque[Callable[[], None]] = deque()
        self._lock = threading.Lock()
        self._prompt: Optional[Any] = None

    def say(self, show: Callable[[], None]) -> None:
        """Have something shown as soon as possible.

        :param show: prints it; called in the thread of the prompt.
        """
        self._waiting.append(show)
        with self._lock:
            prompt = self._prompt
            if prompt is not None and prompt.loop is not None:
                prompt.loop.call_soon_threadsafe(self._show_above)

    def prompt_begins(self, application: Any) -> None:
        """Take note that a prompt (a running prompt_toolkit application) waits for input."""
        with self._lock:
            self._prompt = application
        if self._waiting:
            self._show_above()

    def prompt_ends(self) -> None:
        """Take note that no prompt waits any more."""
        with self._lock:
            self._prompt = None

    def show_waiting(self) -> None:
        """Show what has been waiting, one after another; called when no prompt is on the screen."""
        while self._waiting:
            self._waiting.popleft()()

    def _show_above(self) -> None:
        from prompt_toolkit.application import run_in_terminal

        # Between the request and now the prompt may have ended; what waits is shown before the next one.
        if self._prompt is not None:
            run_in_terminal(self.show_waiting)
