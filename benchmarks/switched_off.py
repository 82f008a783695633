"""Each optimisation of a training step, switched off: what a night would cost without it.

Every function is a context within which one of them is missing and everything else, the losses too, is as it was.
"""

from __future__ import annotations

import contextlib
import inspect
from typing import TYPE_CHECKING, Any, Dict, Iterator, List
from unittest import mock

import torch
from torch import nn

from sovl_core.constants import MAX_SEQ_LENGTH

if TYPE_CHECKING:
    from sovl_core.events import TrainStep
    from sovl_core.models import Models


@contextlib.contextmanager
def padded_to_a_fixed_length(models: Models) -> Iterator[None]:
    """Every training pass of the base has as many positions as the longest example may have."""
    decoder = models.base.base_model
    forward = decoder.forward

    def padded(input_ids: Any, attention_mask: Any, position_ids: Any = None, **more: Any) -> Any:
        tokens = input_ids.shape[1]
        missing = MAX_SEQ_LENGTH - attention_mask.shape[1]
        if missing <= 0 or not torch.is_grad_enabled():
            return forward(input_ids=input_ids, attention_mask=attention_mask, position_ids=position_ids, **more)
        added = (0, missing)
        if position_ids is not None:
            more["position_ids"] = nn.functional.pad(position_ids, added)
        output = forward(
            input_ids=nn.functional.pad(input_ids, added),
            attention_mask=nn.functional.pad(attention_mask, added),
            **more,
        )
        output.last_hidden_state = output.last_hidden_state[:, :tokens]
        return output

    # A signature of its own would hide that the decoder takes position ids.
    padded.__signature__ = inspect.signature(forward)  # type: ignore[attr-defined]
    with mock.patch.object(decoder, "forward", padded):
        yield


class LogitsEverywhere:
    """Logits and their loss at all positions of the pass; those that are not the answer's weigh nothing."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self._hidden: Any = None

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Keep what the base's training pass gives."""

        def keep(module: nn.Module, args: Any, output: Any) -> None:
            if torch.is_grad_enabled():
                self._hidden = output.last_hidden_state

        handle = self.models.base.base_model.register_forward_hook(keep)
        try:
            yield
        finally:
            handle.remove()

    def loss(self, step: TrainStep) -> Any:
        """Return 0, after logits of the positions that are nobody's answer and their gradient."""
        hidden = self._hidden.flatten(0, 1)
        answers = sum(len(item) - item.prompt_length for item in step.batch.encoded)
        others = hidden[: len(hidden) - answers]
        nothing = torch.zeros(len(others), dtype=torch.int64)
        return nn.functional.cross_entropy(self.models.logits(others), nothing, reduction="sum") * 0.0


@contextlib.contextmanager
def backward_to_the_bottom(models: Models) -> Iterator[None]:
    """Gradients flow through all layers of the base, also those below the first that listens."""
    embedding = models.base.get_input_embeddings()
    handle = embedding.register_forward_hook(lambda module, args, output: output.requires_grad_(True))
    try:
        yield
    finally:
        handle.remove()


@contextlib.contextmanager
def scaffold_of_its_own(models: Models) -> Iterator[None]:
    """The scaffold's frozen weights are a copy of the base's."""
    base = {id(parameter) for parameter in models.base.parameters()}
    copies: Dict[int, nn.Parameter] = {}
    shared: List[Any] = []
    for module in models.scaffold.modules():
        for name, parameter in module._parameters.items():
            if parameter is not None and id(parameter) in base:
                copies.setdefault(id(parameter), nn.Parameter(parameter.detach().clone(), requires_grad=False))
                shared.append((module, name, parameter))
    for module, name, parameter in shared:
        module._parameters[name] = copies[id(parameter)]
    try:
        yield
    finally:
        for module, name, parameter in shared:
            module._parameters[name] = parameter


def shared_bytes(models: Models) -> int:
    """Return how many bytes of the scaffold are the base's own."""
    base = {id(parameter) for parameter in models.base.parameters()}
    return sum(p.numel() * p.element_size() for p in models.scaffold.parameters() if id(p) in base)
