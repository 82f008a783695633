"""Rows 1 and 2: a turn through SOVL beside bare ``generate``, for as many greedy tokens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, List

from benchmarks.lives import endless, fresh_life, greedy

if TYPE_CHECKING:
    from benchmarks.bare import BareModel
    from benchmarks.figures import Figures
    from benchmarks.lives import Slept
    from benchmarks.size import Size
    from benchmarks.timing import Paired
    from sovl_core.events import Reply
    from sovl_core.system import SOVLSystem

STORY = "Write a long story about a lighthouse keeper and a storm, with many details."


class Answers:
    """Says a prompt to a life and to the bare model; keeps what was answered last."""

    def __init__(self, life: SOVLSystem, bare: BareModel, prompt: str, size: Size) -> None:
        self.life, self.bare, self.prompt, self.size = life, bare, prompt, size
        self.said: List[int] = []
        self.reply: Reply

    def turn(self) -> None:
        """Answer in a new conversation, journal and all."""
        self.life.new_conversation()
        self.reply = self.life.generate(self.prompt, **greedy(self.size))

    def generate(self) -> None:
        """Let transformers alone answer."""
        self.said = self.bare.generate(self.prompt, self.size.tokens)


def test_a_turn_with_no_plugins(paired: Paired, figures: Figures, size: Size, bare: BareModel, folder: Path) -> None:
    with fresh_life(folder, size, plugins=()) as life, endless(life.models()):
        answers = Answers(life, bare, STORY, size)
        pair = paired(answers.turn, answers.generate)
    figures.ratio(1, "a turn with no plugins / bare generate", *pair, at_most=1.02, tokens=len(answers.said))
    assert answers.reply.token_ids == answers.said


def test_a_turn_about_nothing_that_was_told(
    paired: Paired, figures: Figures, size: Size, bare: BareModel, slept: Slept
) -> None:
    with endless(slept.life.models()):
        answers = Answers(slept.life, bare, STORY, size)
        pair = paired(answers.turn, answers.generate)
    told = _told(answers.reply)
    figures.ratio(2, "all plugins, gate shut / bare generate", *pair, at_most=1.15, tokens=len(answers.said), **told)
    assert size.quick or not told["influence"]
    assert told["influence"] or answers.reply.token_ids == answers.said


def test_a_turn_about_a_memory(paired: Paired, figures: Figures, size: Size, bare: BareModel, slept: Slept) -> None:
    with endless(slept.life.models()):
        answers = Answers(slept.life, bare, slept.question, size)
        pair = paired(answers.turn, answers.generate)
    told = _told(answers.reply)
    figures.ratio(2, "all plugins, gate open / bare generate", *pair, at_most=1.15, tokens=len(answers.said), **told)
    assert len(answers.reply.token_ids) == len(answers.said)
    # The tiny model knows nothing that a gate could learn from.
    assert size.quick or told["influence"]


def _told(reply: Reply) -> dict:
    """Return whether the gate was open, and why."""
    found = reply.annotations
    return {name: found.get(f"cross_attention.{name}") for name in ("influence", "relevance")}
