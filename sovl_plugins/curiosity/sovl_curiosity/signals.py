"""What one greedy pass gives away about whether the answer is known: the features that ignorance is read from."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING, Tuple

if TYPE_CHECKING:
    from sovl_core.events import Reply

#: How the kernel's hooks name the memories that a reply draws on (see ``Reply.annotations``).
MEMORIES = ".memories"


@dataclass(frozen=True)
class Signals:
    """Of the first tokens of a greedy answer: probabilities of the chosen tokens, entropies in nats, how long it is.

    ``length`` is the share of the tokens looked at that the answer fills: 1 for one that was still going on.
    ``recalled`` is how sure the memories are that it draws on, 0 where it draws on none; where they move nothing the
    divergence between scaffold on and off is 0 as well, so that no second pass is needed to tell.
    """

    mean_probability: float
    least_probability: float
    mean_entropy: float
    highest_entropy: float
    length: float
    recalled: float

    def values(self) -> Tuple[float, ...]:
        """Return them as numbers, in the order of :data:`NAMES`."""
        return astuple(self)


#: The names of the signals.
NAMES: Tuple[str, ...] = tuple(field.name for field in fields(Signals))


def signals_of(reply: Reply, tokens: int) -> Signals:
    """Read the signals off a reply that was decoded greedily; a longer one counts as if it had been cut.

    :param tokens: how many of its tokens are looked at.
    """
    probabilities, entropies = reply.token_probabilities[:tokens], reply.token_entropies[:tokens]
    if not probabilities:
        return Signals(0.0, 0.0, 0.0, 0.0, 0.0, recalled(reply))
    return Signals(
        mean_probability=sum(probabilities) / len(probabilities),
        least_probability=min(probabilities),
        mean_entropy=sum(entropies) / len(entropies) if entropies else 0.0,
        highest_entropy=max(entropies, default=0.0),
        length=len(probabilities) / tokens,
        recalled=recalled(reply),
    )


def recalled(reply: Reply) -> float:
    """Return the largest probability of a memory that the reply draws on, whatever plugin names it; 0 for none."""
    found = [0.0]
    for key, memories in reply.annotations.items():
        if key.endswith(MEMORIES):
            found += [float(probability) for _, probability in memories or ()]
    return max(found)
