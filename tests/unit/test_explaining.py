from __future__ import annotations

import math
from typing import Any, Dict, List, Optional

import pytest
import torch

from sovl_core.error_handling import BadInput
from sovl_core.events import Dream, Reply, Turn
from sovl_core.explaining import Explaining, compare
from sovl_core.hookspecs import hookimpl
from sovl_core.model_gate import ModelGate
from sovl_core.models import Models
from sovl_core.plugin import Plugin
from sovl_core.settings import SystemConfig

SAID = "hello there"


class Moves(Plugin):
    """Adds ``push`` to the base's last hidden state while the scaffold takes part, and names memories."""

    name = "moves"

    def __init__(self) -> None:
        self.push: Optional[torch.Tensor] = None
        self.left: Dict[str, Any] = {}
        self.turns: List[Turn] = []
        self.says = ""

    @hookimpl(wrapper=True)
    def on_generate(self, turn: Turn) -> Any:
        self.turns.append(turn)
        reply = yield
        if reply is not None:
            reply.annotations.update(self.left)
        return reply

    @hookimpl
    def on_models_loaded(self, models: Models) -> None:
        def hook(module: Any, args: Any, output: Any) -> Any:
            return output + self.push if self.push is not None and models.scaffold_enabled else output

        models.base.base_model.norm.register_forward_hook(hook)


class Speaks(Plugin):
    """Answers by itself."""

    name = "speaks"

    @hookimpl
    def on_generate(self, turn: Turn) -> Reply:
        return Reply("Hi.")


class Host:
    def __init__(self, models: Models) -> None:
        self.models = models

    def get(self) -> Models:
        return self.models


@pytest.fixture
def models(tiny_model: Any, chat_tokenizer: Any) -> Models:
    return Models(
        tiny_model("llama", vocab_size=320, max_position_embeddings=512, initializer_range=0.3), chat_tokenizer
    )


@pytest.fixture
def plugin() -> Moves:
    return Moves()


@pytest.fixture
def explaining(journal: Any, manager: Any, models: Models, plugin: Moves) -> Explaining:
    plugin.on_models_loaded(models)
    return Explaining(SystemConfig(), journal, manager(plugin), Host(models), ModelGate())  # type: ignore[arg-type]


def answered(journal: Any, prompt: str = "Hi", reply: str = SAID, **details: Any) -> int:
    episode = journal.begin_episode(prompt, "talk")
    journal.finish_episode(episode.id, reply, details={"finish_reason": "stop", "night": None, **details})
    return int(episode.id)


def test_the_turn_to_explain(explaining: Explaining, journal: Any) -> None:
    with pytest.raises(BadInput, match="Nothing was answered yet"):
        explaining.find()
    first, second = answered(journal), answered(journal)
    told = journal.begin_episode("My dog is called Rex.", "talk").id
    assert explaining.find().id == second
    assert explaining.find(first).id == first
    with pytest.raises(BadInput, match=f"Turn {told} has no reply"):
        explaining.find(told)
    with pytest.raises(BadInput, match="There is no turn 99"):
        explaining.find(99)


def test_where_nothing_took_part_both_are_the_same_bit_for_bit(explaining: Explaining, journal: Any) -> None:
    explanation = explaining.explain(explaining.find(answered(journal)))
    change = explanation.change
    assert (change.kl, change.exact, change.moved) == (0.0, True, [])
    assert (explanation.prompt, explanation.reply) == ("Hi", SAID)
    assert not explanation.another_night


def test_what_the_scaffold_moved_along_the_reply(
    explaining: Explaining, journal: Any, plugin: Moves, models: Models
) -> None:
    head = models.base.get_output_embeddings().weight
    plugin.push = 50.0 * head[40] / head[40].norm()
    letters = [models.base_tokenizer(letter, add_special_tokens=False)["input_ids"][0] for letter in SAID]
    change = explaining.explain(explaining.find(answered(journal, token_ids=letters))).change
    assert change.tokens == len(letters)
    assert not change.exact
    assert change.kl is not None
    assert change.kl > 1.0
    assert {one.chosen for one in change.moved} == {models.base_tokenizer.decode([40])}
    assert all(one.base != one.chosen and one.kl > 0 for one in change.moved)


def test_the_same_words_are_followed_with_and_without(explaining: Explaining, journal: Any, plugin: Moves) -> None:
    answered(journal, "Before", "It was.")
    told = journal.begin_episode("Told only.", "talk")
    number = answered(journal, "Now", influence=0.25)
    answered(journal, "After", "It will be.")
    explaining.explain(explaining.find(number))
    now, bare = plugin.turns
    assert (now.use_scaffold, bare.use_scaffold) == (True, False)
    for turn in (now, bare):
        assert turn.prompt == "Now"
        assert turn.purpose == "evaluation"
        assert turn.influence == 0.25
        assert [message.content for message in turn.history] == ["Before", "It was."]
        assert turn.episode is None
    assert told.prompt not in str(now.history)


def test_a_turn_that_left_the_scaffold_out_is_explained_without(
    explaining: Explaining, journal: Any, plugin: Moves
) -> None:
    plugin.push = torch.ones(32)
    explanation = explaining.explain(explaining.find(answered(journal, scaffold=False)))
    assert explanation.change.exact
    assert explanation.scaffold is False


def test_memories_come_with_their_words_dreams_and_nights(explaining: Explaining, journal: Any, plugin: Moves) -> None:
    dog, gone = (journal.begin_episode(text, "c").id for text in ("My dog is called Rex.", "I live in Graz."))
    for _ in range(2):
        night = journal.open_night(journal.current_night(), "command", {})
        dreams = [Dream("question", f"{night}.{i}?", "Rex.", [dog], verdict="accepted") for i in range(3)]
        dreams[1].held_out = True
        dreams.append(Dream("question", "Wrong?", "No.", [dog], verdict="rejected"))
        dreams.append(Dream("contrast", "Cat?", "Hm.", [dog], verdict="accepted"))
        journal.add_dreams(night, dreams)
        journal.accept_night(night, "accepted", [dog], {})
    journal.forget_episodes([gone])
    plugin.left = {"moves.memories": [(dog, 0.75), (gone, 0.25)], "moves.why": "because", "moves.relevance": 0.5}
    explanation = explaining.explain(explaining.find(answered(journal)))
    first, second = explanation.origins
    assert (first.episode, first.probability, first.text) == (dog, 0.75, "My dog is called Rex.")
    assert first.nights == [1, 2]
    assert [dream.prompt for dream in first.dreams] == ["1.0?", "1.2?", "2.0?"]
    assert (second.episode, second.text, second.dreams) == (gone, "", [])
    assert explanation.reasons == ["because"]
    assert explanation.annotations == {"moves.relevance": 0.5}
    assert (explanation.night, explanation.given_in, explanation.another_night) == (2, None, True)


def test_of_a_reply_from_before_it_was_written_down_the_night_is_not_known(
    explaining: Explaining, journal: Any
) -> None:
    episode = journal.begin_episode("Hi", "talk")
    journal.finish_episode(episode.id, SAID)
    assert not explaining.explain(explaining.find()).given_in_known


def test_a_reply_that_a_plugin_gave_has_nothing_to_compare(journal: Any, manager: Any, models: Models) -> None:
    explaining = Explaining(SystemConfig(), journal, manager(Speaks()), Host(models), ModelGate())  # type: ignore[arg-type]
    change = explaining.explain(explaining.find(answered(journal, reply="Hi."))).change
    assert (change.kl, change.tokens, change.exact) == (None, 0, False)


def test_divergence_and_moved_tokens_by_hand(chat_tokenizer: Any) -> None:
    """The head hands its input through: states are logits of a vocabulary of three."""

    class Base(torch.nn.Linear):
        def get_output_embeddings(self) -> torch.nn.Module:
            return self._head

    base = Base(3, 3)
    head = torch.nn.Linear(3, 3, bias=False)
    torch.nn.init.eye_(head.weight)
    object.__setattr__(base, "_head", head)
    base.config = object()  # type: ignore[assignment]
    models = Models(base, chat_tokenizer)
    bare = torch.tensor([[2.0, 1.0, 0.0], [0.0, 3.0, 0.0]]).log_softmax(-1)
    now = torch.tensor([[1.0, 2.0, 0.0], [0.0, 3.0, 0.0]]).log_softmax(-1)
    change = compare(models, bare, now, [1, 1])
    p = [math.exp(value) for value in bare[0].tolist()]
    expected = p[0] * 1.0 + p[1] * -1.0
    assert change.tokens == 2
    assert change.kl == pytest.approx(expected / 2, abs=1e-6)
    (moved,) = change.moved
    assert moved.position == 0
    assert moved.kl == pytest.approx(expected, abs=1e-6)
    assert moved.probability == pytest.approx(math.exp(float(now[0, 1])))
    assert moved.base_probability == pytest.approx(p[1])
    assert [moved.said, moved.chosen, moved.base] == [chat_tokenizer.decode([number]) for number in (1, 1, 0)]


def test_longer_replies_are_compared_piece_by_piece(models: Models) -> None:
    torch.manual_seed(0)
    bare, now = torch.randn(70, 32), torch.randn(70, 32)
    change = compare(models, bare, now, [5] * 70)
    before, after = (torch.log_softmax(models.logits(states), -1) for states in (bare, now))
    assert change.kl == pytest.approx(float((before.exp() * (before - after)).sum(-1).mean()), rel=1e-5)
    assert [one.position for one in change.moved] == (
        before.argmax(-1) != after.argmax(-1)
    ).nonzero().flatten().tolist()
