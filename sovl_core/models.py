"""What is loaded: base, scaffold, tokenizers, and the registry of everything that learns.

The base is frozen here, once, for good. Plugins register the modules they train; the kernel builds optimizer groups
from the registry and stores the registered modules with each night.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Optional, Tuple

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


@dataclass(frozen=True)
class Trainable:
    """A registered module: ``learning_rate_scale`` multiplies the learning rate, ``decay`` allows weight decay.

    ``scales`` holds (suffix, scale, decay) for parameters whose names end in the suffix and learn otherwise.
    """

    name: str
    module: nn.Module
    learning_rate_scale: float = 1.0
    decay: bool = True
    scales: Tuple[Tuple[str, float, bool], ...] = ()

    def parameters(self) -> Dict[str, nn.Parameter]:
        """Return the parameters that learn, by name within the module."""
        return {name: p for name, p in self.module.named_parameters() if p.requires_grad}


class Models:
    """Base and scaffold with their tokenizers.

    :param base: a Hugging Face causal LM; all its parameters are frozen here.
    :param base_tokenizer: its tokenizer.
    :param build_scaffold: called on first use of :attr:`scaffold`; returns the model (LoRA attached) and its tokenizer.
    :param base_path: where the base came from, for messages and for the provenance of nights.
    """

    def __init__(
        self,
        base: Any,
        base_tokenizer: Any,
        build_scaffold: Optional[Callable[[Models], Any]] = None,
        base_path: str = "",
    ) -> None:
        self.base = base
        self.base_tokenizer = base_tokenizer
        self.base_path = base_path
        self.trainables: Dict[str, Trainable] = {}
        # What each trainable was when it came, before any night: a deep night starts from there.
        self._untrained: Dict[str, Dict[str, Tensor]] = {}
        self.scaffold_enabled = True
        self._build_scaffold = build_scaffold
        self._scaffold: Any = None
        self._scaffold_tokenizer: Any = None
        base.requires_grad_(False)
        base.eval()

    @property
    def device(self) -> torch.device:
        """Device of the base."""
        device: torch.device = next(self.base.parameters()).device
        return device

    @property
    def takes_position_ids(self) -> bool:
        """True when the base's decoder accepts ``position_ids`` (OPT of older transformers counts its mask instead)."""
        import inspect

        return "position_ids" in inspect.signature(self.base.base_model.forward).parameters

    @property
    def has_scaffold(self) -> bool:
        """True when a scaffold can be built; reading this builds nothing."""
        return self._build_scaffold is not None

    @property
    def scaffold_loaded(self) -> bool:
        """True when the scaffold has been built."""
        return self._scaffold is not None

    @property
    def scaffold(self) -> Any:
        """The scaffold LM with LoRA attached, built on first use.

        :raises RuntimeError: when no scaffold is configured.
        """
        if self._scaffold is None:
            if self._build_scaffold is None:
                raise RuntimeError("no scaffold is configured: set core.scaffold_model")
            self._scaffold, self._scaffold_tokenizer = self._build_scaffold(self)
            self.register_trainable("scaffold", self._scaffold)
        return self._scaffold

    @property
    def scaffold_tokenizer(self) -> Any:
        """The scaffold's tokenizer; the base's own object when both share one."""
        self.scaffold  # noqa: B018 - builds both
        return self._scaffold_tokenizer

    def register_trainable(
        self, name: str, module: nn.Module, learning_rate_scale: float = 1.0, decay: bool = True
    ) -> None:
        """Enter a module whose ``requires_grad`` parameters are trained and stored with each night.

        A module that grows from night to night offers ``make_room(tensors)``: called with what is about to be restored
        (``{parameter: tensor}``), so that it has these parameters and no others. One whose parameters may fit and yet
        mean something else offers ``misfit(tensors)``: why they are not for it, "" where they are.

        :raises ValueError: when another module is registered under the name.
        """
        known = self.trainables.get(name)
        if known is not None and known.module is not module:
            raise ValueError(f"a trainable named {name!r} is registered already")
        self.trainables[name] = Trainable(name, module, learning_rate_scale, decay)
        if known is None:
            self._untrained[name] = _copy_of(self.trainables[name])

    def unregister_trainable(self, name: str) -> None:
        """Take a module out of the registry; unknown names are ignored."""
        self.trainables.pop(name, None)
        self._untrained.pop(name, None)

    def trainable_parameters(self) -> int:
        """Return how many numbers learn."""
        return sum(p.numel() for t in self.trainables.values() for p in t.parameters().values())

    def scale_learning_rate(self, name: str, suffix: str, scale: float, decay: bool = True) -> None:
        """Let the parameters of a trainable whose names end in ``suffix`` learn ``scale`` times as fast."""
        known = self.trainables[name]
        self.trainables[name] = replace(known, scales=(*known.scales, (suffix, scale, decay)))

    def parameter_groups(self, learning_rate: float, weight_decay: float) -> List[Dict[str, Any]]:
        """Return optimizer groups: parameters of a trainable that share learning rate and decay."""
        groups: Dict[Tuple[str, float, bool], List[nn.Parameter]] = {}
        for trainable in self.trainables.values():
            for key, parameter in trainable.parameters().items():
                special = next((s for s in trainable.scales if key.endswith(s[0])), None)
                scale, decay = special[1:] if special else (trainable.learning_rate_scale, trainable.decay)
                groups.setdefault((trainable.name, scale, decay), []).append(parameter)
        return [
            {
                "params": parameters,
                "lr": learning_rate * scale,
                "weight_decay": weight_decay if decay else 0.0,
                "name": name,
            }
            for (name, scale, decay), parameters in groups.items()
        ]

    def snapshot(self) -> Dict[str, Dict[str, Tensor]]:
        """Return a copy of everything that learns, on the CPU: ``{trainable: {parameter: tensor}}``."""
        return {name: _copy_of(trainable) for name, trainable in self.trainables.items()}

    def untrained(self) -> Dict[str, Dict[str, Tensor]]:
        """Return what everything that learns was when it was registered, as :meth:`snapshot`: that of a new life."""
        return {name: dict(tensors) for name, tensors in self._untrained.items()}

    def restore(self, state: Dict[str, Dict[str, Tensor]]) -> None:
        """Put a snapshot back in place, all of it or nothing.

        Trainables that the snapshot does not know keep their values.

        :raises ValueError: when a stored shape differs from the module's, with both named, or a module refuses what is
            stored.
        """
        import torch

        for name, tensors in state.items():
            problem = self._misfit(name, tensors)
            if problem:
                raise ValueError(f"{name}: {problem}")
        pairs: List[Tuple[nn.Parameter, Tensor]] = []
        # What grows comes last: it fits whatever it is given, and must not have changed when another does not fit.
        for name, tensors in sorted(state.items(), key=lambda item: self._grows(item[0])):
            trainable = self.trainables.get(name)
            if trainable is None:
                continue
            if self._grows(name):
                trainable.module.make_room(tensors)  # type: ignore[operator]
            parameters = trainable.parameters()
            for key, tensor in tensors.items():
                if key not in parameters:
                    raise ValueError(f"{name}: stored parameter {key!r} has no counterpart in the model")
                if parameters[key].shape != tensor.shape:
                    shapes = f"stored shape {tuple(tensor.shape)}, model has {tuple(parameters[key].shape)}"
                    raise ValueError(f"{name}.{key}: {shapes}")
                pairs.append((parameters[key], tensor))
        with torch.no_grad():
            for parameter, tensor in pairs:
                parameter.copy_(tensor)

    def _misfit(self, name: str, tensors: Dict[str, Tensor]) -> str:
        if name not in self.trainables or not hasattr(self.trainables[name].module, "misfit"):
            return ""
        return str(self.trainables[name].module.misfit(tensors))  # type: ignore[operator]

    def _grows(self, name: str) -> bool:
        return name in self.trainables and hasattr(self.trainables[name].module, "make_room")

    @contextlib.contextmanager
    def bypass(self) -> Iterator[None]:
        """Within this block the scaffold takes no part: the base computes exactly what it does alone."""
        before, self.scaffold_enabled = self.scaffold_enabled, False
        try:
            yield
        finally:
            self.scaffold_enabled = before

    def hidden_states(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return the base's last hidden states.

        :param input_ids: int [batch, tokens].
        :param attention_mask: 1 where there is a token, int [batch, tokens].
        :return: float [batch, tokens, width], after the final norm.
        """
        output = self.base.base_model(input_ids=input_ids, attention_mask=attention_mask, use_cache=False)
        hidden: Tensor = output.last_hidden_state
        return hidden

    def logits(self, hidden: Tensor) -> Tensor:
        """Return logits of hidden states, float32: [..., width] to [..., vocabulary].

        Applies the final soft-capping of the Gemma family where the configuration names one.
        """
        import torch

        head = self.base.get_output_embeddings()
        logits: Tensor = head(hidden.to(next(head.parameters()).dtype)).float()
        cap = getattr(self.base.config, "final_logit_softcapping", None)
        return torch.tanh(logits / cap) * cap if cap else logits


def _copy_of(trainable: Trainable) -> Dict[str, Tensor]:
    return {key: p.detach().to("cpu", copy=True) for key, p in trainable.parameters().items()}
