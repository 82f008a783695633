"""``echo``: it says something in other words, then that in other words, until nothing of it is left."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Dict, List

from sovl_core.plugin import Command
from sovl_play.heard import subject
from sovl_play.options import WRITING, options_of
from sovl_play.voice import Voice
from sovl_play.wording import sentences, share_kept

if TYPE_CHECKING:
    from sovl_core.plugin import PluginContext

NAME = "echo"


def command(context: PluginContext) -> Command:
    """Return the command."""
    return Command(
        NAME,
        "Hear your words come back in other words, fainter each time.\n\n"
        "Each echo is of the one before it. The figure before it is the share of your own words that is left; the last "
        "echo is the first that has none.",
        partial(echo, context),
        usage=f"{NAME} [WORDS] [--echoes N]",
        example=f"{NAME} My dog likes the sea --echoes 5",
        options=options_of("echoes", *WRITING),
    )


def echo(context: PluginContext, words: List[str], options: Dict[str, Any]) -> str:
    """Return a line for each echo."""
    voice = Voice(context, options)
    said = heard = subject(context, words, NAME)
    lines = []
    for _ in range(voice.settings.echoes):
        heard = _in_other_words(voice, heard)
        if not heard:
            break
        kept = share_kept(said, heard)
        lines.append(f"{kept:4.0%}  {heard}")
        if kept == 0:
            break
    return "\n".join(lines) or "It does not come back."


def _in_other_words(voice: Voice, text: str) -> str:
    written = voice.say(f'Say this in other words, in one short sentence: "{text}"')
    # A model likes to explain itself after it.
    return next(iter(sentences(written)), "").strip('"“” ')
