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


@dataclass(frozen=True)
class LeftOut:
    """Something that could be read and is not taken in, as nothing of it was said by the user or to them.

    ``what`` names its kind, in the plural, and is counted with others of it.
    """

    what: str
    count: int = 1


Found = Union[Exchange, Unusable, LeftOut]
