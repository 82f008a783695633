"""``debate``: it argues with itself, one side for a claim, the other against it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Dict, List, Tuple

from sovl_core.plugin import Command
from sovl_core.records import Message
from sovl_play.heard import subject
from sovl_play.options import WRITING, options_of
from sovl_play.voice import SILENCE, Voice

if TYPE_CHECKING:
    from sovl_core.plugin import PluginContext

NAME = "debate"


def command(context: PluginContext) -> Command:
    """Return the command."""
    return Command(
        NAME,
        "Let it argue with itself about a claim.\n\n"
        "Each side hears all that was said, its own words as its own and the other's as those of somebody it talks to. "
        "The claim is the words after it, or what you said last.",
        partial(debate, context),
        usage=f"{NAME} [CLAIM] [--rounds N]",
        example=f"{NAME} Cats are better than dogs --rounds 3",
        options=options_of("rounds", *WRITING),
    )


def debate(context: PluginContext, words: List[str], options: Dict[str, Any]) -> str:
    """Return what the two sides say, in turn."""
    voice = Voice(context, options)
    claim = subject(context, words, NAME)
    spoken: List[str] = []
    for number in range(2 * voice.settings.rounds):
        history, prompt = as_heard_by(number % 2, claim, spoken)
        spoken.append(voice.say(prompt, history=history) or SILENCE)
    return "\n".join(f"{('For:    ', 'Against:')[number % 2]} {text}" for number, text in enumerate(spoken))


def as_heard_by(side: int, claim: str, spoken: List[str]) -> Tuple[List[Message], str]:
    """Return the debate so far as one side hears it: the messages before, and what is said to it now.

    :param side: 0 for the claim, 1 against it; the side whose turn it is.
    :param spoken: what was said, the side for the claim first, then in turn.
    :return: list of messages, prompt; roles alternate, the user's first.
    """
    opening = f'The claim is: "{claim}" Argue {("for", "against")[side]} it in one or two sentences.'
    to_it, own = _said_to(side, opening, spoken), spoken[side::2]
    history = [message for said, answer in zip(to_it, own) for message in _exchange(said, answer)]
    return history, to_it[-1]


def _said_to(side: int, opening: str, spoken: List[str]) -> List[str]:
    others = spoken[1 - side :: 2]
    if side == 0:
        return [opening, *(_answer_this(text) for text in others)]
    return [f"{opening} The other side has just said: {others[0]}", *(_answer_this(text) for text in others[1:])]


def _answer_this(text: str) -> str:
    return f"The other side says: {text} Answer in one or two sentences."


def _exchange(said: str, answer: str) -> List[Message]:
    return [Message("user", said), Message("assistant", answer)]
