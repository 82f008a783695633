"""Notices a plugin that does not come back from a hook, names it, and lets Ctrl-C go on without it.

A hook runs in the thread that needs its result, and Python cannot end what runs in a thread. So nothing is killed: a
thread of its own looks four times a second who has been in a hook of its own for longer than the limit, and says so.
What a plugin waits for (the implementations further inside, other hooks, the kernel's own functions) is not counted,
and each return from there begins the count anew.
"""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from typing import Any, Callable, Dict, List, Optional, TypeVar

from sovl_core.plugin_timing import KERNEL

#: Seconds between two looks.
INTERVAL = 0.25
# Looks without anybody in a hook after which the thread ends; the next call begins another.
_QUIET_LOOKS = 20

Function = TypeVar("Function", bound=Callable[..., Any])


class HookAbandoned(Exception):
    """Ctrl-C in a hook that was past its limit: the plugin has failed, and the call goes on without it."""


class Stay:
    """Somebody's stay in a hook: ``since`` is when their own code went on last, ``thread`` where it runs.

    ``overdue`` is set once it has lasted longer than the limit, ``noted`` when note has been taken of that.
    """

    # Of the class, so that making one costs four assignments: there is one for each call of a hook.
    overdue = False
    suspected = False
    noted: Optional[threading.Event] = None

    def __init__(self, who: str, hook: str, thread: int, since: float) -> None:
        self.who = who
        self.hook = hook
        self.thread = thread
        self.since = since

    @property
    def in_main_thread(self) -> bool:
        """True where Ctrl-C reaches it."""
        return self.thread == threading.main_thread().ident


class HookWatch:
    """Keeps account of who is in which hook.

    :param limit: seconds a plugin may stay in a hook of that name; 0 for as long as it likes.
    :param overdue: takes note once of each stay that has become too long, with its seconds, and returns what there is
        to say about it; called from another thread. It must not wait for the one that the stay is in.
    :param returned: told when such a stay has ended after all, in its own thread and before anything else goes on, but
        never before note was taken of it.
    :param clock: seconds from any fixed point.
    :param alarm: receives what there is to say; may wait for whatever it likes.
    """

    def __init__(
        self,
        limit: Callable[[str], float],
        overdue: Callable[[Stay, float], str],
        returned: Callable[[Stay], None],
        clock: Callable[[], float] = time.monotonic,
        alarm: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._limit = limit
        self._overdue = overdue
        self._returned = returned
        self._clock = clock
        self._alarm = alarm
        self._lock = threading.Lock()
        self._stays: Dict[int, List[Stay]] = {}
        self._thread: Optional[threading.Thread] = None
        self._woken = threading.Event()

    def during(self, who: str, hook: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run an implementation, or the kernel's part of a call, under watch.

        :raises HookAbandoned: for a KeyboardInterrupt that comes when it is overdue.
        """
        if who == KERNEL and threading.get_ident() not in self._stays:
            # There is nobody whose time the kernel would have to be kept apart from.
            return function(*arguments)
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
            if stay.suspected:
                self._own_up(stay)

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
        return any(stay.who == who for stays in self._threads() for stay in list(stays))

    def look(self) -> int:
        """Tell of every stay that has become too long since the last look; return how many threads are in hooks."""
        now = self._clock()
        threads = self._threads()
        for stays in threads:
            for stay in stays[-1:]:
                limit = 0.0 if stay.who == KERNEL else self._limit(stay.hook)
                if limit and now - stay.since >= limit and self._is_overdue(stays, stay):
                    self._tell(stay, now - stay.since)
        return len(threads)

    def close(self) -> None:
        """End the thread; the next call begins another."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._woken.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    # Entering and leaving take no lock: there are several of each in every turn, and thousands in a night. What they do
    # are single operations on lists and dictionaries, in an order that leaves whoever looks meanwhile with a true
    # picture, if an old one.

    def _threads(self) -> List[List[Stay]]:
        return list(self._stays.copy().values())

    def _enter(self, who: str, hook: str) -> Stay:
        thread = threading.get_ident()
        stay = Stay(who, hook, thread, self._clock())
        stays = self._stays.get(thread)
        if stays is None:
            self._stays[thread] = [stay]
        else:
            stays.append(stay)
        # Asked after the stay can be seen: a thread that ends looks once more after it has said so.
        if self._thread is None:
            self._begin()
        return stay

    def _leave(self, stay: Stay) -> None:
        stays = self._stays[stay.thread]
        # With what a Ctrl-C may have left above it, which came before its own end was seen to.
        place = len(stays) - 1 if stays[-1] is stay else stays.index(stay)
        if place:
            # Before it goes on, or a look in between would count what it has waited for.
            stays[place - 1].since = self._clock()
            del stays[place:]
        else:
            del self._stays[stay.thread]
            stays.clear()

    def _is_overdue(self, stays: List[Stay], stay: Stay) -> bool:
        """Mark a stay as overdue, unless it is over just now or has been marked before."""
        with self._lock:
            # First this, then the look whether it is there still. Who leaves does it the other way round: so either
            # it is seen here to be gone, or it finds the mark when it leaves and waits for what comes of it.
            stay.suspected = True
            if stay.overdue or stays[-1:] != [stay]:
                return False
            stay.noted = threading.Event()
            stay.overdue = True
            return True

    def _tell(self, stay: Stay, seconds: float) -> None:
        assert stay.noted is not None
        try:
            text = self._overdue(stay, seconds)
        finally:
            stay.noted.set()
        # Only now: a terminal may be kept by the very thread that hangs. Whatever becomes of the message (a closed
        # terminal, warnings that are errors), the watch goes on.
        with contextlib.suppress(Exception):
            self._alarm(text)

    def _own_up(self, stay: Stay) -> None:
        """Tell that a stay is over after all, in case note was taken of it."""
        with self._lock:
            overdue = stay.overdue
        if overdue:
            assert stay.noted is not None
            # However slow the machine: what is taken from a thread that hangs must not be taken after it is back.
            stay.noted.wait()
            self._returned(stay)

    def _begin(self) -> None:
        with self._lock:
            if self._thread is None:
                self._woken = threading.Event()
                self._thread = threading.Thread(
                    target=self._watch, args=(self._woken,), name="sovl-hook-watch", daemon=True
                )
                self._thread.start()

    def _watch(self, woken: threading.Event) -> None:
        quiet = 0
        while not woken.wait(INTERVAL):
            quiet = 0 if self.look() else quiet + 1
            if quiet >= _QUIET_LOOKS and self._may_end(woken):
                return

    def _may_end(self, woken: threading.Event) -> bool:
        with self._lock:
            if woken.is_set():
                return False
            thread, self._thread = self._thread, None
            if not self._stays:
                return True
            self._thread = thread
            return False
