"""``cross``: the weights that can be changed while talking."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Callable, Dict, List

from sovl_core.config_text import parse_text
from sovl_core.error_handling import BadInput
from sovl_core.live_tuning import keep_hint, tune
from sovl_core.plugin import Command, CommandOption

if TYPE_CHECKING:
    from sovl_cross_attention.settings import CrossAttentionSettings

DYNAMIC_MODES = ("off", "confidence", "temperament")
#: Which setting each option changes.
_SETTINGS = {
    "weight": "weight",
    "blend": "blend",
    "layer-weights": "layer_weights",
    "dynamic": "dynamic",
    "threshold": "relevance_threshold",
}


def cross_command(settings: CrossAttentionSettings, change_layers: Callable[[str], str]) -> Command:
    """Return the command that shows and changes these settings, for this session alone.

    :param change_layers: lets the layers listen that are named, and says what came of it.
    """
    options = (
        CommandOption("weight", float, "weight of everything the scaffold says", minimum=0, maximum=2),
        CommandOption("blend", float, "share of the residual that is blended in", minimum=0, maximum=1),
        CommandOption("layers", str, "layers that listen, as in 4,8,12, or a placement such as early"),
        CommandOption("layer-weights", str, "a weight for each listening layer, bottom first, as in 1,0.5,0"),
        CommandOption("dynamic", str, "scale by confidence or temperament", choices=DYNAMIC_MODES),
        CommandOption("threshold", float, "relevance below which the scaffold is skipped", minimum=0, maximum=1),
    )
    return Command(
        "cross",
        "Show or change how much the scaffold says.\n\n"
        "Which layers listen is the shape of what is learned: before the first night any may be chosen, after it those "
        "that have learned can be silenced and heard again.",
        partial(_cross, settings, change_layers),
        usage="cross [--weight W] [--blend B] [--layers N,N] [--layer-weights W,W] [--dynamic MODE] [--threshold T]",
        example="cross --weight 0.8 --layer-weights 1,0.5,0",
        options=options,
    )


def _cross(
    settings: CrossAttentionSettings, change_layers: Callable[[str], str], words: List[str], options: Dict[str, Any]
) -> str:
    layers = options.get("layers")
    if layers is not None and options.get("layer-weights") is not None:
        raise BadInput("--layers sets the weights of layers itself", "Give one of --layers and --layer-weights")
    wanted = {name: options[option] for option, name in _SETTINGS.items() if options.get(option) is not None}
    if isinstance(wanted.get("layer_weights"), str):
        wanted["layer_weights"] = parse_text(wanted["layer_weights"], List[float])
    done = [change_layers(layers)] if layers is not None else []
    changes = tune("cross_attention", settings, wanted)
    shown = [f"{option} {getattr(settings, name)}" for option, name in _SETTINGS.items()]
    return "\n".join([", ".join(shown), *done, *([keep_hint("cross_attention", changes)] if changes else [])])
