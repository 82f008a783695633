"""``flare``: an outburst, hotter the further the mood is from even."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Dict, List

from sovl_core.plugin import Command
from sovl_play.heard import subject
from sovl_play.options import options_of
from sovl_play.voice import SILENCE, Voice

if TYPE_CHECKING:
    from sovl_core.plugin import PluginContext

NAME = "flare"
#: What the strongest mood adds to the temperature.
MOOD_HEAT = 0.3
HOTTEST = 2.0


def command(context: PluginContext) -> Command:
    """Return the command."""
    return Command(
        NAME,
        "Let it flare up about something.\n\n"
        f"The sampling temperature is heat + {MOOD_HEAT}·|temperament|, at most {HOTTEST:g}. It is about the words "
        "after it, or what you said last.",
        partial(flare, context),
        usage=f"{NAME} [WORDS] [--heat T]",
        example=f"{NAME} Mondays --heat 1.2",
        options=options_of("heat", "tokens"),
    )


def flare(context: PluginContext, words: List[str], options: Dict[str, Any]) -> str:
    """Return an outburst."""
    voice = Voice(context, options)
    about = subject(context, words, NAME)
    temperature = flare_temperature(voice.settings.heat, context.vitals.temperament)
    text = voice.say(f'Shout out in one breath what you feel about this: "{about}"', temperature=temperature)
    return text or SILENCE


def flare_temperature(heat: float, temperament: float) -> float:
    """Return the sampling temperature of an outburst: ``heat + 0.3·|temperament|``, at most 2.

    :param temperament: in [-1, 1].
    """
    return min(HOTTEST, heat + MOOD_HEAT * abs(temperament))
