"""Child processes that run one ``sovl`` command: forked from here, so that none of them imports torch again.

Nothing in this process may use torch before a fork: its threads would be missing in the child.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import pkgutil
import select
import signal
import sys
import time
import traceback
from dataclasses import dataclass
from importlib.metadata import distributions
from typing import Callable, Dict, List, Optional

#: Seconds after which a command that does not end counts as hanging.
LONGEST = 300.0
#: Seconds between two looks at how far a process has come.
SHORTEST = 0.001
#: Exit status of a child in which something other than the command failed.
BROKEN = 70


@dataclass
class Ended:
    """How a command ended: ``signal`` or ``status``, what it had written, and after how many seconds.

    ``work`` are the seconds that it had a processor: the same on a machine with other work to do.
    """

    pid: int
    status: Optional[int]
    signal: Optional[int]
    out: str
    err: str
    seconds: float
    work: float = 0.0

    @property
    def killed(self) -> bool:
        """Whether it was ended by SIGKILL."""
        return self.signal == signal.SIGKILL


def warm_up() -> None:
    """Import what the commands import, once."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import peft  # noqa: F401
    import torch  # noqa: F401
    import transformers
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM  # noqa: F401

    transformers.logging.set_verbosity_error()
    for package in ("sovl_core", *_plugin_packages()):
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            # What is left out is for other occasions: a module that runs when it is imported, and pytest's.
            if not module.name.endswith("__main__") and ".testing" not in module.name:
                importlib.import_module(module.name)


def _plugin_packages() -> List[str]:
    found = (entry for each in distributions() for entry in each.entry_points if entry.group == "sovl")
    return sorted({entry.value.partition(":")[0].partition(".")[0] for entry in found})


def run_sovl(
    arguments: List[str],
    environment: Dict[str, str],
    stdin: str = "",
    interfere: Optional[Callable[[int], None]] = None,
    after: float = 0.0,
    prepare: Optional[Callable[[], None]] = None,
) -> Ended:
    """Run a command in a child process and return how it ended.

    :param interfere: called with the child's process id, once, ``after`` seconds of its own work.
    :param prepare: called in the child before the command.
    """

    def command() -> int:
        from sovl_core.cli.app_context import AppContext
        from sovl_core.cli.application import run

        if prepare is not None:
            prepare()
        return run(arguments, AppContext(stdin=io.StringIO(stdin)))

    return run_child(command, environment, interfere, after, working_seconds)


def run_child(
    work: Callable[[], int],
    environment: Optional[Dict[str, str]] = None,
    interfere: Optional[Callable[[int], None]] = None,
    after: float = 0.0,
    clock: Optional[Callable[[int], float]] = None,
) -> Ended:
    """Run a function in a forked child; its result is the exit status.

    :param clock: says of a process id how many seconds have passed for it; None for those on the wall.
    """
    out, err = os.pipe(), os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    begun = time.monotonic()
    pid = os.fork()
    if pid == 0:
        _be_child(work, environment, out[1], err[1])
    os.close(out[1])
    os.close(err[1])
    try:
        written = _watch(pid, {out[0]: b"", err[0]: b""}, begun, interfere, after, clock)
    except BaseException:  # Ctrl-C ends what it waits for, too
        kill(pid)
        os.waitpid(pid, 0)
        raise
    _, waited, used = os.wait4(pid, 0)
    ended_by = os.WTERMSIG(waited) if os.WIFSIGNALED(waited) else None
    return Ended(
        pid=pid,
        status=None if ended_by is not None else os.WEXITSTATUS(waited),
        signal=ended_by,
        out=written[out[0]].decode("utf-8", "replace"),
        err=written[err[0]].decode("utf-8", "replace"),
        seconds=time.monotonic() - begun,
        work=used.ru_utime + used.ru_stime,
    )


def _be_child(work: Callable[[], int], environment: Optional[Dict[str, str]], out: int, err: int) -> None:
    status = BROKEN
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False), encoding="utf-8")
        sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), encoding="utf-8")
        sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), encoding="utf-8", line_buffering=True)
        if environment is not None:
            os.environ.clear()
            os.environ.update(environment)
        status = work()
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _watch(
    pid: int,
    written: Dict[int, bytes],
    begun: float,
    interfere: Optional[Callable[[int], None]],
    after: float,
    clock: Optional[Callable[[int], float]],
) -> Dict[int, bytes]:
    """Read until both pipes are closed; interfere when it is time to."""
    waiting = set(written)
    while waiting:
        passed = time.monotonic() - begun
        if passed > LONGEST:
            os.kill(pid, signal.SIGABRT)
        # A process cannot work for longer than passes on the wall: nothing is missed by looking again then.
        left = after - (passed if clock is None else clock(pid)) if interfere is not None else 1.0
        if interfere is not None and left <= 0:
            interfere(pid)
            interfere, left = None, 1.0
        ready, _, _ = select.select(list(waiting), [], [], max(left, SHORTEST))
        for descriptor in ready:
            piece = os.read(descriptor, 1 << 16)
            written[descriptor] += piece
            if not piece:
                waiting.discard(descriptor)
                os.close(descriptor)
    return written


def working_seconds(pid: int) -> float:
    """Return how long a process has had a processor; what has ended has had it for ever."""
    try:
        # As clock_getcpuclockid(3) makes it of a process id on Linux.
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return float("inf")


def kill(pid: int) -> None:
    """End a process as ``kill -9`` does."""
    os.kill(pid, signal.SIGKILL)
