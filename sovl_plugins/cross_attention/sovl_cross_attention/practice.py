"""Practice: what somebody told, questions it answers, others close by or of the world, remarks that ask nothing.

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

    Whoever says that their boss is angry does not want to be told the boss's name; and ``general`` questions ask of the
    world: how often one should see a dentist, not who theirs is.
    """

    told: str
    answered: Tuple[str, ...]
    unanswered: Tuple[str, ...]
    remarks: Tuple[str, ...] = ()
    general: Tuple[str, ...] = ()


def lessons() -> List[Lesson]:
    """Return all lessons, in the order of the file."""
    data = pkgutil.get_data(__package__, FILE) or b""
    entries = [json.loads(line) for line in data.decode("utf-8").splitlines()]
    return [Lesson(entry.pop("told"), **{kind: tuple(said) for kind, said in entry.items()}) for entry in entries]
