"""``muse``: its thoughts wander from one memory to another, drawn by lot."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Dict, List

from sovl_core.plugin import Command
from sovl_play.heard import own_words, subject
from sovl_play.options import WRITING, options_of
from sovl_play.voice import SILENCE, Voice
from sovl_play.wording import content_words, quote, share_kept

if TYPE_CHECKING:
    from sovl_core.plugin import PluginContext

NAME = "muse"
#: Latest turns among which the other memory is drawn.
REACH = 500


def command(context: PluginContext) -> Command:
    """Return the command."""
    return Command(
        NAME,
        "Let its thoughts wander from one thing to another.\n\n"
        "From the words after it, or what you said last, to another thing you said once, drawn by lot. What it comes "
        "upon is played, not lived: it is kept nowhere.",
        partial(muse, context),
        usage=f"{NAME} [WORDS]",
        example=f"{NAME} the sea",
        options=options_of(*WRITING),
    )


def muse(context: PluginContext, words: List[str], options: Dict[str, Any]) -> str:
    """Return a few sentences that lead from one thing to another, and which two they are."""
    voice = Voice(context, options)
    start = subject(context, words, NAME)
    about = set(content_words(start))
    # Something else: thoughts that stay with the same words do not wander.
    others = [text for text in own_words(context, REACH) if set(content_words(text)) - about]
    end = voice.rng.choice(others) if others else ""
    if not end:
        text = voice.say(f'I think of this: "{start}" Let your thoughts wander. Tell me where they go.', "dream")
        return f"{text or SILENCE}\n(from {quote(start)})"
    prompt = f'First I think of this: "{start}" Then of this: "{end}" What leads from the first to the second?'
    # Both ends reached is enough; one that reaches neither is better than silence.
    text = voice.best_of(
        lambda: voice.say(prompt, "dream"),
        lambda text: 0.1 + bool(share_kept(start, text)) + bool(share_kept(end, text)),
        enough=2.0,
    )
    return f"{text or SILENCE}\n(from {quote(start)} to {quote(end)})"
