"""Moments as files write them, as seconds since the epoch."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from typing import Any, Optional

#: Numbers above this are milliseconds: as seconds they lie past the year 5000.
MILLISECONDS_FROM = 1e11
#: Years that any calendar can print.
LATEST = 253_402_300_799.0


def seconds_of(value: Any) -> Optional[float]:
    """Return a moment as seconds since the epoch, None when ``value`` is none.

    :param value: seconds or milliseconds since the epoch, or ISO 8601 text (UTC where it names no zone).
    """
    seconds = _seconds_of_text(value.strip()) if isinstance(value, str) else _seconds_of_number(value)
    if seconds is None or not math.isfinite(seconds) or not 0 <= seconds <= LATEST:
        return None
    return seconds


def _seconds_of_number(value: Any) -> Optional[float]:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    return seconds / 1000 if seconds > MILLISECONDS_FROM else seconds


def _seconds_of_text(text: str) -> Optional[float]:
    if text.endswith(("Z", "z")):  # Python 3.8 reads an offset only
        text = text[:-1] + "+00:00"
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()
    except (ValueError, OverflowError):
        return None
