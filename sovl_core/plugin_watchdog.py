"""Notices a plugin that does not come back from a hook, names it, and lets Ctrl-C go on without it.

A hook runs in the thread that needs its result, and Python cannot end what runs in a thread. So nothing is killed: a
thread of its own looks four times a second who has been in a hook of its own for longer than the limit, and says so.
What a plugin waits for (the implementations further inside, other hooks, the kernel's own functions) is not counted,
and each return from there begins the count anew.
"""

from __future__ import annotations

import functools
import threading
import time
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional, TypeVar

from sovl_core.plugin_timing import KERNEL

#: Seconds between two looks.
INTERVAL = 0.25
# Looks without anybody in a hook after which the thread ends; the next call begins another.
_QUIET_LOOKS = 20

Function = TypeVar("Function", bound=Callable[..., Any])


class HookAbandoned(Exception):
    """Ctrl-C in a hook that was past its limit: the plugin has failed, and the call goes on without it."""


@dataclass(eq=False)
class Stay:
    """Somebody's stay in a hook: ``since`` is when their own code went on last, ``thread`` where it runs.

    ``overdue`` is set once it has lasted longer than the limit.
    """

    who: str
    hook: str
    thread: int
    since: float
    overdue: bool = False

    @property
    def in_main_thread(self) -> bool:
        """True where Ctrl-C reaches it."""
        return self.thread == threading.main_thread().ident


class HookWatch:
    """Keeps account of who is in which hook.

    :param limit: seconds a plugin may stay in a hook of that name; 0 for as long as it likes.
    :param overdue: told once of each stay that has become too long, with its seconds; called from another thread.
    :param returned: told when such a stay has ended after all, in its own thread and before anything else goes on.
    :param clock: seconds from any fixed point.
    """

    def __init__(
        self,
        limit: Callable[[str], float],
        overdue: Callable[[Stay, float], None],
        returned: Callable[[Stay], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit
        self._overdue = overdue
        self._returned = returned
        self._clock = clock
        self._lock = threading.Lock()
        self._stays: Dict[int, List[Stay]] = {}
        self._thread: Optional[threading.Thread] = None
        self._woken = threading.Event()

    def during(self, who: str, hook: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run an implementation, or the kernel's part of a call, under watch.

        :raises HookAbandoned: for a KeyboardInterrupt that comes when it is overdue.
        """
        stay = self._enter(who, hook)
        try:
            return function(*arguments)
        except KeyboardInterrupt as interruption:
            if not stay.overdue:
                raise
            seconds = self._clock() - stay.since
            abandoned = HookAbandoned(f"interrupted, because it had not come back for {seconds:.0f} s")
            raise abandoned.with_traceback(interruption.__traceback__) from None
        finally:
            self._leave(stay)
            if stay.overdue:
                self._returned(stay)

    def apart(self, function: Function) -> Function:
        """Return a function of the kernel so that its time is not the plugin's that calls it."""

        @functools.wraps(function)
        def call(*arguments: Any, **keywords: Any) -> Any:
            return self.during(KERNEL, "", functools.partial(function, *arguments, **keywords))

        return call  # type: ignore[return-value]

    def hanging(self, thread: Optional[int] = None) -> bool:
        """Return whether a thread, by default this one, is in a hook past its limit just now."""
        # No lock: this is asked in a signal handler, which may have interrupted whoever holds it. A copy, because the
        # thread may be leaving the hook just now.
        stays = list(self._stays.get(threading.get_ident() if thread is None else thread, ()))
        return bool(stays) and stays[-1].overdue

    def in_a_hook(self, who: str) -> bool:
        """Return whether a plugin's code is under way in any thread."""
        with self._lock:
            return any(stay.who == who for stays in self._stays.values() for stay in stays)

    def look(self) -> int:
        """Tell of every stay that has become too long since the last look; return how many threads are in hooks."""
        now = self._clock()
        found = []
        with self._lock:
            for stays in self._stays.values():
                stay = stays[-1]
                limit = 0.0 if stay.who == KERNEL else self._limit(stay.hook)
                if limit and now - stay.since >= limit and not stay.overdue:
                    stay.overdue = True
                    found.append(stay)
            busy = len(self._stays)
        for stay in found:
            self._overdue(stay, now - stay.since)
        return busy

    def close(self) -> None:
        """End the thread; the next call begins another."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._woken.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _enter(self, who: str, hook: str) -> Stay:
        thread = threading.get_ident()
        stay = Stay(who, hook, thread, self._clock())
        with self._lock:
            self._stays.setdefault(thread, []).append(stay)
            if self._thread is None:
                self._woken = threading.Event()
                self._thread = threading.Thread(
                    target=self._watch, args=(self._woken,), name="sovl-hook-watch", daemon=True
                )
                self._thread.start()
        return stay

    def _leave(self, stay: Stay) -> None:
        with self._lock:
            stays = self._stays[stay.thread]
            # With what a Ctrl-C may have left above it, which came before its own end was seen to.
            del stays[stays.index(stay) :]
            if stays:
                stays[-1].since = self._clock()
            else:
                del self._stays[stay.thread]

    def _watch(self, woken: threading.Event) -> None:
        quiet = 0
        while not woken.wait(INTERVAL):
            quiet = 0 if self.look() else quiet + 1
            with self._lock:
                if quiet >= _QUIET_LOOKS and not self._stays and not woken.is_set():
                    self._thread = None
                    return
