"""The rows of all memories: what is attended to when a memory is recalled, and what a night trains of it."""

from __future__ import annotations

from typing import Container, Dict, List, Mapping, Optional, Sequence, Tuple

import torch
from torch import Tensor, nn


class MemoryRows(nn.Module):
    """Key/value rows, some for each memory: float32 [rows, width] each.

    A sparse memory: a memory's rows learn only from prompts that recall it, so that later ones leave them alone.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rows = nn.ParameterDict()
        self._laid_aside: Dict[Tuple[str, torch.Size], nn.Parameter] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, memory: object) -> bool:
        return str(memory) in self.rows

    def __getitem__(self, memory: int) -> Tensor:
        rows: Tensor = self.rows[str(memory)]
        return rows

    def memories(self) -> List[int]:
        """Return the numbers of the memories that have rows."""
        return [int(key) for key in self.rows]

    def add(self, memory: int, rows: Tensor) -> None:
        """Give a memory its rows: float [rows, width]."""
        self.rows[str(memory)] = nn.Parameter(rows.detach().float().clone())

    def keep(self, memories: Container[int]) -> None:
        """Drop the rows of all other memories for good."""
        self._laid_aside.clear()
        for memory in self.memories():
            if memory not in memories:
                del self.rows[str(memory)]

    def make_room(self, tensors: Mapping[str, Tensor]) -> None:
        """Have parameters of these names and shapes and no others; see ``Models.register_trainable``.

        In the middle of a night, when yesterday's weights answer the user, tonight's rows are laid aside: the optimizer
        knows them, and they must be the same objects when they are back. In a deep night a memory has rows of both
        days, as a rule not as many.
        """
        shapes = {key.split(".", 1)[1]: tensor for key, tensor in tensors.items()}
        for key in [str(memory) for memory in self.memories()]:
            if key not in shapes or self.rows[key].shape != shapes[key].shape:
                self._laid_aside[key, self.rows[key].shape] = self.rows[key]
                del self.rows[key]
        for key, tensor in shapes.items():
            if key in self.rows:
                continue
            known = self._laid_aside.pop((key, tensor.shape), None)
            fresh = nn.Parameter(torch.zeros(tensor.shape, device=tensor.device))
            self.rows[key] = fresh if known is None else known

    def recall(
        self,
        memories: Sequence[Sequence[Tuple[int, float]]],
        count: int,
        read: Mapping[int, Tensor],
        fixed: Container[int] = (),
        invented: Optional[Mapping[int, Tensor]] = None,
    ) -> Optional[Tuple[Tensor, Tensor]]:
        """Return the rows of the memories that each example is about, and what to add to their attention logits.

        :param memories: for each example numbers of memories with probabilities, likeliest first.
        :param count: memories recalled for an example at most.
        :param read: for some memories float [rows, width], added to as many of their first rows; the rest is left out.
        :param fixed: memories whose rows are heard, but do not learn.
        :param invented: rows of memories that nobody has, float [rows, width].
        :return: float [batch, rows, width] and float [batch, rows]: the logarithm of a memory's probability, minus
            infinity at padding; None where no example has any row.
        """
        known_rows: Mapping[int, Tensor] = {} if invented is None else invented
        chosen = [self.chosen(likely, count, known_rows) for likely in memories]
        if not any(chosen):
            return None
        rows: Dict[int, Tensor] = {}
        for memory in {memory for known in chosen for memory, _ in known}:
            own = known_rows[memory] if memory in known_rows else self[memory]
            rows[memory] = own.detach() if memory in fixed else own
        rows.update({m: rows[m][: len(states)] + states for m, states in read.items() if m in rows})
        some = next(iter(rows.values()))
        longest = 1 + max(sum(len(rows[memory]) for memory, _ in known) for known in chosen)
        padded, biases = [], []
        for known in chosen:
            # A row of zeros has nothing to say: what is attended to it is attended to no memory.
            nothing = max(1.0 - sum(p for _, p in known), 1e-6)
            joined = torch.cat([some.new_zeros(1, some.shape[1]), *(rows[memory] for memory, _ in known)])
            weights = [some.new_tensor([nothing]), *(some.new_full((len(rows[memory]),), p) for memory, p in known)]
            missing = longest - len(joined)
            padded.append(nn.functional.pad(joined, (0, 0, 0, missing)))
            biases.append(nn.functional.pad(torch.cat(weights).log(), (0, missing), value=float("-inf")))
        return torch.stack(padded), torch.stack(biases)

    def owners(self, memories: Sequence[Sequence[Tuple[int, float]]], count: int) -> Tensor:
        """Return which memory each row is of that :meth:`recall` gives with nothing read: int64 [batch, rows].

        0 for the row that says nothing, and for padding.
        """
        owned = [[0, *(m for m, _ in self.chosen(likely, count) for _ in self[m])] for likely in memories]
        longest = max(map(len, owned))
        return torch.tensor([numbers + [0] * (longest - len(numbers)) for numbers in owned])

    def chosen(
        self, likely: Sequence[Tuple[int, float]], count: int, besides: Container[int] = ()
    ) -> List[Tuple[int, float]]:
        """Return those of some memories that have rows, here or ``besides``, at most ``count``."""
        return [(memory, p) for memory, p in likely if (memory in self or memory in besides) and p > 0][:count]
