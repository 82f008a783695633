"""Relevance: which memory is a prompt about, if any? A logistic regression on what the base makes of the prompt.

Trained on the night's own prompts: one class for each memory, and one for background. Where the latter is likely the
scaffold is skipped, and the reply *is* the base's.
"""

from __future__ import annotations

import copy
from collections import Counter
from typing import TYPE_CHECKING, Container, Dict, List, Optional, Sequence, Tuple

import torch
from torch import Tensor, nn

from sovl_core.model_layers import decoder_layers, hidden_size
from sovl_cross_attention.base_states import base_states, unit_rms
from sovl_cross_attention.reader import padded, word_ids

if TYPE_CHECKING:
    from sovl_core.models import Models
    from sovl_cross_attention.confirmation import Recalled

#: Prompts remembered to fit on; beyond them each memory keeps its share of them.
REMEMBERED = 8192
#: Stand for a memory where a prompt is about none: background, and what the user has never told.
NOTHING, NEVER_TOLD = 0, -1
#: How much the prompts of all memories, of background, and about what was never told weigh, however many there are.
MEMORIES_SHARE, SHARES = 0.6, {NOTHING: 0.3, NEVER_TOLD: 0.1}


def feature_width(models: Models) -> int:
    """Return the width of :func:`prompt_features`."""
    return 2 * hidden_size(models.base)


def prompt_features(models: Models, texts: Sequence[str], height: float) -> Tensor:
    """Return the mean hidden states of each text's words at two of the base's layers, normalised.

    :param height: of the upper layer, 0 the bottom, 1 the top; the other one is at three fifths of it.
    :return: float32 [texts, 2 * width] on the CPU, each half of unit root mean square.
    """
    count = len(decoder_layers(models.base))
    upper = min(count - 1, round(height * count))
    rows = [word_ids(models.base_tokenizer, text) for text in texts]
    ids, mask = padded(rows, 0, models.device)
    found = base_states(models, ids, mask, (round(0.6 * upper), upper))
    weights = mask[:, :, None].to(found[0].dtype)
    pooled = [((states * weights).sum(1) / weights.sum(1)).float().cpu() for states in found]
    return torch.cat([unit_rms(half) for half in pooled], dim=1)


class RelevanceGate:
    """A multinomial logistic regression over prompt features: which memory is a prompt about, or none?

    Fitted on the prompts the nights have shown it. ``height`` is that of the layer its features come from, None before
    it has seen any.

    :param decay: strength of the penalty on its weights.
    """

    def __init__(self, decay: float = 1e-3) -> None:
        self.decay = decay
        self.weight: Tensor = torch.zeros(0)
        self.bias: Tensor = torch.zeros(0)
        self.mean: Tensor = torch.zeros(0)
        self.scale: Tensor = torch.zeros(0)
        self.height: Optional[float] = None
        #: Memory of each class, in the order of the classifier's outputs.
        self.classes: List[int] = []
        self._examples: Dict[str, Tuple[Tensor, int]] = {}
        self._stale = False

    @property
    def fitted(self) -> bool:
        """True when it has seen prompts about memories and others."""
        seen = {memory > NOTHING for _, memory in self._examples.values()}
        return len(self.weight) > 0 or len(seen) == 2

    @property
    def width(self) -> int:
        """Width of the features it knows, 0 when it knows none."""
        row = next((row for row, _ in self._examples.values()), self.mean)
        return len(row)

    def knows(self, text: str, memory: int) -> bool:
        """True when this prompt is remembered as being about this memory."""
        return text in self._examples and self._examples[text][1] == memory

    def prompts(self) -> Dict[str, int]:
        """Return the remembered prompts, oldest first, and the memory each is about."""
        return {text: memory for text, (_, memory) in self._examples.items()}

    def copy(self) -> RelevanceGate:
        """Return a gate of its own that knows the same."""
        other = copy.copy(self)
        other._examples = dict(self._examples)
        return other

    def remember(self, texts: Sequence[str], features: Tensor, memories: Sequence[int]) -> None:
        """Add prompts to fit on.

        :param features: float [texts, width].
        :param memories: number of the memory each prompt is about, :data:`NOTHING` or :data:`NEVER_TOLD` for none.
        """
        for text, row, memory in zip(texts, features, memories):
            self._examples.pop(text, None)
            # Rounded as it will be stored, so that a life that was closed in between learns the same.
            self._examples[text] = (row.half().float(), memory)
        if len(self._examples) > REMEMBERED:
            self._examples = _thinned(self._examples, REMEMBERED)
        self._stale = True

    def forget(self, memories: Container[int]) -> None:
        """Let go of all prompts about these memories."""
        kept = {text: row for text, row in self._examples.items() if row[1] not in memories}
        self._stale |= len(kept) < len(self._examples)
        self._examples = kept

    def probabilities(self, features: Tensor) -> Tensor:
        """Return how likely each prompt is about each of :attr:`classes`: float [texts, width] to [texts, classes]."""
        if self._stale:
            self._fit()
        if not len(self.weight):
            return torch.zeros(len(features), 0)
        return torch.softmax((features - self.mean) / self.scale @ self.weight + self.bias, dim=-1)

    def assess(self, features: Tensor, count: int, threshold: float) -> List[Tuple[float, List[Recalled]]]:
        """Return for each prompt its relevance and the memories it is likeliest about, with their probabilities.

        Relevance is the probability that it is about something learned, 1 as long as there is nothing to tell by. Where
        it is ``threshold`` or more, that the prompt is about some memory is taken for granted.

        :param features: float [texts, width].
        :param count: how many memories at most.
        """
        found = self.probabilities(features)
        assessed: List[Tuple[float, List[Recalled]]] = []
        for row, relevant in zip(found.tolist(), self._relevance(found).tolist()):
            likely = [(memory, p) for p, memory in sorted(zip(row, self.classes), reverse=True) if memory > NOTHING]
            granted = relevant if relevant >= threshold and relevant > 0 else 1.0
            assessed.append((relevant, [(memory, p / granted) for memory, p in likely[:count]]))
        return assessed

    def _relevance(self, found: Tensor) -> Tensor:
        if not found.shape[1]:
            return torch.ones(len(found))
        return found[:, [index for index, memory in enumerate(self.classes) if memory > NOTHING]].sum(1).clamp(max=1)

    def _fit(self) -> None:
        self._stale = False
        counts = Counter(memory for _, memory in self._examples.values())
        about = sum(memory > NOTHING for memory in counts)
        if not 0 < about < len(counts):
            return
        self.classes = sorted(counts)
        position = {memory: index for index, memory in enumerate(self.classes)}
        labels = torch.tensor([position[memory] for _, memory in self._examples.values()])
        features = torch.stack([row for row, _ in self._examples.values()])
        self.mean = features.mean(0)
        # A few dimensions of a language model's states are a hundred times as large as the rest and say little.
        self.scale = features.std(0) + 1e-4
        centred = (features - self.mean) / self.scale
        share = torch.tensor([SHARES.get(memory, MEMORIES_SHARE / about) for memory in self.classes])
        size = torch.tensor([float(counts[memory]) for memory in self.classes])
        weights = (share / size)[labels]
        weight = torch.zeros(centred.shape[1], len(self.classes), requires_grad=True)
        bias = torch.zeros(len(self.classes), requires_grad=True)
        optimizer = torch.optim.LBFGS([weight, bias], max_iter=200, line_search_fn="strong_wolfe")

        def closure() -> Tensor:
            optimizer.zero_grad()
            losses = nn.functional.cross_entropy(centred @ weight + bias, labels, reduction="none")
            loss = (losses * weights).sum() + self.decay * weight.pow(2).sum()
            loss.backward()
            return loss

        with torch.enable_grad():
            optimizer.step(closure)
        self.weight, self.bias = weight.detach(), bias.detach()

    def save(self, values: Dict[str, object], tensors: Dict[str, Tensor]) -> None:
        """Put classifier and remembered prompts into a plugin's state."""
        if self._stale:
            self._fit()
        if len(self.weight):
            tensors["relevance.weight"], tensors["relevance.bias"] = self.weight, self.bias
            tensors["relevance.mean"], tensors["relevance.scale"] = self.mean, self.scale
            values["relevance.classes"] = self.classes
        if self._examples:
            tensors["relevance.features"] = torch.stack([row for row, _ in self._examples.values()]).half()
            values["relevance.prompts"] = list(self._examples)
            values["relevance.memories"] = [memory for _, memory in self._examples.values()]
        if self.height is not None:
            values["relevance.height"] = self.height

    def load(self, values: Dict[str, object], tensors: Dict[str, Tensor]) -> None:
        """Take back what :meth:`save` stored; nothing stored is a gate that never saw a night."""
        self.classes = list(values.get("relevance.classes", ()))  # type: ignore[call-overload]
        known = bool(self.classes)  # a classifier of an earlier version had one class only: it is fitted anew
        self.weight = tensors["relevance.weight"].float() if known else torch.zeros(0)
        self.bias = tensors["relevance.bias"].float() if known else torch.zeros(0)
        self.mean = tensors["relevance.mean"].float() if known else torch.zeros(0)
        self.scale = tensors["relevance.scale"].float() if known else torch.zeros(0)
        height: Optional[float] = values.get("relevance.height")  # type: ignore[assignment]
        self.height = None if height is None else float(height)
        features = tensors.get("relevance.features", torch.zeros(0)).float()
        prompts: Sequence[str] = values.get("relevance.prompts", ())  # type: ignore[assignment]
        memories: Sequence[int] = values.get("relevance.memories", ())  # type: ignore[assignment]
        self._examples = {text: (row, int(memory)) for text, row, memory in zip(prompts, features, memories)}
        self._stale = False


def _thinned(examples: Dict[str, Tuple[Tensor, int]], count: int) -> Dict[str, Tuple[Tensor, int]]:
    """Return so many examples at most, taken from the classes that have most: none is lost for being old.

    What a class keeps is spread over all it had, for neighbours are often wordings of one question.
    """
    sizes = Counter(memory for _, memory in examples.values())
    lowest, highest = 1, max(sizes.values())
    while lowest < highest:
        middle = (lowest + highest + 1) // 2
        fits = sum(min(size, middle) for size in sizes.values()) <= count
        lowest, highest = (middle, highest) if fits else (lowest, middle - 1)
    seen: Counter[int] = Counter()
    kept: Dict[str, Tuple[Tensor, int]] = {}
    for text, (row, memory) in examples.items():
        number, size = seen[memory], sizes[memory]
        seen[memory] += 1
        if number * min(lowest, size) % size < min(lowest, size):
            kept[text] = (row, memory)
    return kept
