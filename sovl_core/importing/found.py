"""What the readers of files give: exchanges, and the parts of a file that are none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from sovl_core.records import Exchange


@dataclass(frozen=True)
class Unusable:
    """A part of a file that cannot be used: ``place`` is where it stands ("line 3"), ``why`` what is wrong with it."""

    place: str
    why: str

    def __str__(self) -> str:
        return f"{self.place}: {self.why}"


Found = Union[Exchange, Unusable]
