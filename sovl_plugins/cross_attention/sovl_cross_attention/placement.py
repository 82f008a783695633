"""Placement: which decoder layers of the base listen to the scaffold."""

from __future__ import annotations

from typing import List, Mapping, Optional, Sequence

from sovl_core.error_handling import ConfigError

#: Every fourth layer costs 1.9 points and runs 66 % faster than every layer (Flamingo, arXiv:2204.14198, table 3).
STRIDE = 4
#: Placements with a name of their own; presets may name more.
PLACEMENTS = ("default", "early", "late", "balanced", "fixed", "custom")


def choose_layers(
    total: int,
    placement: str = "default",
    custom: Sequence[int] = (),
    presets: Optional[Mapping[str, Sequence[int]]] = None,
) -> List[int]:
    """Return the numbers of the listening layers, bottom first.

    ``default`` is every fourth of the upper two thirds; ``early``, ``late`` and ``balanced`` are every fourth of the
    lower third, the upper third, and all; none of them includes the bottom layer unless there is no other. ``fixed``
    and ``custom`` are a list, any other name is one of the presets.

    :param total: decoder layers the base has.
    :param custom: layer numbers for ``fixed`` and ``custom``.
    :param presets: layer numbers by name.
    :raises ConfigError: for numbers the base does not have, or a name that is none.
    """
    if placement in ("fixed", "custom"):
        return _checked(custom, total, "layers")
    if presets and placement in presets:
        return _checked(presets[placement], total, f"presets.{placement}")
    if placement not in PLACEMENTS:
        known = ", ".join([*PLACEMENTS, *(presets or ())])
        raise ConfigError(f"plugins.cross_attention.placement: {placement!r} is no placement", f"There are: {known}.")
    third = total / 3
    spans = {"default": (third, total), "early": (1.0, third + 1), "late": (2 * third, total), "balanced": (1.0, total)}
    start, end = spans[placement]
    stride = min(STRIDE, max(1, total // 6))
    # Counted down from the top: the layer before the last still has something above it to speak to.
    top = int(end) - min(3, total // 6 + 1) if placement != "early" else int(end) - 1
    chosen = sorted(range(max(top, 0), max(int(start), 1) - 1, -stride))
    return chosen or [total - 1]


def _checked(custom: Sequence[int], total: int, key: str) -> List[int]:
    chosen = sorted(set(custom))
    wrong = [layer for layer in chosen if not 0 <= layer < total]
    if wrong or not chosen:
        what = f"layer {wrong[0]} does not exist" if wrong else "no layer is named"
        raise ConfigError(
            f"plugins.cross_attention.{key}: {what}; the base has layers 0 to {total - 1}",
            f'Set plugins.cross_attention.{key}, or plugins.cross_attention.placement to "default".',
        )
    return chosen
