"""The arms of an evaluation: the ways to know what was told that are compared with one another.

``base`` knows nothing; ``context`` has everything told in its prompt; the others learn by night. All of those start
from the same seed, so that they dream the same, and take as many steps as ``sovl`` took where that arm runs too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple

from sovl_core.error_handling import BadInput
from sovl_core.evaluation.lora_plugin import BaseLora
from sovl_core.evaluation.plain_dreams import PlainDreams
from sovl_core.records import Message
from sovl_core.spelling import did_you_mean

if TYPE_CHECKING:
    from sovl_core.evaluation.facts import Fact
    from sovl_core.plugin import Plugin
    from sovl_core.system import SOVLSystem

BASE, CONTEXT, LORA, SOVL, NO_DREAMS = "base", "context", "lora", "sovl", "sovl-no-dreams"
#: All arms, in the order of reports.
ARMS = (BASE, CONTEXT, LORA, SOVL, NO_DREAMS)
#: Arms that live through nights, in the order they run: the first says how many steps the others take.
LEARNING = (SOVL, LORA, NO_DREAMS)
#: Capability of whichever plugin trains by night.
SLEEPER = "night.training"
#: Stands before what was told in the prompts of the arm ``context``.
NOTE = "Here is what I have told you about me:"


@dataclass(frozen=True)
class Recipe:
    """How an arm that learns differs from the life as configured: settings, and plugins that it adds."""

    settings: Dict[str, Any]
    plugins: Sequence[Plugin] = ()


def choose_arms(names: Iterable[str]) -> List[str]:
    """Return the named arms in the order of reports, each once.

    :raises BadInput: for a name that is none, or no name at all.
    """
    chosen = [name.strip() for name in names if name.strip()]
    for name in chosen:
        if name not in ARMS:
            hint = did_you_mean(name, ARMS) or f"There are: {', '.join(ARMS)}"
            raise BadInput(f"There is no arm {name!r}", hint)
    if not chosen:
        raise BadInput("No arm was named", f"Choose from {','.join(ARMS)}")
    return [name for name in ARMS if name in chosen]


def recipe(arm: str, parameters: int, follows: bool, sleeper: Optional[str]) -> Recipe:
    """Return how an arm is made.

    :param parameters: numbers that learn in the arm ``sovl``.
    :param follows: True where another arm has said how many steps a night takes: then none may end early.
    :param sleeper: name of the plugin that trains by night, where its settings can end training early.
    """
    settings: Dict[str, Any] = {}
    if follows and sleeper is not None:
        # Nothing is ever more probable than certain.
        settings[f"plugins.{sleeper}.{ENDS_EARLY}"] = 1.0
    if arm == LORA:
        # Without a scaffold nothing else in the life has anything to train.
        settings["core.scaffold_model"] = "none"
        return Recipe(settings, (BaseLora(parameters or None),))
    return Recipe(settings, (PlainDreams(),) if arm == NO_DREAMS else ())


#: Setting of the plugin that trains by night: the probability beyond which a dream counts as known.
ENDS_EARLY = "known_probability"


def early_stopper(life: SOVLSystem) -> Optional[str]:
    """Return the name of the plugin that trains by night and may end a night's training early, None for none."""
    for info in life.plugins.infos():
        if info.enabled and SLEEPER in info.provides:
            settings = life.plugins.settings(info.name)
            if ENDS_EARLY in type(settings).model_fields:
                return info.name
    return None


def require_sleeper(life: SOVLSystem) -> None:
    """Refuse a life that cannot sleep, before anything is measured.

    :raises BadInput: when no plugin that is on takes part in nights.
    """
    if not any(info.enabled and "on_sleep" in info.hooks for info in life.plugins.infos()):
        raise BadInput(
            f"No plugin that is on knows how to sleep, so only {BASE} and {CONTEXT} can be measured",
            f"Switch one on (sovl plugins list), or choose --arms {BASE},{CONTEXT}",
        )


def context_prompt(facts: Sequence[Fact]) -> Callable[[str], Tuple[Sequence[Message], str]]:
    """Return what puts everything told before a question, in one message of the user's: what retrieval could give."""
    told = "\n".join(f"- {fact.tell}" for fact in facts)

    def prompted(question: str) -> Tuple[Sequence[Message], str]:
        return (), f"{NOTE}\n{told}\n\n{question}"

    return prompted
