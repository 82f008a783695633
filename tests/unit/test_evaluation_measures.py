from __future__ import annotations

import math
from typing import Any, Callable, Dict, Generator, List, Tuple

import pytest
import torch

from sovl_core.chat_format import answer_frame
from sovl_core.data_processing import Example, tokenize_and_map
from sovl_core.evaluation.measures import (
    LogitsWatch,
    measure_off_topic,
    measure_prompted,
    negative_log_likelihood,
    perplexity_ratio,
    prompted_perplexity_ratio,
)
from sovl_core.events import Reply, Turn
from sovl_core.generation import generate_reply
from sovl_core.hookspecs import hookimpl
from sovl_core.models import Models
from sovl_core.plugin import Plugin
from sovl_core.settings import GenerationSettings

PROMPTS = ["hello there", "the dog lives in Graz"]
PASSAGES = [("the dog is called", "Rex and lives in"), ("hello there", "my friend the dog")]


class Voice(Plugin):
    """Adds a constant to the top layer's states, for prompts that hold a word."""

    name = "voice"

    def __init__(self, models: Models, loudness: float, word: str = "") -> None:
        self.models, self.loudness, self.word = models, loudness, word
        self.speaking = False
        models.base.base_model.register_forward_hook(self._speak)

    def _speak(self, module: Any, inputs: Any, output: Any) -> Any:
        if self.speaking and self.models.scaffold_enabled:
            torch.manual_seed(0)
            output.last_hidden_state = output.last_hidden_state + self.loudness * torch.randn(
                output.last_hidden_state.shape[-1]
            )
        return output

    @hookimpl(wrapper=True)
    def on_generate(self, turn: Turn) -> Generator[None, Any, Any]:
        """Speak where the word is."""
        self.speaking = self.word in turn.prompt
        try:
            return (yield)
        finally:
            self.speaking = False

    @hookimpl(wrapper=True)
    def on_train_step(self, step: Any) -> Generator[None, Any, Any]:
        """Speak."""
        self.speaking = True
        try:
            return (yield)
        finally:
            self.speaking = False


class World:
    """A tiny model with a voice."""

    def __init__(self, models: Models, manager: Any, loudness: float, word: str = "") -> None:
        self.models = models
        self.hooks = manager(Voice(models, loudness, word), strict=True)
        self.bare: Dict[Tuple[str, int], Tuple[Reply, str]] = {}
        self.answered: List[Turn] = []

    def answer(self, turn: Turn) -> Reply:
        self.answered.append(turn)
        settings = GenerationSettings()
        reply: Reply = self.hooks.on_generate(turn, lambda turn: generate_reply(self.models, turn, settings))
        return reply

    def off_topic(self) -> Any:
        watch = LogitsWatch(self.models, self.answer, self.bare)
        return measure_off_topic(self.models, self.hooks, watch, PROMPTS, "", lambda: None)

    def ratio(self) -> float:
        return perplexity_ratio(self.models, self.hooks, self.answer, PASSAGES, "", lambda: None)


@pytest.fixture
def world(tiny_model: Any, chat_tokenizer: Any, manager: Any) -> Callable[..., World]:
    def build(loudness: float, word: str = "") -> World:
        base = tiny_model(vocab_size=len(chat_tokenizer), max_position_embeddings=512, initializer_range=0.2)
        return World(Models(base, chat_tokenizer), manager, loudness, word)

    return build


def test_a_silent_voice_changes_nothing_exactly(world: Any) -> None:
    silent = world(0.0)
    assert (silent.off_topic().kl, silent.off_topic().exact, silent.ratio()) == (0.0, 1.0, 1.0)


def test_a_voice_is_heard_in_divergence_and_perplexity(world: Any) -> None:
    loud = world(1.0)
    found = loud.off_topic()
    assert found.kl > 0.01
    assert found.exact == 0.0
    assert abs(loud.ratio() - 1) > 1e-3


def test_prompts_it_has_nothing_to_say_to_are_exact(world: Any) -> None:
    assert world(1.0, word="Graz").off_topic().exact == 0.5
    assert world(1.0, word="nonesuch").ratio() == 1.0


def test_a_voice_too_low_to_change_the_reply_is_not_exact(world: Any) -> None:
    low = world(1e-6)
    assert low.off_topic().exact == 0.0


def test_the_bare_base_answers_once_for_all_arms(world: Any) -> None:
    some = world(1.0)
    some.off_topic()
    some.answered.clear()
    some.off_topic()
    assert [turn.use_scaffold for turn in some.answered] == [True] * len(PROMPTS)


def test_likelihood_is_that_of_a_plain_pass(world: Any) -> None:
    some = world(0.0)
    models = some.models
    example = Example("the dog is", "called Rex")
    total, tokens = negative_log_likelihood(models, some.hooks, example, "")
    (encoded,) = tokenize_and_map(models.base_tokenizer, [example])
    ids = torch.tensor([encoded.input_ids])
    with torch.no_grad():
        log_probabilities = torch.log_softmax(models.base(input_ids=ids).logits[0], -1)
    # Not the end of the turn: a passage goes on where it is cut.
    said = range(encoded.prompt_length, len(encoded) - len(answer_frame(models.base_tokenizer).end))
    expected = sum(-float(log_probabilities[place - 1, encoded.input_ids[place]]) for place in said)
    assert models.base_tokenizer.decode([encoded.input_ids[place] for place in said]) == "called Rex"
    assert tokens == len(said)
    assert total == pytest.approx(expected, rel=1e-4)


def test_another_prompt_is_measured_against_the_plain_one(world: Any) -> None:
    some = world(0.0)

    def same(prompt: str) -> Any:
        return (), prompt

    def other(prompt: str) -> Any:
        return (), f"my friend is the dog. {prompt}"

    def measured(prompted: Any) -> Any:
        return measure_prompted(some.models, some.answer, PROMPTS, prompted, "", lambda: None)

    assert (measured(same).kl, measured(same).exact) == (0.0, 1.0)
    assert measured(other).kl > 1e-4
    assert measured(other).exact == 0.0
    assert prompted_perplexity_ratio(some.models, PASSAGES, same, "", lambda: None) == 1.0
    ratio = prompted_perplexity_ratio(some.models, PASSAGES, other, "", lambda: None)
    assert math.isfinite(ratio)
    assert ratio != 1.0
