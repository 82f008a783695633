"""Relevance: does a prompt have to do with anything learned? A logistic regression on what the base makes of it.

Trained on the night's own prompts: open for those of memories, shut for background. Below the threshold the scaffold is
skipped, and the reply *is* the base's.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Dict, List, Optional, Sequence, Tuple

import torch
from torch import Tensor, nn

from sovl_core.model_layers import decoder_layers, layer_output
from sovl_cross_attention.reader import padded, word_ids

if TYPE_CHECKING:
    from sovl_core.models import Models

#: Prompts remembered to fit on, the latest.
REMEMBERED = 4096


class _LayerReached(Exception):
    """Ends a forward pass at the layer whose states are wanted."""


def prompt_features(models: Models, texts: Sequence[str], height: float) -> Tensor:
    """Return the mean hidden state of each text's words at one of the base's layers, normalised.

    :param height: of the layer, 0 the bottom, 1 the top.
    :return: float32 [texts, width] on the CPU, each of unit root mean square.
    """
    modules = decoder_layers(models.base)
    module = modules[min(len(modules) - 1, round(height * len(modules)))]
    found: List[Tensor] = []

    def hook(_: nn.Module, args: object, output: object) -> None:
        found.append(layer_output(output))
        raise _LayerReached

    rows = [word_ids(models.base_tokenizer, text) for text in texts]
    ids, mask = padded(rows, 0, models.device)
    handle = module.register_forward_hook(hook)
    try:
        with torch.no_grad(), models.bypass():
            models.base.base_model(input_ids=ids, attention_mask=mask, use_cache=False)
    except _LayerReached:
        pass
    finally:
        handle.remove()
    weights = mask[:, :, None].to(found[0].dtype)
    pooled = ((found[0] * weights).sum(1) / weights.sum(1)).float().cpu()
    return pooled * torch.rsqrt(pooled.pow(2).mean(-1, keepdim=True) + 1e-6)


class RelevanceGate:
    """A linear classifier over prompt features, fitted on the prompts the nights have shown it.

    ``height`` is that of the layer its features come from, None before it has seen any.

    :param decay: strength of the penalty on its weights.
    """

    def __init__(self, decay: float = 1e-3) -> None:
        self.decay = decay
        self.weight: Tensor = torch.zeros(0)
        self.bias = 0.0
        self.mean: Tensor = torch.zeros(0)
        self.scale: Tensor = torch.zeros(0)
        self.height: Optional[float] = None
        self._examples: Dict[str, Tuple[Tensor, bool]] = {}
        self._stale = False

    @property
    def fitted(self) -> bool:
        """True when it has seen prompts of both kinds."""
        labels = {relevant for _, relevant in self._examples.values()}
        return len(self.weight) > 0 or len(labels) == 2

    @property
    def width(self) -> int:
        """Width of the features it knows, 0 when it knows none."""
        row = next((row for row, _ in self._examples.values()), self.mean)
        return len(row)

    def knows(self, text: str, relevant: bool) -> bool:
        """True when this prompt is remembered as such."""
        return text in self._examples and self._examples[text][1] == relevant

    def prompts(self) -> Dict[str, bool]:
        """Return the remembered prompts, oldest first, and whether each is about something learned."""
        return {text: relevant for text, (_, relevant) in self._examples.items()}

    def copy(self) -> RelevanceGate:
        """Return a gate of its own that knows the same."""
        other = copy.copy(self)
        other._examples = dict(self._examples)
        return other

    def remember(self, texts: Sequence[str], features: Tensor, relevant: Sequence[bool]) -> None:
        """Add prompts to fit on.

        :param features: float [texts, width].
        :param relevant: True where the prompt is about something learned.
        """
        for text, row, label in zip(texts, features, relevant):
            self._examples.pop(text, None)
            self._examples[text] = (row, label)
        while len(self._examples) > REMEMBERED:
            self._examples.pop(next(iter(self._examples)))
        self._stale = True

    def relevance(self, features: Tensor) -> Tensor:
        """Return the probability that each prompt is about something learned: float [texts, width] to [texts]."""
        if self._stale:
            self._fit()
        if not len(self.weight):
            return torch.ones(len(features))
        return torch.sigmoid((features - self.mean) / self.scale @ self.weight + self.bias)

    def _fit(self) -> None:
        self._stale = False
        labels = torch.tensor([float(label) for _, label in self._examples.values()])
        if not len(labels) or labels.min() == labels.max():
            return
        features = torch.stack([row for row, _ in self._examples.values()])
        self.mean = features.mean(0)
        # A few dimensions of a language model's states are a hundred times as large as the rest and say little.
        self.scale = features.std(0) + 1e-4
        centred = (features - self.mean) / self.scale
        # Both kinds weigh the same, however many prompts of each there are.
        weights = torch.where(labels > 0.5, 0.5 / labels.mean(), 0.5 / (1 - labels.mean()))
        weight = torch.zeros(centred.shape[1], requires_grad=True)
        bias = torch.zeros((), requires_grad=True)
        optimizer = torch.optim.LBFGS([weight, bias], max_iter=200, line_search_fn="strong_wolfe")

        def closure() -> Tensor:
            optimizer.zero_grad()
            logits = centred @ weight + bias
            loss = nn.functional.binary_cross_entropy_with_logits(logits, labels, weight=weights)
            loss = loss + self.decay * weight.pow(2).sum()
            loss.backward()
            return loss

        with torch.enable_grad():
            optimizer.step(closure)
        self.weight, self.bias = weight.detach(), float(bias.detach())

    def save(self, values: Dict[str, object], tensors: Dict[str, Tensor]) -> None:
        """Put classifier and remembered prompts into a plugin's state."""
        if self._stale:
            self._fit()
        if len(self.weight):
            tensors["relevance.weight"] = self.weight
            tensors["relevance.mean"], tensors["relevance.scale"] = self.mean, self.scale
            values["relevance.bias"] = self.bias
        if self._examples:
            tensors["relevance.features"] = torch.stack([row for row, _ in self._examples.values()]).half()
            values["relevance.prompts"] = list(self._examples)
            values["relevance.labels"] = [label for _, label in self._examples.values()]
        if self.height is not None:
            values["relevance.height"] = self.height

    def load(self, values: Dict[str, object], tensors: Dict[str, Tensor]) -> None:
        """Take back what :meth:`save` stored; nothing stored is a gate that never saw a night."""
        self.weight = tensors.get("relevance.weight", torch.zeros(0)).float()
        self.mean = tensors.get("relevance.mean", torch.zeros(0)).float()
        self.scale = tensors.get("relevance.scale", torch.zeros(0)).float()
        self.bias = float(values.get("relevance.bias", 0.0))  # type: ignore[arg-type]
        height: Optional[float] = values.get("relevance.height")  # type: ignore[assignment]
        self.height = None if height is None else float(height)
        features = tensors.get("relevance.features", torch.zeros(0)).float()
        prompts: Sequence[str] = values.get("relevance.prompts", ())  # type: ignore[assignment]
        labels: Sequence[bool] = values.get("relevance.labels", ())  # type: ignore[assignment]
        self._examples = {text: (row, bool(label)) for text, row, label in zip(prompts, features, labels)}
        self._stale = False
