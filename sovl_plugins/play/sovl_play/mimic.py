"""``mimic``: it speaks as the user does, or in a style with a name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Dict, List, Tuple

from sovl_core.error_handling import BadInput
from sovl_core.plugin import Command
from sovl_core.records import Message
from sovl_play.heard import own_words, subject
from sovl_play.options import WRITING, options_of
from sovl_play.style import Style, measure
from sovl_play.voice import SILENCE, Voice
from sovl_play.wording import words as words_of

if TYPE_CHECKING:
    from sovl_core.plugin import PluginContext

NAME = "mimic"
ME = "me"
#: Styles with a name, each by what somebody says who speaks so; measured like the user's.
STYLES: Dict[str, Tuple[str, ...]] = {
    "terse": ("Went out. Rain.", "No bread left.", "Good dog. Wet dog.", "Fine. Later."),
    "florid": (
        "The magnificent afternoon unfolded, radiant and unhurried, across the glittering surface of the harbour.",
        "With infinite tenderness the evening wrapped its shimmering shawl around the slumbering gardens.",
        "Whenever I contemplate that extraordinary orchard, a delicious melancholy overwhelms my wandering thoughts.",
    ),
    "excited": (
        "You won't believe it! The train was EARLY! I'm so happy!",
        "That's the BEST soup! I can't stop eating!",
        "It's snowing! Let's go out! RIGHT NOW!",
    ),
    "casual": (
        "yeah it's fine, i'll do it later",
        "dunno, wasn't really listening tbh",
        "hey what's up, didn't see you there",
        "nah i'm good, can't be bothered",
    ),
}
#: Turns needed before there is a style to measure.
LEAST = 3
#: Turns that are shown to the model, and the longest that is.
SHOWN, LONGEST_SHOWN = 5, 200


def command(context: PluginContext) -> Command:
    """Return the command."""
    return Command(
        NAME,
        "Let it speak as you do, or in another style.\n\n"
        "How you speak is measured on your own latest turns: words a sentence, questions, exclamations, contractions. "
        "Some of them are shown to the model as its own words, and of several texts the one closest to your style is "
        f"taken. It is about the words after the style, or what you said last. Without a style it is {ME}.",
        partial(mimic, context),
        usage=f"{NAME} [{'|'.join((ME, *STYLES))}] [WORDS] [--sample N]",
        example=f"{NAME} terse the weather",
        options=options_of("sample", *WRITING),
        words=(ME, *STYLES),
    )


def mimic(context: PluginContext, words: List[str], options: Dict[str, Any]) -> str:
    """Return a text in a style, and that style in numbers."""
    voice = Voice(context, options)
    named = bool(words) and words[0] in (ME, *STYLES)
    name, about = (words[0], words[1:]) if named else (ME, words)
    models = list(STYLES[name]) if name in STYLES else _of_the_user(context, voice.settings.sample)
    style = measure(models)
    topic = subject(context, about, f"{NAME} {name}")
    history = _shown(models, voice)
    text = voice.best_of(
        lambda: voice.say(f"Say something about this: {topic}", history=history),
        lambda text: _worth(text, style, models),
        enough=0.98,
    )
    return f"{text or SILENCE}\n(as {'you speak' if name == ME else f'{name} should be'}: {style.describe()})"


def _of_the_user(context: PluginContext, sample: int) -> List[str]:
    said = [text for text in own_words(context, sample) if words_of(text)]
    if len(said) < LEAST:
        raise BadInput(
            f"Too little was said to know how you speak: {len(said)} of at least {LEAST} turns",
            f"Say more, or choose a style: {NAME} {next(iter(STYLES))}",
        )
    return said


def _shown(models: List[str], voice: Voice) -> List[Message]:
    short = [text for text in models if len(text) <= LONGEST_SHOWN] or [models[0][:LONGEST_SHOWN]]
    chosen = voice.rng.sample(short, min(SHOWN, len(short)))
    return [m for text in chosen for m in (Message("user", "Say something."), Message("assistant", text))]


def _worth(text: str, style: Style, models: List[str]) -> float:
    # A text that was only repeated is worth next to nothing, and is better than silence.
    repeated = any(" ".join(words_of(text)) in " ".join(words_of(model)) for model in models)
    return 0.01 if repeated else 1.0 - min(0.98, measure([text]).distance(style))
