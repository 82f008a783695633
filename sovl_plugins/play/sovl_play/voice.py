"""The voice of play: texts written by the real model through all plugins, none of them journaled."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional, Sequence

from sovl_core.events import Turn
from sovl_core.generation import SCAFFOLD_ALONE
from sovl_play.options import SEED, with_options
from sovl_play.wording import whole_sentences

if TYPE_CHECKING:
    from sovl_core.plugin import PluginContext
    from sovl_core.records import Message

#: Purpose of turns that are neither a question, nor a reflection, nor a dream.
PLAY = "play"
#: Stands where the model wrote nothing.
SILENCE = "…"


class Voice:
    """Speaks for one call of a command.

    ``settings`` are those of the plugin with the options of this call; ``rng`` draws everything that is random in it.

    :param context: of the plugin.
    :param options: as the command was given them.
    :raises BadInput: for an option out of range.
    """

    def __init__(self, context: PluginContext, options: Dict[str, Any]) -> None:
        self.settings = with_options(context.settings, options)
        seed = options.get(SEED.name)
        self.rng = context.rng if seed is None else random.Random(seed)
        self._generate = context.generate

    def say(
        self,
        prompt: str,
        purpose: str = PLAY,
        history: Sequence[Message] = (),
        temperature: Optional[float] = None,
        alone: bool = False,
    ) -> str:
        """Return what the model writes to a prompt, without a last sentence that breaks off; it may be "".

        :param history: messages before the prompt.
        :param temperature: other than that of the settings; 0 decodes greedily.
        :param alone: let the scaffold speak, without the base.
        """
        settings = self.settings
        turn = Turn(
            prompt,
            history=list(history),
            max_new_tokens=settings.tokens,
            temperature=settings.temperature if temperature is None else temperature,
            top_k=settings.top_k,
            top_p=settings.top_p,
            repetition_penalty=settings.repetition_penalty,
            seed=self.rng.getrandbits(31),
            purpose=purpose,
            use_scaffold=not alone,
            annotations={SCAFFOLD_ALONE: True} if alone else {},
        )
        return whole_sentences(self._generate(turn).text)

    def best_of(self, write: Callable[[], str], worth: Callable[[str], float], enough: float = 1.0) -> str:
        """Return the text that is worth most out of several; no further one is written once one is worth enough.

        :param write: writes a text.
        :param worth: what a text is worth; one worth 0 or less is not returned.
        :return: the text, "" when none was worth anything.
        """
        best, most = "", 0.0
        for _ in range(self.settings.attempts):
            text = write()
            value = worth(text) if text else 0.0
            if value > most:
                best, most = text, value
            # Without chance the next one would be the same.
            if most >= enough or self.settings.temperature == 0:
                break
        return best
