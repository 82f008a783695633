"""``glitch``: it hears something garbled, and shows how much of its reply survives that."""

from __future__ import annotations

import random
import string
from functools import partial
from typing import TYPE_CHECKING, Any, Dict, List

from sovl_core.plugin import Command
from sovl_play.heard import subject
from sovl_play.options import options_of
from sovl_play.voice import SILENCE, Voice
from sovl_play.wording import share_kept

if TYPE_CHECKING:
    from sovl_core.plugin import PluginContext

NAME = "glitch"


def command(context: PluginContext) -> Command:
    """Return the command."""
    return Command(
        NAME,
        "Garble what it hears and see what is left of its reply.\n\n"
        "Letters are lost, doubled, swapped or replaced by lot. The reply to the garbled words is compared with the "
        "reply to the clean ones, both greedy. It hears the words after it, or what you said last.",
        partial(glitch, context),
        usage=f"{NAME} [WORDS] [--noise SHARE]",
        example=f"{NAME} What is my dog called? --noise 0.3",
        options=options_of("noise", "tokens"),
    )


def glitch(context: PluginContext, words: List[str], options: Dict[str, Any]) -> str:
    """Return what was heard, the reply to it, and how much of the clean reply is in that."""
    voice = Voice(context, options)
    clean = subject(context, words, NAME)
    garbled = garble(clean, voice.settings.noise, voice.rng)
    reply = voice.say(garbled, temperature=0.0)
    kept = share_kept(voice.say(clean, temperature=0.0), reply)
    return (
        f"It heard: {garbled}\n{reply or SILENCE}\n({kept:.0%} of the words of its reply to the clean text are in it)"
    )


def garble(text: str, share: float, rng: random.Random) -> str:
    """Return a text with a share of its letters and digits lost, doubled, swapped with the next, or replaced.

    :param share: 0 to 1; above 0 at least one is hit, where there is one.
    """
    hit = [place for place, letter in enumerate(text) if letter.isalnum()]
    count = min(len(hit), max(1, round(share * len(hit)))) if share > 0 else 0
    letters = list(text)
    # From the end, so that what is lost or doubled moves no place that is still to be hit.
    for place in sorted(rng.sample(hit, count), reverse=True):
        letters[place : place + 2] = _garbled(letters[place : place + 2], rng)
    return "".join(letters)


def _garbled(pair: List[str], rng: random.Random) -> List[str]:
    letter, rest = pair[0], pair[1:]
    another = rng.choice([each for each in string.ascii_lowercase if each != letter.lower()])
    ways = [rest, [letter, letter, *rest], [another, *rest]]
    if rest and rest[0] != letter:
        ways.append([*rest, letter])
    return rng.choice(ways)
