"""Who may use the models: one thread at a time, user turns before long work, long work that gives way."""

from __future__ import annotations

import contextlib
import threading
from typing import Callable, ContextManager, Dict, Iterator, Optional

from sovl_core.error_handling import SOVLError


class ModelGate:
    """A re-entrant lock around the models that knows turns (short) from work (a night, a training run).

    A thread that holds the gate may enter it again. Work holds the gate for minutes; it calls :meth:`give_way` between
    its pieces, and turns that wait there are let through. Only one piece of work is in progress at a time.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._owner: Optional[int] = None
        self._depth = 0
        # Turns that wait or are under way, in threads that did not hold the gate before.
        self._turns = 0
        self._work: Optional[str] = None
        self._worker: Optional[int] = None
        # Depths of the turns whose threads are stuck and have lost the models meanwhile.
        self._stuck: Dict[int, int] = {}

    @property
    def work(self) -> Optional[str]:
        """What long work is in progress, holding the gate or having given way; None when there is none."""
        return self._work

    def wait_for_work(self) -> None:
        """Return when no work is in progress; the thread that works itself does not wait."""
        with self._changed:
            while self._work is not None and self._worker != threading.get_ident():
                self._changed.wait()

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the models for one turn; waits for other turns and for the next :meth:`give_way` of work."""
        me = threading.get_ident()
        with self._changed:
            if self._owner != me:
                self._turns += 1
                try:
                    self._take(me)
                except BaseException:  # Ctrl-C while waiting: work must not wait for a turn that never comes
                    self._turns -= 1
                    self._changed.notify_all()
                    raise
            self._depth += 1
        try:
            yield
        finally:
            with self._changed:
                self._depth -= 1
                if self._depth == 0:
                    self._turns -= 1
                    self._release()

    @contextlib.contextmanager
    def hold(self, work: str) -> Iterator[None]:
        """Hold the models for long work, named as in "a night" for the message to whoever comes second.

        :raises SOVLError: when other work is in progress, or within a turn of the same thread.
        """
        me = threading.get_ident()
        with self._changed:
            if self._work is not None:
                raise SOVLError(f"{self._work} is in progress already", "Wait until it has ended, then try again")
            if self._owner == me:
                raise SOVLError(f"{work} cannot begin in the middle of a turn", "Start it when the reply is there")
            self._work, self._worker = work, me
            try:
                self._take(me)
            except BaseException:
                self._work = self._worker = None
                raise
            self._depth = 1
        try:
            yield
        finally:
            with self._changed:
                if self._worker == me:
                    self._work, self._worker, self._depth = None, None, 0
                    self._release()

    def take_from(self, thread: int) -> None:
        """Let others have the models while a turn is stuck: its thread does not come back from a plugin.

        Work keeps them: what it was about to change is half changed.
        """
        with self._changed:
            if self._owner != thread or self._worker == thread:
                return
            self._stuck[thread], self._depth = self._depth, 0
            self._turns -= 1
            self._release()

    def take_back(self) -> None:
        """Go on with a turn whose models were taken from it; called by its thread, waits until they are free."""
        me = threading.get_ident()
        with self._changed:
            depth = self._stuck.pop(me, None)
            if depth is None:
                return
            self._turns += 1
            self._take(me)
            self._depth = depth

    def give_up(self, thread: int) -> None:
        """Go on as if a thread's work had ended, which does not come back: for the moment the life is closed."""
        with self._changed:
            if self._worker == thread:
                self._work = self._worker = None
                self._depth = 0
                self._release()

    def give_way(self, lend: Callable[[], ContextManager[None]]) -> bool:
        """Let waiting turns through; called by the thread that works.

        :param lend: entered while the gate is still held and left after it is held again: puts the models in the state
            that turns should see, and puts the work's own state back.
        :return: True when a turn was waiting.
        """
        me = threading.get_ident()
        with self._changed:
            if self._turns == 0 or self._owner != me:
                return False
        with lend(), self._changed:
            depth, self._depth = self._depth, 0
            self._release()
            try:
                while self._turns:
                    self._changed.wait()
            finally:
                # Also after Ctrl-C: what follows puts weights back and must own the models.
                self._take(me)
                self._depth = depth
        return True

    def _take(self, me: int) -> None:
        while self._owner is not None:
            self._changed.wait()
        self._owner = me

    def _release(self) -> None:
        self._owner = None
        self._changed.notify_all()
