"""Ctrl-C as a request: the first one asks the work at hand to stop, the second one forces it."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import Any, Callable, Iterator, Optional


class StopRequest:
    """Whether somebody has asked the work at hand to stop."""

    def __init__(self) -> None:
        self._event = threading.Event()

    @property
    def made(self) -> bool:
        """True once it was asked for."""
        return self._event.is_set()

    def make(self) -> None:
        """Ask for it."""
        self._event.set()

    def breathe(self) -> None:
        """Give a night the chance to stop.

        :raises NightInterrupted: when it was asked for.
        """
        from sovl_core.events import NightInterrupted

        if self.made:
            raise NightInterrupted("stopped by the user")


@contextlib.contextmanager
def first_interrupt_asks(
    on_first: Optional[Callable[[], None]] = None, hangs: Callable[[], bool] = lambda: False
) -> Iterator[StopRequest]:
    """Within this block the first Ctrl-C makes the request, a second one raises KeyboardInterrupt.

    Outside the main thread, where signals cannot be caught, Ctrl-C keeps its meaning.

    :param on_first: called at the first Ctrl-C, in a thread of its own, to say what happens next.
    :param hangs: whether a plugin does not come back: then Ctrl-C forces that plugin alone, and asks for nothing.
    """
    request = StopRequest()
    # A handler runs in the middle of whatever is being printed: what it has to say must wait for its turn.
    saying = threading.Thread(target=on_first or _nothing, name="sovl-interrupt", daemon=True)

    def handle(_number: int, _frame: Any) -> None:
        if request.made or hangs():
            raise KeyboardInterrupt
        request.make()
        saying.start()

    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    before = signal.signal(signal.SIGINT, handle)
    try:
        yield request
    finally:
        signal.signal(signal.SIGINT, before)
        if request.made:
            saying.join()


@contextlib.contextmanager
def termination_unwinds() -> Iterator[None]:
    """Within this block SIGTERM and SIGHUP leave through ``finally`` blocks, so that lives are closed."""

    def handle(number: int, _frame: Any) -> None:
        raise SystemExit(128 + number)

    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {name: signal.signal(getattr(signal, name), handle) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


@contextlib.contextmanager
def termination_ends() -> Iterator[None]:
    """Within this block signals end the process at once, even in a call that waits: nothing is to be put in order."""
    names = [name for name in ("SIGTERM", "SIGHUP", "SIGINT") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {name: signal.signal(getattr(signal, name), signal.SIG_DFL) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def _nothing() -> None:
    pass
