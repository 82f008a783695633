"""Practice: what somebody told, questions it answers, questions close by that it does not, remarks that ask nothing.

Written by hand for this plugin, in words of their own; nothing of any life is in it.
"""

from __future__ import annotations

import json
import pkgutil
from dataclasses import dataclass
from typing import List, Tuple

FILE = "practice.jsonl"


@dataclass(frozen=True)
class Lesson:
    """Something told, with questions that it answers, others that it leaves open, and remarks about the same thing.

    Whoever says that their boss is angry does not want to be told the boss's name.
    """

    told: str
    answered: Tuple[str, ...]
    unanswered: Tuple[str, ...]
    remarks: Tuple[str, ...] = ()


def lessons() -> List[Lesson]:
    """Return all lessons, in the order of the file."""
    data = pkgutil.get_data(__package__, FILE) or b""
    entries = [json.loads(line) for line in data.decode("utf-8").splitlines()]
    return [
        Lesson(entry["told"], tuple(entry["answered"]), tuple(entry["unanswered"]), tuple(entry["remarks"]))
        for entry in entries
    ]
