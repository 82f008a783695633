"""The plugin with a stand-in for the kernel: what it does at each hook."""

from __future__ import annotations

import random
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

from sovl_core.answer_states import answer_states, full_states
from sovl_core.data_processing import Encoded, Example, collate
from sovl_core.events import Dream, Forgetting, Night, NightInterrupted, NightReport, Reply, StepResult, TrainStep, Turn
from sovl_core.model_layers import decoder_layers
from sovl_core.plugin import PluginState
from sovl_core.records import Episode
from sovl_core.system_logging import ThreadSafeLogger
from sovl_core.vitals import Vitals
from sovl_cross_attention import CrossAttentionPlugin, CrossAttentionSettings
from sovl_cross_attention.answer_probe import AnswerProbe
from sovl_cross_attention.plugin import memory_of
from sovl_cross_attention.practice import Lesson
from sovl_cross_attention.relevance import NEVER_TOLD, NOTHING


class World:
    """What the plugin is given at its start."""

    def __init__(self, models):
        self.loaded = models
        # Practice is asked for where it is tried.
        self.settings = CrossAttentionSettings(answer_probe=False)
        self.config = SimpleNamespace(core=SimpleNamespace(seed=3))
        self.logger = ThreadSafeLogger(None)
        self.vitals = Vitals()
        self.hooks = self
        self.dreams = []
        self.asked = []
        self.superseded = set()
        self.journal = SimpleNamespace(
            dreams=self.dreamed,
            still_true=lambda memories: {*memories}.difference(self.superseded),
            episode=lambda number: Episode(id=number, conversation="", prompt=f"memory {number}"),
        )
        self.contexts = []

    def models(self):
        return self.loaded

    def dreamed(self, night, limit):
        """What the night has dreamed, newest first as in the journal."""
        self.asked.append((night, limit))
        return list(reversed(self.dreams))

    def on_scaffold_context(self, context):
        self.contexts.append(context)


@pytest.fixture
def world(build):
    return World(build())


@pytest.fixture
def plugin(world):
    """A started plugin whose gates stand open, as after a night."""
    started = CrossAttentionPlugin()
    started.on_start(world)
    started.on_models_loaded(world.loaded)
    open_gates(started)
    return started


def open_gates(plugin):
    with torch.no_grad():
        for layer in plugin.stack.cross_layers():
            layer.gate.fill_(0.7)


def run(wrapper, inner):
    """Run a wrapper around ``inner``; return its result."""
    next(wrapper)
    try:
        wrapper.send(inner())
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it yielded twice")


def logits(world, text="what is it?"):
    with torch.no_grad():
        return world.loaded.base(input_ids=torch.tensor([world.loaded.base_tokenizer.encode(text)])).logits


def bare_logits(world):
    with world.loaded.bypass():
        return logits(world)


def answered(plugin, world, turn):
    """Return the reply and whether the base was moved while it was given."""
    bare, before, moved = bare_logits(world), logits(world), []

    def inner():
        moved.append(not torch.equal(logits(world), bare))
        return Reply("text")

    reply = run(plugin.on_generate(turn), inner)
    assert torch.equal(logits(world), before)
    return reply, moved[0]


def test_nothing_can_be_asked_of_it_before_its_start():
    with pytest.raises(RuntimeError, match="has not been started"):
        CrossAttentionPlugin().context  # noqa: B018


def test_loading_registers_what_learns_and_unloading_takes_it_off(world, plugin):
    models = world.loaded
    assert set(models.trainables) == {"scaffold", "cross_attention"}
    groups = models.parameter_groups(1e-3, 0.1)
    gates = [g for g in groups if g["lr"] == pytest.approx(1e-2)]
    assert [(len(g["params"]), g["weight_decay"]) for g in gates] == [(len(plugin.stack.numbers), 0.0)]
    plugin.on_models_unloaded(models)
    assert [len(layer._forward_hooks) for layer in decoder_layers(models.base)] == [0] * 4
    assert set(models.trainables) == {"scaffold"}
    assert plugin.stack is None
    plugin.on_models_unloaded(models)


def test_without_a_scaffold_there_is_nothing_to_listen_to(world):
    world.loaded._build_scaffold = None
    plugin = CrossAttentionPlugin()
    plugin.on_start(world)
    plugin.on_models_loaded(world.loaded)
    assert plugin.stack is None
    assert world.loaded.trainables == {}
    assert [entry["event"] for entry in world.logger.read()] == ["cross_attention_without_scaffold"]
    reply, moved = answered(plugin, world, Turn("hello"))
    assert not moved
    assert reply.annotations == {}
    report = NightReport("accepted", multiplier=0.5)
    assert run(plugin.on_sleep(night(world)), lambda: report) is report
    result = StepResult(1.0)
    assert run(plugin.on_train_step(step(world)), lambda: result) is result
    assert "layers" not in plugin.on_status().rows


def test_the_scaffold_reads_the_prompt_and_others_may_shape_what_it_says(plugin, world):
    reply, moved = answered(plugin, world, Turn("my dog"))
    assert moved
    assert reply.annotations == {"cross_attention.influence": 1.0}
    (context,) = world.contexts
    assert (context.prompt, context.influence, context.training) == ("my dog", 1.0, False)


@pytest.mark.parametrize(
    ("setting", "value"), [("weight", 0.0), ("blend", 0.0), ("relevance_threshold", 1.0), (None, None)]
)
def test_skipped_it_leaves_the_base_bare(plugin, world, setting, value):
    turn = Turn("my dog", influence=0.0 if setting is None else 1.0)
    if setting:
        setattr(plugin.settings, setting, value)
    reply, moved = answered(plugin, world, turn)
    assert not moved
    assert reply.annotations["cross_attention.influence"] == 0.0
    assert world.contexts == []


def test_without_the_scaffold_and_before_training_it_is_skipped(plugin, world):
    assert not answered(plugin, world, Turn("my dog", use_scaffold=False))[1]
    with world.loaded.bypass():
        assert not answered(plugin, world, Turn("my dog"))[1]
    for layer in plugin.stack.cross_layers():
        torch.nn.init.zeros_(layer.gate)
    assert not answered(plugin, world, Turn("my dog"))[1]
    assert world.contexts == []


def test_all_weights_multiply(plugin, world):
    plugin.settings.weight, plugin.settings.blend, plugin.multiplier = 1.5, 0.5, 0.8
    plugin.settings.dynamic = "temperament"
    world.vitals.record_temperament(-0.25)
    reply, _ = answered(plugin, world, Turn("my dog", influence=0.5, reach=0.9))
    # Where no relevance is measured, less reach can only weaken.
    assert reply.annotations["cross_attention.influence"] == pytest.approx(1.5 * 0.5 * 0.8 * 0.9 * 0.75 * 0.5)


def test_layer_weights_are_for_replies_alone(plugin, world):
    plugin.settings.layer_weights = [0.0] * len(plugin.stack.numbers)
    assert not answered(plugin, world, Turn("my dog"))[1]
    moved, bare = [], bare_logits(world)
    run(plugin.on_train_step(step(world)), lambda: moved.append(not torch.equal(logits(world), bare)))
    assert moved == [True]


def test_a_reply_that_fails_leaves_the_base_bare(plugin, world):
    bare = bare_logits(world)
    wrapper = plugin.on_generate(Turn("my dog"))
    next(wrapper)
    assert not torch.equal(logits(world), bare)
    with pytest.raises(KeyboardInterrupt):
        wrapper.throw(KeyboardInterrupt())
    assert torch.equal(logits(world), bare)


def test_a_question_asked_in_the_middle_of_a_reply_is_answered_as_by_itself(plugin, world):
    outer = plugin.on_generate(Turn("my dog"))
    next(outer)
    assert not torch.equal(logits(world), bare_logits(world))
    # What the outer reply hears stays out of this one, and is heard again afterwards.
    assert not answered(plugin, world, Turn("something else", influence=0.0))[1]
    assert answered(plugin, world, Turn("something else"))[1]
    outer.close()
    assert torch.equal(logits(world), bare_logits(world))


class TestRelevance:
    @pytest.fixture(autouse=True)
    def knows(self, plugin, world):
        """The gate has been shown what is learned and what is not."""
        self.open = ["my dog is called", "my dog is", "what is my dog called"]
        self.shut = ["write a poem", "sing a song", "count to ten"]
        known = {self.open[0]: 7, self.open[1]: 7, self.open[2]: 9, **dict.fromkeys(self.shut, NOTHING)}
        plugin._teach_gate(world.loaded, known, int)

    def test_what_has_to_do_with_nothing_learned_is_left_to_the_base(self, plugin, world):
        for prompt, expected in [(p, True) for p in self.open] + [(p, False) for p in self.shut]:
            reply, moved = answered(plugin, world, Turn(prompt))
            assert moved == expected
            assert reply.annotations["cross_attention.influence"] == float(expected)
            relevance = reply.annotations["cross_attention.relevance"]
            assert (relevance >= plugin.settings.relevance_threshold) == expected

    def test_what_a_prompt_is_about_is_told_to_others_and_left_with_the_reply(self, plugin, world):
        for prompt, memory in zip(self.open, (7, 7, 9)):
            reply, _ = answered(plugin, world, Turn(prompt))
            likely = reply.annotations["cross_attention.memories"]
            assert likely[0][0] == memory
            assert sum(p for _, p in likely) == pytest.approx(1.0)
            assert world.contexts[-1].memories == [likely]
            assert world.contexts[-1].prompts == [prompt]
        assert "cross_attention.memories" not in answered(plugin, world, Turn(self.shut[0]))[0].annotations

    def test_not_more_memories_than_so_many_are_told(self, plugin, world):
        plugin._teach_gate(world.loaded, {f"thing {number}": number for number in range(20, 26)}, int)
        reply, _ = answered(plugin, world, Turn("thing 22"))
        assert len(reply.annotations["cross_attention.memories"]) == 4

    def test_switched_off_everything_is_heard(self, plugin, world):
        plugin.settings.relevance_gate = False
        reply, moved = answered(plugin, world, Turn(self.shut[0], reach=0.5))
        assert moved
        assert "cross_attention.relevance" not in reply.annotations
        assert reply.annotations["cross_attention.influence"] == 0.5
        # What it is about is told all the same, whatever the threshold.
        assert sum(p for _, p in reply.annotations["cross_attention.memories"]) == pytest.approx(1.0)

    @pytest.mark.parametrize(("match", "moved"), [(0.001, False), (0.9, True)])
    def test_what_was_told_has_to_answer_the_prompt(self, plugin, world, mocker, match, moved):
        plugin.settings.answer_probe = True
        plugin._probe = mocker.Mock(trusted=True, match=mocker.Mock(side_effect=lambda _, pairs: [match] * len(pairs)))
        reply, did = answered(plugin, world, Turn(self.open[2]))
        assert did == moved
        assert plugin._probe.match.call_args[0][1][0] == ("memory 9", self.open[2])
        assert (reply.annotations["cross_attention.relevance"] >= 0.35) == moved

    @pytest.mark.parametrize("way", ["untrusted", "of another base", "switched off"])
    def test_a_probe_that_cannot_tell_is_not_asked(self, plugin, world, mocker, way):
        plugin.settings.answer_probe = way != "switched off"
        plugin._probe = mocker.Mock(trusted=way != "untrusted")
        plugin._probe.fits.return_value = way != "of another base"
        assert answered(plugin, world, Turn(self.open[2]))[1]
        plugin._probe.match.assert_not_called()

    def test_it_says_why_it_left_a_prompt_to_the_base(self, plugin, world):
        assert "cross_attention.why" not in answered(plugin, world, Turn(self.open[0]))[0].annotations
        shut = answered(plugin, world, Turn(self.shut[0]))[0].annotations
        relevance = shut["cross_attention.relevance"]
        assert shut["cross_attention.why"] == f"relevance {relevance:.3f} is below the threshold 0.35"
        plugin.multiplier = 0.5
        reply = answered(plugin, world, Turn(self.shut[0], reach=0.5))[0]
        assert reply.annotations["cross_attention.why"].endswith("times reach 0.25 is below the threshold 0.35")
        plugin.multiplier, plugin.prompts_heard = 1.0, False
        reply = answered(plugin, world, Turn(self.open[0]))[0]
        assert "no plugin that is on brings any" in reply.annotations["cross_attention.why"]

    @pytest.mark.parametrize("way", ["turn", "night"])
    def test_less_reach_leaves_more_to_the_base_and_weakens_nothing(self, plugin, world, way):
        relevance = answered(plugin, world, Turn(self.open[0]))[0].annotations["cross_attention.relevance"]
        plugin.settings.relevance_threshold = relevance / 2
        for reach, expected in [(0.6, 1.0), (0.4, 0.0)]:
            plugin.multiplier = reach if way == "night" else 1.0
            reply, moved = answered(plugin, world, Turn(self.open[0], reach=reach if way == "turn" else 1.0))
            assert (moved, reply.annotations["cross_attention.influence"]) == (expected > 0, expected)
            assert reply.annotations["cross_attention.relevance"] == relevance

    @pytest.mark.parametrize("where", ["turn", "night"])
    def test_without_any_reach_the_base_is_bare(self, plugin, world, where):
        plugin.settings.relevance_threshold = 0.0
        plugin.multiplier = 0.0 if where == "night" else 1.0
        assert not answered(plugin, world, Turn(self.open[0], reach=0.0 if where == "turn" else 1.0))[1]

    @pytest.mark.parametrize(("gate", "influence"), [(True, 0.5), (False, 0.2)])
    def test_in_a_step_reach_weakens_only_where_relevance_is_not_measured(self, plugin, world, gate, influence):
        plugin.settings.relevance_gate = gate
        given = step(world, "validation", influence=0.5, reach=0.4)
        run(plugin.on_train_step(given), lambda: StepResult(1.0))
        assert world.contexts[0].influence == pytest.approx(influence)

    def test_in_training_too_it_is_told_what_each_prompt_is_about(self, plugin, world):
        run(plugin.on_train_step(step(world, prompts=[self.open[0], self.open[2]])), lambda: StepResult(1.0))
        (context,) = world.contexts
        assert [likely[0][0] for likely in context.memories] == [7, 9]
        assert context.prompts == [self.open[0], self.open[2]]

    def test_another_state_is_told_by_at_once(self, plugin, world):
        prompts = [self.open[0]]
        run(plugin.on_train_step(step(world, prompts=prompts)), lambda: StepResult(1.0))
        other = CrossAttentionPlugin()
        other.on_start(world)
        other._teach_gate(world.loaded, {self.open[0]: 3, self.shut[0]: NOTHING}, int)
        state = PluginState()
        other.on_save_state(state)
        plugin.on_load_state(state)
        run(plugin.on_train_step(step(world, prompts=prompts)), lambda: StepResult(1.0))
        assert [context.memories[0][0][0] for context in world.contexts] == [7, 3]

    @pytest.mark.parametrize(("threshold", "moved"), [(0.0, True), (1.0, False)])
    def test_thresholds_at_the_ends_open_and_shut_for_all(self, plugin, world, threshold, moved):
        plugin.settings.relevance_threshold = threshold
        for prompt in self.open + self.shut:
            assert answered(plugin, world, Turn(prompt))[1] == moved

    def test_what_it_knows_of_a_base_of_other_width_says_nothing(self, plugin, world, mocker):
        mocker.patch("sovl_cross_attention.relevance.feature_width", return_value=99)
        reply, moved = answered(plugin, world, Turn(self.shut[0]))
        assert moved
        assert "cross_attention.memories" not in reply.annotations
        run(plugin.on_train_step(step(world)), lambda: StepResult(1.0))
        assert world.contexts[-1].memories == []

    def test_another_layer_counts_from_the_next_night_on(self, plugin, world):
        run(plugin.on_sleep(night(world)), lambda: NightReport("accepted"))
        features = next(iter(plugin.gate._examples.values()))[0]
        plugin.settings.relevance_layer = 1.0
        assert plugin._gate_height() == CrossAttentionSettings().relevance_layer
        known = plugin.gate.prompts()
        run(plugin.on_sleep(night(world)), lambda: NightReport("accepted"))
        assert plugin.gate.prompts() == known
        assert plugin._gate_height() == 1.0
        assert not torch.equal(next(iter(plugin.gate._examples.values()))[0], features)


def step(world, phase="train", kinds=("question",), prompts=None, **fields):
    items = []
    for number, prompt in enumerate(prompts or [f"question {number}" for number in range(len(kinds))]):
        ids = world.loaded.base_tokenizer.encode(f"{prompt} answer")
        kind = kinds[number % len(kinds)]
        items.append(Encoded(ids, len(prompt) + 1, Example(prompt, "answer", kind)))
    return TrainStep(collate(items, 0), world.loaded, phase=phase, **fields)


@pytest.mark.parametrize("prompt_frozen", [True, False])
def test_in_training_it_speaks_where_it_does_in_a_reply(plugin, world, prompt_frozen):
    given = step(world, kinds=("question", "question"), prompt_frozen=prompt_frozen)
    states = []

    def inner():
        # A plugin further inside may have said that it acts on prompts too.
        with torch.no_grad():
            states.extend([answer_states(world.loaded, given.batch), full_states(world.loaded, given.batch)])
        return StepResult(1.0)

    run(plugin.on_train_step(given), inner)
    torch.testing.assert_close(states[0].hidden, states[1].hidden, rtol=1e-4, atol=1e-4)
    with torch.no_grad(), world.loaded.bypass():
        assert not torch.allclose(full_states(world.loaded, given.batch).hidden, states[1].hidden, atol=1e-2)


def test_in_training_gradients_reach_scaffold_and_cross_attention(plugin, world):
    given = step(world, influence=0.5)

    def inner():
        answer_states(world.loaded, given.batch).hidden.square().sum().backward()
        return StepResult(1.0)

    run(plugin.on_train_step(given), inner)
    (context,) = world.contexts
    assert (context.training, context.influence) == (True, 0.5)
    for trainable in world.loaded.trainables.values():
        assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in trainable.parameters().values())
    assert all(p.grad is None for p in world.loaded.base.parameters())


def test_tokens_are_left_out_in_training_and_never_in_validation(plugin, world):
    plugin.settings.read_dropout = 0.8
    for phase in ("train", "validation"):
        run(plugin.on_train_step(step(world, phase)), lambda: StepResult(1.0))
    trained, validated = (context.mask.sum() for context in world.contexts)
    assert trained < validated


@pytest.mark.parametrize(
    ("kind", "parents", "memory"),
    [
        ("question", [5], 5),
        ("reverse", [5, 6], 5),
        ("question", [], NOTHING),
        ("background", [5], NOTHING),
        ("contrast", [5], NEVER_TOLD),
        ("contrast", [], NEVER_TOLD),
    ],
)
def test_which_memory_a_dream_is_about(kind, parents, memory):
    assert memory_of(Dream(kind, "What?", "That.", parents)) == memory


def night(world, **fields):
    return Night(4, 3, [], [], world.loaded, None, random.Random(0), **fields)


DREAMED = [
    Dream("question", "what is my dog called?", "rex", [5], verdict="accepted"),
    Dream("reverse", "who is rex?", "my dog", [5], verdict="accepted"),
    Dream("cue", "home?", "graz", [6], verdict="accepted"),
    Dream("question", "rejected?", "no", [5], verdict="rejected"),
    Dream("question", "held out?", "no", [5], verdict="accepted", held_out=True),
    Dream("background", "sing a song", "la", verdict="accepted"),
    Dream("contrast", "where is my boat?", "no", verdict="accepted"),
]
SHOWN = {
    # What the base says by itself is about nothing.
    "la": NOTHING,
    "what is my dog called?": 5,
    "who is rex?": 5,
    "home?": 6,
    "sing a song": NOTHING,
    "where is my boat?": NEVER_TOLD,
}


def learn(plugin, world, dreams=DREAMED):
    """The night has dreamed, and takes its first step."""
    world.dreams = list(dreams)
    run(plugin.on_train_step(step(world, "night", ("question", "background"))), lambda: StepResult(1.0))


def test_before_a_nights_first_step_the_gate_learns_what_was_dreamed_and_only_then(plugin, world):
    breaths = []

    def inner():
        run(plugin.on_train_step(step(world, "validation")), lambda: StepResult(1.0))
        assert plugin.gate.prompts() == {}
        learn(plugin, world)
        assert plugin.gate.prompts() == SHOWN
        # That very step is told already.
        assert [likely[0][0] in (5, 6) for likely in world.contexts[-1].memories] == [True, True]
        learn(plugin, world, [Dream("question", "later", "x", [9], verdict="accepted")])
        assert plugin.gate.prompts() == SHOWN
        return NightReport("accepted")

    run(plugin.on_sleep(night(world, breathe=lambda: breaths.append(1))), inner)
    assert world.asked == [(4, None)]
    assert breaths == [1]


def test_outside_a_night_no_step_teaches_the_gate(plugin, world):
    for phase in ("train", "validation", "night"):
        world.dreams = DREAMED
        run(plugin.on_train_step(step(world, phase)), lambda: StepResult(1.0))
    run(plugin.on_sleep(night(world)), lambda: NightReport("accepted"))
    run(plugin.on_train_step(step(world, "night")), lambda: StepResult(1.0))
    assert plugin.gate.prompts() == {}
    assert world.asked == []


def test_what_was_never_told_before_may_have_been_told_since(plugin, world):
    plugin._teach_gate(world.loaded, {"where is my boat?": NEVER_TOLD, "what is my cat called?": NEVER_TOLD}, int)
    told = [Dream("question", "what is my cat called?", "tom", [8], verdict="accepted"), DREAMED[5]]

    def inner():
        learn(plugin, world, told)
        return NightReport("accepted")

    run(plugin.on_sleep(night(world)), inner)
    assert plugin.gate.prompts() == {"la": NOTHING, "what is my cat called?": 8, "sing a song": NOTHING}


def test_no_prompt_is_about_a_memory_that_was_contradicted(plugin, world):
    plugin._teach_gate(world.loaded, {"where is my home?": 3, "my house?": 3, "my cat?": 4}, int)
    before = plugin.gate.prompts()
    told = [Dream("question", "where is my home?", "oslo", [8], verdict="accepted"), DREAMED[5]]

    def inner(report):
        world.superseded.add(3)
        learn(plugin, world, told)
        return report

    run(plugin.on_sleep(night(world)), lambda: inner(NightReport("set_aside")))
    assert plugin.gate.prompts() == before
    run(plugin.on_sleep(night(world)), lambda: inner(NightReport("accepted")))
    assert plugin.gate.prompts() == {"la": NOTHING, "my cat?": 4, "where is my home?": 8, "sing a song": NOTHING}


def test_the_latest_dream_of_a_prompt_counts(plugin, world):
    def inner():
        learn(plugin, world, [*DREAMED, Dream("question", "home?", "linz", [7], verdict="accepted")])
        return NightReport("accepted")

    run(plugin.on_sleep(night(world)), inner)
    assert plugin.gate.prompts()["home?"] == 7


@pytest.mark.parametrize(
    ("report", "multiplier", "known"),
    [
        (NightReport("accepted"), 1.0, 6),
        (NightReport("partial", multiplier=0.25), 0.25, 6),
        (NightReport("set_aside", multiplier=0.0), 0.6, 0),
        (NightReport("nothing"), 0.6, 0),
        (None, 0.6, 0),
    ],
)
def test_what_a_night_leaves_depends_on_its_report(plugin, world, report, multiplier, known):
    plugin.multiplier = 0.6

    def inner():
        assert plugin.multiplier == 1.0
        learn(plugin, world)
        return report

    assert run(plugin.on_sleep(night(world)), inner) is report
    assert plugin.multiplier == multiplier
    assert len(plugin.gate.prompts()) == known


def test_an_interrupted_night_leaves_everything_as_it_was(plugin, world):
    plugin.multiplier = 0.6
    before = plugin.gate
    wrapper = plugin.on_sleep(night(world))
    next(wrapper)
    learn(plugin, world)
    with pytest.raises(NightInterrupted):
        wrapper.throw(NightInterrupted())
    assert plugin.multiplier == 0.6
    assert plugin.gate is before
    assert before.prompts() == {}


def test_whoever_speaks_in_the_middle_of_a_night_meets_what_was_accepted(plugin, world):
    plugin.multiplier = 0.6
    plugin._teach_gate(world.loaded, {"known before": 3}, int)
    tonight = night(world)

    def inner():
        learn(plugin, world)
        (in_place,) = tonight.while_awake
        with in_place():
            assert plugin.multiplier == 0.6
            assert plugin.gate.prompts() == {"known before": 3}
        assert plugin.multiplier == 1.0
        assert len(plugin.gate.prompts()) == 7
        return NightReport("accepted")

    run(plugin.on_sleep(tonight), inner)
    assert len(plugin.gate.prompts()) == 7


def test_a_night_that_goes_on_knows_what_it_dreamed_even_when_no_step_is_left(plugin, world):
    world.dreams = list(DREAMED)
    met = []
    run(
        plugin.on_sleep(night(world, resumed=True)),
        lambda: met.append(plugin.gate.prompts()) or NightReport("accepted"),
    )
    assert met == [SHOWN]
    assert plugin.gate.prompts() == SHOWN
    assert world.asked == [(4, None)]


def test_by_night_prompts_are_not_read_twice_and_what_is_new_by_itself(plugin, world, mocker):
    """Beside others a prompt is read a little differently, and a night that goes on meets it in other company."""
    from sovl_cross_attention import relevance

    read = mocker.spy(relevance, "prompt_features")

    def inner():
        world.dreams = list(DREAMED)
        for prompts in (["home?", "new one", "sing a song", "new two"], ["new two", "who is rex?", "home?"]):
            run(plugin.on_train_step(step(world, "night", prompts=prompts)), lambda: StepResult(1.0))
        assert [list(call.args[1]) for call in read.call_args_list] == [list(SHOWN), ["new one"], ["new two"]]
        assert [bool(about) for about in world.contexts[-1].memories] == [True] * 3
        return NightReport("accepted")

    run(plugin.on_sleep(night(world)), inner)


def test_a_night_that_was_interrupted_while_dreaming_learns_when_it_has_dreamed(plugin, world):
    def inner():
        assert plugin.gate.prompts() == {}
        learn(plugin, world)
        return NightReport("accepted")

    run(plugin.on_sleep(night(world, resumed=True)), inner)
    assert plugin.gate.prompts() == SHOWN


@pytest.mark.parametrize("status", ["set_aside", "accepted"])
def test_what_a_prompt_is_about_is_found_out_anew_after_a_night(plugin, world, status):
    plugin._teach_gate(world.loaded, {"question 0": 3, "sing": NOTHING}, int)

    def told():
        run(plugin.on_train_step(step(world)), lambda: StepResult(1.0))
        return world.contexts[-1].memories[0][0][0]

    def inner():
        assert told() == 3
        learn(plugin, world, [Dream("question", "question 0", "x", [9], verdict="accepted"), DREAMED[5]])
        assert told() == 9
        return NightReport(status)

    run(plugin.on_sleep(night(world)), inner)
    assert told() == (9 if status == "accepted" else 3)


@pytest.mark.parametrize("status", ["set_aside", "accepted"])
def test_a_deep_night_knows_only_what_it_has_dreamed_itself(plugin, world, status):
    plugin.multiplier, plugin.prompts_heard = 0.6, False
    plugin._teach_gate(world.loaded, {"known before": 3}, int)
    tonight = night(world, deep=True)

    def inner():
        assert (plugin.multiplier, plugin.prompts_heard) == (1.0, True)
        assert plugin.gate.prompts() == {}
        learn(plugin, world)
        (in_place,) = tonight.while_awake
        with in_place():
            assert (plugin.multiplier, plugin.prompts_heard) == (0.6, False)
            assert plugin.gate.prompts() == {"known before": 3}
        return NightReport(status)

    run(plugin.on_sleep(tonight), inner)
    kept = status == "accepted"
    assert plugin.gate.prompts() == (SHOWN if kept else {"known before": 3})
    assert plugin.multiplier == (1.0 if kept else 0.6)


def test_no_prompt_is_about_what_was_forgotten(plugin, world):
    plugin._teach_gate(world.loaded, {"a": 4, "b": 5, "sing": NOTHING}, int)
    plugin.on_forget(Forgetting([4, 9]))
    assert plugin.gate.prompts() == {"b": 5, "sing": NOTHING}
    assert plugin.multiplier == 1.0
    plugin.on_forget(Forgetting([7]))
    assert plugin.gate.prompts() == {"b": 5, "sing": NOTHING}
    state = PluginState()
    plugin.on_save_state(state)
    assert state.values["relevance.classes"] == [NOTHING, 5]


def test_with_everything_forgotten_the_base_answers_alone(plugin, world):
    plugin._teach_gate(world.loaded, {"a": 4, "sing": NOTHING}, int)
    assert run(plugin.on_generate(Turn("a")), lambda: Reply("x")).annotations["cross_attention.influence"] > 0
    plugin.on_forget(Forgetting([4]))
    assert run(plugin.on_generate(Turn("a")), lambda: Reply("x")).annotations["cross_attention.influence"] == 0
    state = PluginState()
    plugin.on_save_state(state)
    assert state.values == {"multiplier": 0.0, "prompts_heard": True}


def test_where_it_never_told_memories_apart_forgetting_changes_nothing(world):
    fresh = CrossAttentionPlugin()
    fresh.on_start(world)
    fresh.on_forget(Forgetting([4]))
    assert fresh.multiplier == 1.0
    fresh.gate.remember(["sing"], torch.zeros(1, 2), [NOTHING])
    fresh.on_forget(Forgetting([4]))
    assert (fresh.multiplier, fresh.gate.prompts()) == (1.0, {"sing": NOTHING})


def test_state_comes_back(plugin, world):
    plugin._teach_gate(world.loaded, {"a": 4, "b": NOTHING}, int)
    plugin.multiplier = 0.25
    state = PluginState()
    plugin.on_save_state(state)
    other = CrossAttentionPlugin()
    other.on_load_state(state)
    assert other.multiplier == 0.25
    assert other.gate.prompts() == {"a": 4, "b": NOTHING}
    # Back to before the first night: nothing of the later one may stay.
    other.on_load_state(PluginState())
    assert other.multiplier == 1.0
    assert other.gate.prompts() == {}


def test_a_base_is_practised_with_once(plugin, world, mocker):
    lessons = [Lesson("my dog", ("who?",), ("when?",))] * 6
    mocker.patch("sovl_cross_attention.practice.lessons", return_value=lessons)
    practise = mocker.spy(AnswerProbe, "practise")
    plugin.settings.answer_probe = True
    heard, breaths = [], []
    for _ in range(2):
        tonight = night(world, breathe=lambda: breaths.append(1), progress=heard.append)
        run(plugin.on_sleep(tonight), lambda: NightReport("set_aside"))
    assert practise.call_count == 1
    assert [(p.detail, p.total) for p in heard] == [("practice", 12)]
    assert breaths == [1]
    state = PluginState()
    plugin.on_save_state(state)
    other = CrossAttentionPlugin()
    other.on_start(world)
    assert other.on_status().rows["answer probe"] == "learns in the first night"
    other.on_load_state(state)
    assert other._probe.fits(world.loaded)
    assert other.on_status().rows["answer probe"] == plugin.on_status().rows["answer probe"]


def test_practice_that_is_interrupted_is_begun_anew(plugin, world):
    plugin.settings.answer_probe = True

    def breathe():
        raise NightInterrupted

    with pytest.raises(NightInterrupted):
        run(plugin.on_sleep(night(world, breathe=breathe)), lambda: NightReport("accepted"))
    assert plugin._probe is None


def test_its_state_needs_no_torch_before_there_is_any():
    state = PluginState()
    CrossAttentionPlugin().on_save_state(state)
    assert (state.values, state.tensors) == ({"multiplier": 1.0, "prompts_heard": True}, {})


def test_its_panel_shows_layers_and_gates(plugin, recwarn):
    rows = plugin.on_status().rows
    gates = ["0.70"] * len(plugin.stack.numbers)
    assert (rows["layers"], rows["gates"]) == (", ".join(map(str, plugin.stack.numbers)), ", ".join(gates))
    assert (rows["weight"], rows["reach"], rows["dynamic"]) == ("1.00", "1.00", "off")
    assert rows["scaffold"] == "reads the prompt"
    assert rows["relevance gate"] == f"threshold {plugin.settings.relevance_threshold}"
    assert [str(w.message) for w in recwarn if "requires_grad" in str(w.message)] == []


def test_a_scaffold_that_moves_with_the_base_follows_reply_and_batch(world):
    stepped = CrossAttentionPlugin()
    world.settings.scaffold_mode = "stepped"
    stepped.on_start(world)
    stepped.on_models_loaded(world.loaded)
    open_gates(stepped)
    reply, moved = answered(stepped, world, Turn("my dog"))
    assert moved
    assert reply.annotations == {"cross_attention.influence": 1.0}
    given = step(world)
    run(stepped.on_train_step(given), lambda: StepResult(1.0))
    by_day, trained = world.contexts
    assert by_day.said is None
    answer = int((given.batch.labels[0] >= 0).sum())
    # Nothing is foretold after an answer's last token.
    assert trained.said[0].tolist() == [0] * len("question 0") + list(range(1, answer))
    assert stepped.on_status().rows["scaffold"] == "moves with the base"
    stepped.on_models_unloaded(world.loaded)
    assert len(world.loaded.base._forward_pre_hooks) == 0


def test_its_command_shows_and_changes_weights(plugin):
    (command,) = plugin.on_commands()
    assert command.name == "cross"
    assert "weight 1.0" in command.run([], {})
    said = command.run([], {"weight": 0.5, "dynamic": "confidence", "threshold": 0.9, "blend": None})
    assert "weight 0.5" in said
    assert (plugin.settings.weight, plugin.settings.blend) == (0.5, 1.0)
    assert (plugin.settings.dynamic, plugin.settings.relevance_threshold) == ("confidence", 0.9)
    assert all(option.name in command.usage for option in command.options)


def test_its_entry_module_needs_no_torch():
    code = "import sys, sovl_cross_attention; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
