"""Exposure: how much each new prompt adds to what a life has gone through."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Iterable, List

if TYPE_CHECKING:
    from sovl_core.settings import LifecycleSettings
    from sovl_core.vitals import Vitals

#: Distinct prompts remembered; one that comes back after so many others counts as new again.
REMEMBERED_PROMPTS = 256
#: Temperament above which a life is eager.
EAGER = 0.5


class SeenPrompts:
    """The latest distinct prompts, as short hashes: bounded, whatever the length of the life."""

    def __init__(self, hashes: Iterable[str] = ()) -> None:
        self._hashes: OrderedDict[str, None] = OrderedDict.fromkeys(hashes)

    def is_new(self, prompt: str) -> bool:
        """Return True for a prompt not seen lately, and remember it."""
        key = hashlib.blake2b(prompt.strip().encode("utf-8", "replace"), digest_size=8).hexdigest()
        new = key not in self._hashes
        self._hashes[key] = None
        self._hashes.move_to_end(key)
        while len(self._hashes) > REMEMBERED_PROMPTS:
            self._hashes.popitem(last=False)
        return new

    def to_list(self) -> List[str]:
        """Return the hashes, oldest first."""
        return list(self._hashes)


def exposure_gain(vitals: Vitals, settings: LifecycleSettings) -> int:
    """Return what a new prompt adds: 3 when temperament is above 0.5, else 2 (both are settings)."""
    return settings.exposure_gain_eager if vitals.temperament > EAGER else settings.exposure_gain_sluggish
