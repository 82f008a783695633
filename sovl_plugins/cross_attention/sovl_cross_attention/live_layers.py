"""Changing which layers listen in a running life, without loading the models again.

What was trained fits the layers that it was trained for, so a life with nights can silence some of those and let them
speak again; a life without nights gets other layers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Callable, Iterable, List, Optional, Sequence

from sovl_core.error_handling import BadInput
from sovl_core.live_tuning import keep_hint, tune
from sovl_cross_attention.placement import PLACEMENTS, choose_layers

if TYPE_CHECKING:
    from sovl_core.journal import Journal
    from sovl_cross_attention.settings import CrossAttentionSettings

_NAME = "cross_attention"
_KEY = f"plugins.{_NAME}"


def change_layers(
    wanted: str,
    total: int,
    listening: Sequence[int],
    settings: CrossAttentionSettings,
    journal: Journal,
    insert: Callable[[List[int]], None],
) -> str:
    """Let other layers listen, for this session; returns what was done and how to keep it.

    :param wanted: layer numbers such as ``4,8,12``, or the name of a placement or preset.
    :param total: decoder layers the base has.
    :param listening: the layers that hear the scaffold now, whatever their weight.
    :param insert: puts untrained cross-attention into these layers in place of what is there.
    :raises BadInput: where what was learned fits no such layers.
    :raises ConfigError: for layers that the base does not have.
    """
    chosen = _chosen(wanted, total, settings)
    night, running = journal.current_night(), journal.running_night()
    if running is not None and running.parent != night:
        # It began elsewhere, and is not gone on with.
        running = None
    if night is None and running is None:
        insert(chosen)
        # Weights are those of other layers now.
        plain = {"layer_weights": []} if settings.layer_weights else {}
        changes = tune(_NAME, settings, {"placement": "custom", "layers": chosen, **plain})
        said = f"Listening now: layers {_words(chosen)}, in place of {_words(listening)}."
        return f"{said} Keep them before the first night: its weights will fit no others.\n{_hint(changes)}"
    if set(chosen) <= set(listening):
        weights = dict(zip(listening, settings.layer_weights))
        changes = tune(_NAME, settings, {"layer_weights": [_weight(n in chosen, weights.get(n)) for n in listening]})
        silent = [number for number in listening if number not in chosen]
        said = f"Speaking: layers {_words(chosen)}; silent: {_words(silent) or 'none'}."
        return f"{said}\n{_hint(changes)}"
    learned = f"night {night} has learned" if running is None or night is not None else f"night {running.number} learns"
    first = "" if night is not None else "once that night has ended (/sleep goes on with it): "
    raise BadInput(
        f"What {learned} sits in layers {_words(listening)}, and fits no others",
        f"Some of those can be silenced at once, such as all but one: /cross --layers {listening[-1]}. Others start "
        f"from the bare base: {first}/nights use 0, then /cross --layers {wanted}",
    )


def misplaced(stored: Iterable[int], listening: Sequence[int]) -> str:
    """Return why weights of these layers are not for those that listen, "" where they are.

    Layers that have learned nothing yet may listen besides.
    """
    missed = sorted(stored)
    if set(missed) <= set(listening):
        return ""
    back = f"`sovl config set {_KEY}.placement custom` and `sovl config set {_KEY}.layers {','.join(map(str, missed))}`"
    return (
        f"they were trained for layers {_words(missed)}, and {_words(listening)} listen now; to have those back: {back}"
    )


def _chosen(wanted: str, total: int, settings: CrossAttentionSettings) -> List[int]:
    name = wanted.strip()
    if name in PLACEMENTS or name in settings.presets:
        return choose_layers(total, name, settings.layers, settings.presets)
    try:
        numbers = [int(number) for number in re.split(r"[\s,]+", name.strip("[], "))]
    except ValueError as error:
        known = ", ".join([*PLACEMENTS, *settings.presets])
        raise BadInput(f"{wanted!r} names no layers", f"Numbers such as 4,8,12, or one of: {known}") from error
    return choose_layers(total, "custom", numbers)


def _weight(speaks: bool, before: Optional[float]) -> float:
    return (before or 1.0) if speaks else 0.0


def _hint(changes: List[str]) -> str:
    return keep_hint(_NAME, changes) if changes else "Nothing has changed by it."


def _words(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
