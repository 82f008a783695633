"""A night in a thread of its own, one at a time; the life can be closed without waiting for its end."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Callable, Optional, Union

from sovl_core.error_handling import SOVLError
from sovl_core.events import NightInterrupted, NightReport, Progress

if TYPE_CHECKING:
    from sovl_core.failures import Failures

#: What a night in the background came to.
Outcome = Union[NightReport, SOVLError, NightInterrupted]

# Seconds between two looks at a night that is waited for.
_LOOK = 0.5


class BackgroundNight:
    """Starts nights and remembers what became of the last one.

    :param sleep: lives through one night, given its trigger, a progress callback, and whether it is ``deep``.
    :param failures: takes what it raises.
    :param hangs: whether a thread is stuck in a plugin.
    :param give_up: told of a night's thread that was not waited for because it is stuck.
    """

    def __init__(
        self,
        sleep: Callable[..., NightReport],
        failures: Failures,
        hangs: Callable[[int], bool] = lambda thread: False,
        give_up: Callable[[int], None] = lambda thread: None,
    ) -> None:
        self._sleep = sleep
        self._failures = failures
        self._hangs = hangs
        self._give_up = give_up
        self._thread: Optional[threading.Thread] = None
        self.outcome: Optional[Outcome] = None

    @property
    def running(self) -> bool:
        """True while a night is being lived in the background."""
        return self._thread is not None and self._thread.is_alive()

    def start(
        self,
        trigger: str,
        progress: Optional[Callable[[Progress], None]] = None,
        finished: Optional[Callable[[Outcome], None]] = None,
        deep: Optional[bool] = None,
    ) -> bool:
        """Start a night unless one is running.

        :param progress: called from the night's thread.
        :param finished: called from the night's thread with what it came to.
        :param deep: as ``NightKeeper.sleep`` takes it.
        :return: True when it was started.
        """
        if self.running:
            return False
        self.outcome = None
        # A daemon: a process that ends without closing the life must not hang for the length of a night.
        self._thread = threading.Thread(
            target=self._live, args=(trigger, progress, finished, deep), name="sovl-night", daemon=True
        )
        self._thread.start()
        return True

    def join(self) -> None:
        """Wait until the night that is running has ended, or is stuck in a plugin that does not come back."""
        thread = self._thread
        if thread is None or thread is threading.current_thread():
            return
        while thread.is_alive():
            thread.join(_LOOK)
            if thread.ident is not None and self._hangs(thread.ident):
                self._give_up(thread.ident)
                return

    def _live(
        self,
        trigger: str,
        progress: Optional[Callable[[Progress], None]],
        finished: Optional[Callable[[Outcome], None]],
        deep: Optional[bool],
    ) -> None:
        try:
            self.outcome = self._sleep(trigger, progress, deep=deep)
        except NightInterrupted as interruption:
            self.outcome = interruption
        except Exception as error:  # nobody stands above a thread: what is not kept here is lost
            self.outcome = self._failures.survive(error, "night")
        if finished is not None:
            finished(self.outcome)
