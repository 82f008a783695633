"""Sends a life to sleep every night at 3 a.m., for as long as it runs.

    python examples/sleep_at_three.py --life my-life

The life is opened for the night only, so that you can talk to it by day. Where somebody is talking at 3 a.m., it
tries again a little later.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Callable, Optional, Sequence

from sovl_core import SOVLSystem
from sovl_core.error_handling import LifeLocked, SOVLError

#: Seconds between two attempts while somebody is talking.
AGAIN = 600.0
#: Longest wait at a time, in seconds: a computer that was suspended wakes up late.
SLICE = 60.0


def main(
    arguments: Optional[Sequence[str]] = None,
    clock: Callable[[], float] = time.time,
    wait: Callable[[float], None] = time.sleep,
) -> int:
    """Sleep night after night; return the exit status.

    :param clock: gives seconds since the epoch.
    :param wait: lets so many seconds pass.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--life", type=Path, help="folder of the life (your own otherwise)")
    parser.add_argument("--hour", type=int, default=3, choices=range(24), metavar="HOUR")
    parser.add_argument("--nights", type=int, help="end after so many nights")
    options = parser.parse_args(arguments)
    lived = 0
    try:
        while options.nights is None or lived < options.nights:
            bedtime = next_bedtime(clock(), options.hour)
            _say(clock, f"awake until {datetime.fromtimestamp(bedtime):%d %B, %H:%M}")
            wait_until(bedtime, clock, wait)
            while not sleep(options.life, clock):
                wait_until(clock() + AGAIN, clock, wait)
            lived += 1
    except KeyboardInterrupt:
        # A night that was broken off is gone on with at the next.
        print()
    return 0


def next_bedtime(now: float, hour: int) -> float:
    """Return when it will next be this hour by local time; both in seconds since the epoch."""
    today = datetime.fromtimestamp(now)
    bedtime = today.replace(hour=hour, minute=0, second=0, microsecond=0)
    return (bedtime if bedtime > today else bedtime + timedelta(days=1)).timestamp()


def wait_until(moment: float, clock: Callable[[], float], wait: Callable[[float], None]) -> None:
    """Wait, looking at the clock now and then."""
    left = moment - clock()
    while left > 0:
        wait(min(SLICE, left))
        left = moment - clock()


def sleep(folder: Optional[Path], clock: Callable[[], float]) -> bool:
    """Have the life live through one night; return False when somebody is talking to it."""
    try:
        with SOVLSystem.open(folder, clock=clock) as life:
            night = life.sleep()
    except LifeLocked as error:
        _say(clock, str(error))
        return False
    except SOVLError as error:
        _say(clock, f"no night: {error}")
        return True
    _say(clock, f"night {night.number}: {night.status}. {night.reason}")
    return True


def _say(clock: Callable[[], float], text: str) -> None:
    print(f"{datetime.fromtimestamp(clock()):%Y-%m-%d %H:%M}  {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
