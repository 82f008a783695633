"""What a model is made of and what hangs on it, to be compared after a plugin has let go of it."""

from __future__ import annotations

from typing import Any, Dict, List

_HOOKS = (
    "_forward_hooks",
    "_forward_pre_hooks",
    "_backward_hooks",
    "_backward_pre_hooks",
    "_state_dict_hooks",
    "_load_state_dict_pre_hooks",
)


class ModelShape:
    """A model as it was when this was made.

    :param model: a ``torch.nn.Module``.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._modules = _modules(model)
        self._weights = {name: tensor.detach().clone() for name, tensor in _tensors(model).items()}

    def changes(self) -> List[str]:
        """Return in words what is otherwise now: hooks, patched methods, modules, weights."""
        now = _modules(self._model)
        found = [f"its module {name} is gone" for name in self._modules if name not in now]
        found += [f"its module {name} is new" for name in now if name not in self._modules]
        for name in sorted(set(now).intersection(self._modules)):
            was = self._modules[name]
            found += [
                f"its module {name or 'itself'} has {what}: {value}, and had {was[what]}"
                for what, value in now[name].items()
                if value != was[what]
            ]
        return found + self._changed_weights()

    def _changed_weights(self) -> List[str]:
        import torch

        now = _tensors(self._model)
        return [
            f"its weights {name} were changed"
            for name, was in self._weights.items()
            if name in now and (now[name].dtype != was.dtype or not torch.equal(now[name], was))
        ]


def _modules(model: Any) -> Dict[str, Dict[str, Any]]:
    return {
        name: {
            "class": type(module).__qualname__,
            "hooks": sum(len(getattr(module, kind, ())) for kind in _HOOKS),
            # A method that was replaced on the object stands among its attributes.
            "patched methods": sorted(key for key in vars(module) if callable(getattr(type(module), key, None))),
            "training mode": module.training,
            "parameters that learn": sorted(
                key for key, parameter in module.named_parameters(recurse=False) if parameter.requires_grad
            ),
        }
        for name, module in model.named_modules()
    }


def _tensors(model: Any) -> Dict[str, Any]:
    return {**dict(model.named_parameters()), **dict(model.named_buffers())}
