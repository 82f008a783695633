"""Asks an endpoint about many things at once, in threads that nobody has to wait for."""

from __future__ import annotations

import contextlib
import queue
import threading
from typing import Callable, Generic, Iterator, List, Optional, Sequence, Tuple, TypeVar

from sovl_ghostwriter.endpoint import EndpointFailed

Item = TypeVar("Item")

#: Seconds between two breaths while answers are waited for.
BREATH = 0.05

#: What came of an item: an answer, or why there is none.
Outcome = Tuple[Item, Optional[str], Optional[EndpointFailed]]


class Asking(Generic[Item]):
    """Asks about items until all are done, or several in a row have failed.

    :param ask: returns the answer about an item; called from other threads.
    :param parallel: how many threads.
    :param patience: failures in a row after which nothing more is asked.
    """

    def __init__(self, ask: Callable[[Item], str], items: Sequence[Item], parallel: int, patience: int) -> None:
        self._ask = ask
        self._waiting: queue.Queue[Item] = queue.Queue()
        for item in items:
            self._waiting.put(item)
        self._outcomes: queue.Queue[Outcome[Item]] = queue.Queue()
        self._patience = patience
        self._failed = 0
        self._counting = threading.Lock()
        self._ended = threading.Event()
        # Daemons: a process that ends in the middle of a night does not wait for somebody else's server.
        self._threads: List[threading.Thread] = [
            threading.Thread(target=self._work, name="sovl-ghostwriter", daemon=True)
            for _ in range(min(parallel, len(items)))
        ]

    def outcomes(self, breathe: Callable[[], None]) -> Iterator[Outcome[Item]]:
        """Yield what comes of each item, as it comes.

        :param breathe: called while answers are waited for; what it raises ends the asking.
        """
        for thread in self._threads:
            thread.start()
        try:
            while self._working() or not self._outcomes.empty():
                breathe()
                with contextlib.suppress(queue.Empty):
                    yield self._outcomes.get(timeout=BREATH)
        finally:
            self._ended.set()

    def _working(self) -> bool:
        return not self._ended.is_set() and any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        while not self._ended.is_set():
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                return
            try:
                outcome: Outcome[Item] = (item, self._ask(item), None)
            except EndpointFailed as error:
                outcome = (item, None, error)
            except Exception as error:
                # A thread that ends without a word would leave its items without an outcome.
                outcome = (item, None, EndpointFailed(type(error).__name__))
            # First of all: whoever sees the end looks for what is left.
            self._outcomes.put(outcome)
            self._count(outcome[2] is not None)

    def _count(self, failed: bool) -> None:
        with self._counting:
            self._failed = self._failed + 1 if failed else 0
            if self._failed >= self._patience:
                self._ended.set()
