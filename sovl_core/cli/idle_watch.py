"""A thread that lets the life use moments of silence: plugins may speak up, or send it to sleep."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Callable, Optional

if TYPE_CHECKING:
    from sovl_core.cli.presence import Presence
    from sovl_core.events import Progress, Utterance
    from sovl_core.system import SOVLSystem

#: Seconds between two looks.
INTERVAL = 1.0
#: Seconds after the last key in which nobody is interrupted.
TYPING_PAUSE = 3.0


class IdleWatch:
    """Calls ``system.idle`` about once a second while the session waits for input.

    :param speak: shows something said unasked.
    :param progress: receives the progress of a night that began by itself.
    :param finished: receives what such a night came to.
    :param failed: told of what went wrong here; the thread goes on.
    :param prepare: called once at the start of the thread, such as to load the models while the user types.
    :param hangs: whether a thread is stuck in a plugin that does not come back.
    """

    def __init__(
        self,
        system: SOVLSystem,
        presence: Presence,
        speak: Callable[[Utterance], None],
        progress: Callable[[Progress], None],
        finished: Callable[[Any], None],
        failed: Callable[[BaseException], None],
        prepare: Optional[Callable[[], Any]] = None,
        interval: float = INTERVAL,
        hangs: Callable[[int], bool] = lambda thread: False,
    ) -> None:
        self._system = system
        self._presence = presence
        self._speak = speak
        self._progress = progress
        self._finished = finished
        self._failed = failed
        self._prepare = prepare
        self._interval = interval
        self._hangs = hangs
        self._stopping = threading.Event()
        self._last_failure = ""
        self._thread = threading.Thread(target=self._watch, name="sovl-idle", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; returns when a look that is under way has ended, or is stuck in a plugin."""
        self._stopping.set()
        while self._thread.is_alive() and not self._hangs(self._thread.ident or 0):
            self._thread.join(self._interval)

    def look(self) -> None:
        """Let the life use this moment, if it is one of silence."""
        from sovl_core.events import Idle

        if not self._presence.listening:
            return
        silence = self._presence.silence()
        idle = Idle(
            seconds=silence,
            conversation=self._system.conversation,
            last_prompt=self._system.vitals.last_prompt,
            may_speak=silence >= TYPING_PAUSE,
        )
        for utterance in self._system.idle(idle, self._progress, self._finished):
            self._presence.touch()
            self._speak(utterance)

    def _watch(self) -> None:
        if self._prepare is not None:
            self._attempt(self._prepare)
        while not self._stopping.wait(self._interval):
            self._attempt(self.look)

    def _attempt(self, work: Callable[[], Any]) -> None:
        try:
            work()
        except Exception as failure:
            # The same failure comes back every second: it is told once.
            said = f"{type(failure).__name__}: {failure}"
            if said != self._last_failure:
                self._last_failure = said
                self._failed(failure)
