"""What a life has been told and has shown on the screen: what an examination holds the journal to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, List, Set


@dataclass
class Ledger:
    """What must be true of a life, whatever was done to its processes.

    ``kept`` are words that must be in the journal, ``once`` files of lines of which no line may be there twice,
    ``forgotten`` words with whether it was said that they are gone, ``accepted`` numbers of nights that were said to be
    accepted, ``damaged`` those of nights that were damaged on purpose: nobody may be awake with one as it is,
    ``purged`` those that may have been removed for good.
    """

    kept: List[str] = field(default_factory=list)
    once: List[List[str]] = field(default_factory=list)
    forgotten: Dict[str, bool] = field(default_factory=dict)
    accepted: Set[int] = field(default_factory=set)
    damaged: Set[int] = field(default_factory=set)
    purged: Set[int] = field(default_factory=set)

    def keep(self, *words: str) -> None:
        """Enter words that were acknowledged."""
        self.kept.extend(words)

    def forget(self, word: str, said: bool) -> None:
        """Enter what is to be forgotten: what mentions it may be gone, and must be where that was said."""
        self.kept = [words for words in self.kept if word not in words]
        self.forgotten[word] = self.forgotten.get(word, False) or said
