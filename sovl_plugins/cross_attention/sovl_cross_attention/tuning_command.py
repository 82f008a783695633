"""``cross``: the weights that can be changed while talking."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Dict, List

from sovl_core.plugin import Command, CommandOption

if TYPE_CHECKING:
    from sovl_cross_attention.settings import CrossAttentionSettings

DYNAMIC_MODES = ("off", "confidence", "temperament")
#: Which setting each option changes.
_SETTINGS = {"weight": "weight", "blend": "blend", "dynamic": "dynamic", "threshold": "relevance_threshold"}


def cross_command(settings: CrossAttentionSettings) -> Command:
    """Return the command that shows and changes these settings, for this session alone."""
    options = (
        CommandOption("weight", float, "weight of everything the scaffold says", minimum=0, maximum=2),
        CommandOption("blend", float, "share of the residual that is blended in", minimum=0, maximum=1),
        CommandOption("dynamic", str, "scale by confidence or temperament", choices=DYNAMIC_MODES),
        CommandOption("threshold", float, "relevance below which the scaffold is skipped", minimum=0, maximum=1),
    )
    return Command(
        "cross",
        "Show or change how much the scaffold says.",
        partial(_cross, settings),
        usage="[--weight W] [--blend B] [--dynamic MODE] [--threshold T]",
        example="cross --weight 0.8",
        options=options,
    )


def _cross(settings: CrossAttentionSettings, words: List[str], options: Dict[str, Any]) -> str:
    for option, key in _SETTINGS.items():
        if options.get(option) is not None:
            setattr(settings, key, options[option])
    return (
        f"weight {settings.weight}, blend {settings.blend}, dynamic {settings.dynamic}, "
        f"relevance threshold {settings.relevance_threshold}\n"
        "For this session. To keep it: sovl config set plugins.cross_attention.weight VALUE"
    )
