"""Where the weights were, how far they are from there, and which of them matter.

All are dictionaries of tensors by ``trainable/parameter``; what is in one and not in the other counts for nothing, so
that trainables may come, grow and go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, Iterator, Optional, Tuple

import torch
from torch import Tensor

if TYPE_CHECKING:
    from torch import nn

    from sovl_core.models import Models

Weights = Dict[str, Tensor]

#: Keeps a share of nothing from being divided by.
_TINY = 1e-12


def parameters_of(models: Models) -> Iterator[Tuple[str, nn.Parameter]]:
    """Yield everything that learns, named ``trainable/parameter``."""
    for name, trainable in models.trainables.items():
        for key, parameter in trainable.parameters().items():
            yield f"{name}/{key}", parameter


def copy_of(models: Models) -> Weights:
    """Return a copy of everything that learns, on its own device."""
    return {name: parameter.detach().clone() for name, parameter in parameters_of(models)}


def still_there(models: Models, weights: Weights) -> Weights:
    """Return weights without those that a trainable no longer has: what was forgotten leaves nothing behind.

    Those of a trainable that is absent today are kept.
    """
    present = {name for name, _ in parameters_of(models)}
    return {name: w for name, w in weights.items() if name in present or name.split("/")[0] not in models.trainables}


def placed(models: Models, weights: Weights) -> Weights:
    """Return weights on the devices of the parameters they belong to, so that no step has to carry them there."""
    devices = {name: parameter.device for name, parameter in parameters_of(models)}
    return {name: weight.to(devices[name]) for name, weight in weights.items() if name in devices}


def distance(models: Models, anchor: Weights, importance: Optional[Weights] = None) -> Optional[Tensor]:
    """Return how far the weights have moved, as a share of how long they were, squared: a scalar with gradients.

    ``sum_i F_i (w_i - a_i)^2 / sum_i F_i a_i^2``: the quadratic penalty of Kirkpatrick et al. 2017
    (arXiv:1612.00796, eq. 3), divided by what makes it independent of the size of the weights and of the scale of F.

    :param anchor: the weights ``a`` from which it is measured.
    :param importance: ``F``; 1 for all where it is None, and for weights that it does not know.
    :return: None where there is nothing to measure from.
    """
    moved, length = [], []
    for name, parameter in parameters_of(models):
        there = anchor.get(name)
        if there is None or there.shape != parameter.shape:
            continue
        there = there.to(parameter.device)
        factor = None if importance is None else importance.get(name)
        apart, square = (parameter - there).pow(2), there.pow(2)
        if factor is not None and factor.shape == parameter.shape:
            factor = factor.to(parameter.device)
            apart, square = apart * factor, square * factor
        moved.append(apart.sum())
        length.append(square.sum())
    if not moved:
        return None
    return torch.stack(moved).sum() / torch.stack(length).sum().clamp_min(_TINY)


class Importance:
    """How much each weight mattered to a night: a running mean of squared gradients, the diagonal of the Fisher
    information as the steps themselves show it (no pass over the data is made for it).

    :param recent: share of the newest step; what the last steps say, near where the night ends, counts most.
    """

    def __init__(self, recent: float) -> None:
        self.squares: Weights = {}
        self._recent = recent

    def add(self, models: Models, anchor_gradient: Weights) -> None:
        """Take in the gradients of a step.

        :param anchor_gradient: the penalty's own share of them, which says nothing of the data.
        """
        for name, parameter in parameters_of(models):
            if parameter.grad is None:
                continue
            gradient = parameter.grad.detach().float()
            if name in anchor_gradient:
                gradient = gradient - anchor_gradient[name]
            square, known = gradient.pow(2), self.squares.get(name)
            if known is None or known.shape != square.shape:
                self.squares[name] = square
            else:
                known.lerp_(square, self._recent)

    def merged(self, before: Weights, fading: float) -> Weights:
        """Return what matters from now on (online EWC, Schwarz et al. 2018, arXiv:1805.06370).

        :param before: what mattered until now.
        :param fading: the share of it that still counts.
        :return: float32 tensors on the CPU, the mean over all weights being 1 for tonight's part.
        """
        count = sum(square.numel() for square in self.squares.values())
        mean = sum(float(square.sum()) for square in self.squares.values()) / max(count, 1)
        tonight = {name: (square / max(mean, _TINY)).cpu() for name, square in self.squares.items()}
        result = {name: fading * old for name, old in before.items()}
        for name, new in tonight.items():
            old = result.get(name)
            result[name] = new if old is None or old.shape != new.shape else old + new
        return result
