"""What the scaffold tells the base for one turn or batch, as plugins see and change it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Tuple

if TYPE_CHECKING:
    from torch import Tensor


@dataclass
class ScaffoldContext:
    """What the scaffold tells the base for one turn or batch.

    ``hidden`` float [batch, scaffold_tokens, scaffold_width]; ``mask`` bool [batch, scaffold_tokens], True where there
    is a token; ``token_ids`` int [batch, scaffold_tokens] in the scaffold's vocabulary; ``key_bias`` float
    [batch, scaffold_tokens], added to the attention logits of each key; ``extra_rows`` float
    [rows, scaffold_width], further key/value rows seen by every example, or [batch, rows, scaffold_width], for each its
    own; ``extra_bias`` float [rows] or [batch, rows], added to the attention logits of those rows (zero where None):
    norms take their length away, so this is what weakens a row, and minus infinity is what pads; ``extra_memories``
    int64 [rows] or [batch, rows], the episode that each of those rows is a memory of, 0 for none. :meth:`add_rows` puts
    rows beside those of others. ``prompts`` are the user's words, one an example; ``memories`` tells for each example
    which memories (numbers of episodes) it is about, likeliest first, each with its probability. ``influence``
    multiplies the residual. ``training`` is True within a training step.

    The scaffold reads the prompts when :meth:`read` is first called: until then ``hidden``, ``mask`` and ``token_ids``
    may be None. Where ``silent`` is True what it makes of the prompts' words is not heard, only rows that were added,
    and reading can be saved.

    A scaffold that moves with the base reads its answer too. In a training step the answer's tokens then follow the
    prompt's in ``hidden``, ``mask`` and ``token_ids``, and ``said`` int64 [batch, scaffold_tokens] holds 0 for tokens
    of the prompt and n for those of the n-th token that the base says: they are heard from the position on that is fed
    that token. In a reply they come one by one, after everybody has seen this context; ``weighers`` are asked for the
    bias on their keys: each takes ``token_ids`` int64 [batch, tokens] and returns float of that shape, or None for
    zero. ``silent`` never silences the answer's tokens: they are no words of the prompt.
    """

    hidden: Optional[Tensor]
    mask: Optional[Tensor]
    token_ids: Optional[Tensor]
    key_bias: Optional[Tensor] = None
    extra_rows: Optional[Tensor] = None
    influence: float = 1.0
    training: bool = False
    prompt: str = ""
    annotations: Dict[str, Any] = field(default_factory=dict)
    extra_bias: Optional[Tensor] = None
    extra_memories: Optional[Tensor] = None
    prompts: List[str] = field(default_factory=list)
    memories: List[List[Tuple[int, float]]] = field(default_factory=list)
    silent: bool = False
    reader: Optional[Callable[[], Tuple[Tensor, Tensor, Tensor]]] = None
    said: Optional[Tensor] = None
    weighers: List[Callable[[Tensor], Optional[Tensor]]] = field(default_factory=list)

    def read(self) -> Tuple[Tensor, Tensor, Tensor]:
        """Return ``hidden``, ``mask`` and ``token_ids``; the scaffold reads the prompts if it has not yet."""
        if self.hidden is None and self.reader is not None:
            self.hidden, self.mask, self.token_ids = self.reader()
        if self.hidden is None or self.mask is None or self.token_ids is None:
            raise ValueError("this scaffold context holds no states and nobody who reads")
        return self.hidden, self.mask, self.token_ids

    def later_bias(self, token_ids: Tensor) -> Tensor:
        """Return the bias on the keys of tokens that the scaffold reads while the base answers.

        :param token_ids: int64 [batch, tokens], in the scaffold's vocabulary.
        :return: float32 [batch, tokens], what all weighers say added up.
        """
        import torch

        bias = torch.zeros(token_ids.shape, dtype=torch.float32, device=token_ids.device)
        for weigher in self.weighers:
            found = weigher(token_ids)
            if found is not None:
                bias = bias + found.to(bias)
        return bias

    def add_rows(self, rows: Tensor, bias: Optional[Tensor] = None, memories: Optional[Tensor] = None) -> None:
        """Put key/value rows beside those that are there.

        :param rows: float [rows, width], seen by every example, or [batch, rows, width].
        :param bias: float [rows] or [batch, rows]; None for zero.
        :param memories: int64 [rows] or [batch, rows], the episode that each is a memory of, 0 for none; None where
            none is.
        """
        import torch

        added = _whole(rows, bias, memories)
        if self.extra_rows is not None:
            before = _whole(self.extra_rows, self.extra_bias, self.extra_memories)
            if any(old.dim() != new.dim() for old, new in zip(before, added)):
                flat = (2, 1, 1)
                batch = max(len(some) for each in (before, added) for some, f in zip(each, flat) if some.dim() > f)
                before, added = (
                    (some.expand(batch, -1, -1), weight.expand(batch, -1), number.expand(batch, -1))
                    for some, weight, number in (before, added)
                )
            dims = (-2, -1, -1)
            added = tuple(torch.cat([old, new], dim=dim) for old, new, dim in zip(before, added, dims))
        self.extra_rows, self.extra_bias, self.extra_memories = added


def _whole(rows: Tensor, bias: Optional[Tensor], memories: Optional[Tensor]) -> Tuple[Tensor, ...]:
    """Return rows with their bias and what they are memories of, zeros where none is given."""
    shape = rows.shape[:-1]
    return (
        rows,
        rows.new_zeros(shape) if bias is None else bias,
        rows.new_zeros(shape).long() if memories is None else memories,
    )
