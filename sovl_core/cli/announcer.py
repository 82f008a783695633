"""Says things above the line that is being typed, without disturbing it; nothing said is ever lost."""

from __future__ import annotations

import asyncio
import contextlib
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
        self._loop: Optional[asyncio.AbstractEventLoop] = None

    def say(self, show: Callable[[], None]) -> None:
        """Have something shown as soon as possible.

        :param show: prints it; called in the thread of the prompt.
        """
        self._waiting.append(show)
        with self._lock:
            loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the prompt has ended meanwhile: it is shown before the next one
                loop.call_soon_threadsafe(self._show_above)

    def alert(self, show: Callable[[], None]) -> None:
        """Have something shown that cannot wait: above the prompt, or in the middle of what goes on."""
        with self._lock:
            prompting = self._loop is not None
        if prompting:
            self.say(show)
        else:
            show()

    def prompt_begins(self, application: Any) -> None:
        """Take note that a prompt waits for input; called within its event loop.

        :param application: the prompt_toolkit application that runs.
        """
        with self._lock:
            self._prompt, self._loop = application, asyncio.get_running_loop()
        if self._waiting:
            self._loop.call_soon(self._show_above)

    def prompt_ends(self) -> None:
        """Take note that no prompt waits any more."""
        with self._lock:
            self._prompt = self._loop = None

    def show_waiting(self) -> None:
        """Show what has been waiting, one after another; called when no prompt is on the screen."""
        while self._waiting:
            self._waiting.popleft()()

    def _show_above(self) -> None:
        prompt = self._prompt
        # Between the request and now the prompt may have ended; what waits is shown before the next one.
        if prompt is None or not prompt.is_running or prompt.is_done or not self._waiting:
            return
        # Not run_in_terminal: it gives the terminal its line editing back meanwhile, which swallows a Ctrl-D.
        prompt.renderer.erase()
        self.show_waiting()
        prompt.renderer.request_absolute_cursor_position()
        prompt.invalidate()
