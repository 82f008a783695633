"""Loss terms that plugins put into a training step: each is computed in its plugin's name, so that it can be blamed."""

from __future__ import annotations

import functools
from typing import Any, Callable, Dict

Term = Callable[..., Any]


def terms_of(argument: Any) -> Dict[str, Term]:
    """Return a copy of the loss terms that a hook's argument carries; {} for anything but a training step."""
    return dict(getattr(argument, "loss_terms", ()))


def guard_terms(argument: Any, before: Dict[str, Term], compute: Callable[..., Any]) -> None:
    """Replace the loss terms that were added since ``before``.

    :param argument: the training step; anything else is left alone.
    :param before: what :func:`terms_of` returned then.
    :param compute: called with the term and its arguments in place of the term.
    """
    for name, term in terms_of(argument).items():
        if before.get(name) is not term:
            argument.loss_terms[name] = functools.partial(compute, term)
