"""``backchannel``: a word with the scaffold alone, without the base that it usually speaks through."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Dict, List

from sovl_core.error_handling import BadInput
from sovl_core.plugin import Command
from sovl_play.heard import subject
from sovl_play.options import WRITING, options_of
from sovl_play.voice import SILENCE, Voice

if TYPE_CHECKING:
    from sovl_core.plugin import PluginContext

NAME = "backchannel"


def command(context: PluginContext) -> Command:
    """Return the command."""
    return Command(
        NAME,
        "Talk to the scaffold alone.\n\n"
        "It answers with its own layers and what they have learned; the base takes no part. A scaffold that is a share "
        "of the base's layers was never made to speak by itself, and babbles: what one hears is what the base listens "
        "to. It is about the words after it, or what you said last.",
        partial(backchannel, context),
        usage=f"{NAME} [WORDS]",
        example=f"{NAME} Who are you?",
        options=options_of(*WRITING),
    )


def backchannel(context: PluginContext, words: List[str], options: Dict[str, Any]) -> str:
    """Return what the scaffold says by itself."""
    voice = Voice(context, options)
    said = subject(context, words, NAME)
    if not context.models().has_scaffold:
        raise BadInput(
            "There is no scaffold to talk to", 'Give the life one: config set core.scaffold_model "base[:2/3]"'
        )
    return voice.say(said, alone=True) or SILENCE
