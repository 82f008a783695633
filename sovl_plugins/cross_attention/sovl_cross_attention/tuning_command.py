"""``cross``: the weights that can be changed while talking."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Dict, List

from sovl_core.config_text import parse_text
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


def cross_command(settings: CrossAttentionSettings) -> Command:
    """Return the command that shows and changes these settings, for this session alone."""
    options = (
        CommandOption("weight", float, "weight of everything the scaffold says", minimum=0, maximum=2),
        CommandOption("blend", float, "share of the residual that is blended in", minimum=0, maximum=1),
        CommandOption("layer-weights", str, "a weight for each listening layer, bottom first, as in 1,0.5,0"),
        CommandOption("dynamic", str, "scale by confidence or temperament", choices=DYNAMIC_MODES),
        CommandOption("threshold", float, "relevance below which the scaffold is skipped", minimum=0, maximum=1),
    )
    return Command(
        "cross",
        "Show or change how much the scaffold says.\n\n"
        "Which layers listen is the shape of what was learned, and follows at the next start: "
        "config set plugins.cross_attention.placement early",
        partial(_cross, settings),
        usage="cross [--weight W] [--blend B] [--layer-weights W,W] [--dynamic MODE] [--threshold T]",
        example="cross --weight 0.8 --layer-weights 1,0.5,0",
        options=options,
    )


def _cross(settings: CrossAttentionSettings, words: List[str], options: Dict[str, Any]) -> str:
    wanted = {_SETTINGS[option]: value for option, value in options.items() if value is not None}
    if isinstance(wanted.get("layer_weights"), str):
        wanted["layer_weights"] = parse_text(wanted["layer_weights"], List[float])
    changes = tune("cross_attention", settings, wanted)
    shown = [f"{option} {getattr(settings, name)}" for option, name in _SETTINGS.items()]
    return "\n".join([", ".join(shown), *([keep_hint("cross_attention", changes)] if changes else [])])
