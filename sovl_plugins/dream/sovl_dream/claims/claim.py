"""The record that the rules about claims hand to one another."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """One thing that a statement says of the world.

    ``about`` names whose relation it is: "dog/name". ``value`` is what is claimed, in the user's words; ``kind`` how
    two values are compared (see :func:`sovl_dream.claims.values.differ`). ``certain`` is False where several values may
    be true side by side, so that only one said to be new takes the place of another. ``newly`` is True for what is said
    to hold now or instead of something else. ``holds`` is False for what is said not to be so (any more); with an empty
    value whatever was claimed of ``about`` has ended.
    """

    about: str
    value: str
    kind: str = "text"
    certain: bool = True
    newly: bool = False
    holds: bool = True
