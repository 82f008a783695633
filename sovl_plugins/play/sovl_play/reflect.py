"""``reflect``: it looks back on the latest turns and says what they were about."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Dict, List

from sovl_core.plugin import Command
from sovl_play.heard import recent_turns
from sovl_play.options import WRITING, no_words, options_of
from sovl_play.voice import Voice
from sovl_play.wording import content_words, quote, share_kept

if TYPE_CHECKING:
    from sovl_core.plugin import PluginContext
    from sovl_core.records import Episode

NAME = "reflect"
#: Characters of each utterance that are looked at.
LONGEST = 200
#: Share of what was spoken of that a reflection has to mention to be taken at once.
ENOUGH = 0.5


def command(context: PluginContext) -> Command:
    """Return the command."""
    return Command(
        NAME,
        "Let it look back on the latest turns.\n\n"
        "Of several reflections the one that mentions most of what you spoke of is shown; where none mentions any of "
        "it, your own words are listed instead.",
        partial(reflect, context),
        usage=f"{NAME} [--turns N]",
        example=f"{NAME} --turns 3",
        options=options_of("turns", *WRITING),
    )


def reflect(context: PluginContext, words: List[str], options: Dict[str, Any]) -> str:
    """Return a reflection on the latest turns of the conversation."""
    no_words(NAME, words)
    voice = Voice(context, options)
    turns = recent_turns(context, voice.settings.turns)
    if not turns:
        return "There is nothing to reflect on yet: nothing was said."
    said = " ".join(turn.prompt for turn in turns)
    prompt = _prompt(turns)
    text = voice.best_of(lambda: voice.say(prompt, "reflection"), lambda text: share_kept(said, text), ENOUGH)
    return text or _plain(turns)


def _prompt(turns: List[Episode]) -> str:
    lines = []
    for turn in turns:
        lines.append(f"I said: {turn.prompt[:LONGEST]}")
        if turn.reply:
            lines.append(f"You answered: {turn.reply[:LONGEST]}")
    return "This is what we talked about:\n" + "\n".join(lines) + "\nWhat matters in it? Tell me in two sentences."


def _plain(turns: List[Episode]) -> str:
    telling = [turn.prompt for turn in turns if content_words(turn.prompt)] or [turns[-1].prompt]
    return "You spoke of: " + "; ".join(quote(text) for text in telling)
