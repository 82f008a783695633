"""Why a reply is as it is: what the scaffold changed in it, and which memories, dreams and nights that came from.

Plain data, as ``SOVLSystem.why`` returns it; ``explaining`` makes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Tuple

from sovl_core.events import Dream

#: How a key of ``Reply.annotations`` ends under which a plugin leaves which memories a reply draws on: a list of
#: (episode, probability), likeliest first. Any plugin may: ``"cross_attention.memories"``.
MEMORIES = ".memories"
#: How a key ends under which a plugin leaves, in a sentence for people, why it took the part it took.
WHY = ".why"


@dataclass(frozen=True)
class MovedToken:
    """A token at which the scaffold changed what the base would most likely have said.

    ``position`` counts the reply's tokens from 0; ``said`` is what was said there, ``chosen`` what the scaffold made
    likeliest (the same, where the reply was greedy), ``base`` what the bare base would have said after the same words.
    ``kl`` is the divergence there in nats; ``probability`` and ``base_probability`` are those of what was said, with
    the scaffold and without.
    """

    position: int
    said: str
    chosen: str
    base: str
    kl: float
    probability: float
    base_probability: float


@dataclass(frozen=True)
class Change:
    """What the scaffold changed along a reply.

    ``kl`` is KL(base || now) in nats, the mean over its ``tokens``; None where the base had no part in the reply.
    ``exact`` is True where both computed the same, bit for bit.
    """

    kl: Optional[float] = None
    tokens: int = 0
    exact: bool = False
    moved: List[MovedToken] = field(default_factory=list)


@dataclass(frozen=True)
class Origin:
    """A memory that a reply draws on: the turn it was said in, with which probability, and how it was learned.

    ``nights`` are those that have learned it, oldest first; ``dreams`` a few of what it was learned from. ``text`` is
    "" where the turn is no longer in the journal.
    """

    episode: int
    probability: float
    text: str = ""
    superseded_by: Optional[int] = None
    nights: List[int] = field(default_factory=list)
    dreams: List[Dream] = field(default_factory=list)


@dataclass(frozen=True)
class Explanation:
    """Why a reply is as it is.

    ``night`` is the night the life is awake with, None before the first; ``given_in`` the one it was awake with when
    the reply was given, and ``given_in_known`` False where that was not written down. ``scaffold`` is False where the
    turn left the scaffold out. ``reasons`` are the plugins' own sentences, ``annotations`` what else they left.
    """

    episode: int
    prompt: str
    reply: str
    change: Change
    night: Optional[int] = None
    given_in: Optional[int] = None
    given_in_known: bool = True
    scaffold: bool = True
    origins: List[Origin] = field(default_factory=list)
    reasons: List[str] = field(default_factory=list)
    annotations: Dict[str, Any] = field(default_factory=dict)

    @property
    def another_night(self) -> bool:
        """True when the reply was given with other weights than those it is explained by."""
        return self.given_in_known and self.given_in != self.night


def named_memories(annotations: Mapping[str, Any]) -> List[Tuple[int, float]]:
    """Return the memories that plugins named, likeliest first; of one that several name, the highest probability."""
    found: Dict[int, float] = {}
    for key, value in annotations.items():
        if key.endswith(MEMORIES):
            for number, probability in value:
                found[int(number)] = max(float(probability), found.get(int(number), 0.0))
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))


def given_reasons(annotations: Mapping[str, Any]) -> List[str]:
    """Return the sentences in which plugins say why they took the part they took."""
    return [str(value) for key, value in annotations.items() if key.endswith(WHY) and value]


def plain_annotations(annotations: Mapping[str, Any]) -> Dict[str, Any]:
    """Return what else plugins left, as far as it is a number or a text."""
    return {
        key: value
        for key, value in annotations.items()
        if not key.endswith((MEMORIES, WHY)) and isinstance(value, (bool, int, float, str))
    }
