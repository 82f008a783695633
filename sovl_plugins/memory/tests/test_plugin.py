"""The plugin against tiny models: modes, what turns leave behind, what the scaffold's context gets, dreams, state."""

from __future__ import annotations

import math
import random
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

import sovl_memory.plugin
from sovl_core.events import DreamRequest, Forgetting, Reply, ScaffoldContext, Turn
from sovl_core.plugin import PluginState
from sovl_core.records import Episode
from sovl_core.state_files import read_plugin_states, write_plugin_states
from sovl_memory import MemoryPlugin, MemorySettings
from sovl_memory.dream_memory import Trace


def live(plugin, turn, reply=None, within=lambda: None):
    """Run one turn through the wrapper as the plugin manager does."""
    steps = plugin.on_generate(turn)
    next(steps)
    within()
    with pytest.raises(StopIteration) as end:
        steps.send(reply or Reply("Yes.", token_ids=[1], confidence=1.0))
    return end.value.value


def scaffold_context(tokenizer, text="my dog", **fields):
    ids = tokenizer(text, return_tensors="pt")["input_ids"]
    return ScaffoldContext(torch.zeros(1, ids.shape[1], 32), torch.ones_like(ids, dtype=torch.bool), ids, **fields)


def memories(count):
    return [Episode(number, "c", f"my dog lives in graz {number}") for number in range(1, count + 1)]


def dream(plugin, models, count=3):
    models.scaffold  # noqa: B018 - the scaffold is there once something has read with it
    return plugin.on_dream(DreamRequest(memories(count), rng=random.Random(0)))


def test_used_tokens_are_weighed_in_the_next_context(plugin, tokenizer):
    live(plugin, Turn("dog"))
    context = scaffold_context(tokenizer)
    plugin.on_scaffold_context(context)
    assert context.key_bias[0, 0] == 0
    assert context.key_bias[0, 1] > 0


@pytest.mark.parametrize("silent", [False, True])
def test_used_tokens_are_weighed_in_the_answer_too_while_it_is_said(plugin, tokenizer, silent):
    live(plugin, Turn("dog"))
    context = scaffold_context(tokenizer, silent=silent)
    plugin.on_scaffold_context(context)
    ids = tokenizer("dog my", return_tensors="pt")["input_ids"]
    bias = context.later_bias(ids)
    assert bias[0, 0] > 0
    assert bias[0, 1] == 0
    assert (context.key_bias is None) == silent


@pytest.fixture
def rows_heard(plugin, tokenizer):
    """Return ``rows_heard(purpose)``: the bias on rows of none, of memory 1 and of memory 2, alike before."""
    told = {1: Episode(1, "c", "my dog is called rex"), 2: Episode(2, "c", "the cat likes tea")}
    plugin.context.journal = SimpleNamespace(episode=told.get)

    def heard(purpose="reply", silent=True):
        context = scaffold_context(tokenizer, silent=silent)
        context.add_rows(torch.ones(3, 32), torch.zeros(3), torch.tensor([0, 1, 2]))
        live(plugin, Turn("", purpose=purpose), within=lambda: plugin.on_scaffold_context(context))
        return context.extra_bias[:3].tolist()

    return heard


def test_memories_whose_words_are_in_use_are_heard_louder(plugin, rows_heard):
    assert rows_heard("reflection") == [0.0, 0.0, 0.0]
    live(plugin, Turn("dog"))
    none, dog, cat = rows_heard("reflection")
    assert none == cat == 0.0
    assert dog == pytest.approx(math.log(1.1) / 5)
    plugin.settings.scaffold_memory = "scaffold"
    assert rows_heard("reflection") == [0.0, 0.0, 0.0]


def test_rows_that_somebody_put_there_by_hand_are_left_alone(plugin, tokenizer, rows_heard):
    live(plugin, Turn("dog"))
    context = scaffold_context(tokenizer, silent=True)
    context.add_rows(torch.ones(1, 32), torch.zeros(1), torch.tensor([1]))
    context.extra_rows, context.extra_bias = torch.ones(2, 32), torch.zeros(2)
    live(plugin, Turn("", purpose="reflection"), within=lambda: plugin.on_scaffold_context(context))
    assert context.extra_bias.tolist() == [0.0, 0.0]


def test_memories_that_were_dreamed_of_are_heard_louder_where_traces_are_not(plugin, rows_heard):
    plugin.dream_memory.traces = [Trace(torch.zeros(32), 0.5, 2)]
    assert rows_heard("reflection") == pytest.approx([0.0, 0.0, math.log(1.05)])
    assert rows_heard("reflection", silent=False) == [0.0, 0.0, 0.0]
    plugin.settings.dream_memory_weight = 0.0
    assert rows_heard("reflection") == [0.0, 0.0, 0.0]


def test_token_mode_silences_memories_by_day_alone(plugin, rows_heard):
    plugin.settings.scaffold_memory = "token"
    assert rows_heard("reflection") == [0.0, -math.inf, -math.inf]
    for purpose in ("evaluation", "dream"):
        assert rows_heard(purpose) == [0.0, 0.0, 0.0]


def test_bias_of_others_is_added_to(plugin, tokenizer):
    live(plugin, Turn("dog"))
    context = scaffold_context(tokenizer, key_bias=torch.full((1, 2), -1.0))
    plugin.on_scaffold_context(context)
    assert context.key_bias[0, 0] == -1
    assert -1 < context.key_bias[0, 1] < 0


def test_a_dream_leaves_a_trace_and_writes_no_dream(plugin, models, tokenizer):
    assert dream(plugin, models) is None
    assert len(plugin.dream_memory.traces) == 1
    context = scaffold_context(tokenizer)
    plugin.on_scaffold_context(context)
    assert context.extra_rows.shape == (1, 32)
    assert context.extra_bias.exp().tolist() == pytest.approx([0.1])


def test_rows_of_others_keep_their_loudness(plugin, models, tokenizer):
    dream(plugin, models)
    context = scaffold_context(tokenizer)
    context.extra_rows = torch.ones(2, 32)
    plugin.on_scaffold_context(context)
    assert context.extra_rows.shape == (3, 32)
    assert context.extra_bias.exp().tolist() == pytest.approx([1.0, 1.0, 0.1])


def test_traces_stand_beside_rows_that_each_example_has_for_itself(plugin, models, tokenizer):
    dream(plugin, models)
    context = scaffold_context(tokenizer)
    context.add_rows(torch.ones(1, 2, 32), torch.tensor([[-1.0, float("-inf")]]))
    plugin.on_scaffold_context(context)
    assert context.extra_rows.shape == (1, 3, 32)
    assert context.extra_bias.exp()[0].tolist() == pytest.approx([0.3679, 0.0, 0.1], abs=1e-4)


def test_traces_of_another_width_stay_out(plugin, models, tokenizer):
    dream(plugin, models)
    context = scaffold_context(tokenizer)
    context.hidden = torch.zeros(1, 2, 16)
    plugin.on_scaffold_context(context)
    assert context.extra_rows is None


def test_training_sees_neither(plugin, models, tokenizer):
    live(plugin, Turn("dog"))
    dream(plugin, models)
    context = scaffold_context(tokenizer, training=True)
    plugin.on_scaffold_context(context)
    assert context.key_bias is None
    assert context.extra_rows is None


@pytest.mark.parametrize(
    ("mode", "weighs", "traces"),
    [("both", True, True), ("token", True, False), ("scaffold", False, True), ("none", False, False)],
)
def test_the_mode_says_what_takes_part(plugin, models, tokenizer, mode, weighs, traces):
    live(plugin, Turn("dog"))
    dream(plugin, models)
    plugin.settings.scaffold_memory = mode
    context = scaffold_context(tokenizer)
    plugin.on_scaffold_context(context)
    assert (context.key_bias is not None) == weighs
    assert (context.extra_rows is not None) == traces


def states(models, tokenizer):
    ids = tokenizer("my dog", return_tensors="pt")["input_ids"]
    with torch.no_grad():
        return models.scaffold.get_base_model().base_model(ids).last_hidden_state


def test_token_mode_leaves_the_adapter_out_for_the_turn_only(plugin, models, tokenizer):
    with_adapter = states(models, tokenizer)
    with models.scaffold.disable_adapter():
        bare = states(models, tokenizer)
    assert not torch.equal(with_adapter, bare)
    plugin.settings.scaffold_memory = "token"
    seen = []
    live(plugin, Turn("dog"), within=lambda: seen.append(states(models, tokenizer)))
    assert torch.equal(seen[0], bare)
    assert torch.equal(states(models, tokenizer), with_adapter)
    assert all(p.requires_grad for name, p in models.scaffold.named_parameters() if "lora_" in name)


def test_the_adapter_comes_back_when_the_turn_fails(plugin, models, tokenizer):
    with_adapter = states(models, tokenizer)
    plugin.settings.scaffold_memory = "token"
    steps = plugin.on_generate(Turn("dog"))
    next(steps)
    with pytest.raises(RuntimeError, match="lost"):
        steps.throw(RuntimeError("lost"))
    assert torch.equal(states(models, tokenizer), with_adapter)


@pytest.mark.parametrize(
    ("purpose", "alone"), [("reply", True), ("question", True), ("evaluation", False), ("dream", False)]
)
def test_without_memory_the_base_answers_alone_but_nights_see_everything(plugin, purpose, alone):
    plugin.settings.scaffold_memory = "none"
    turn = Turn("dog", purpose=purpose)
    live(plugin, turn)
    assert turn.use_scaffold is not alone


@pytest.mark.parametrize("reply", [Reply("", finish_reason="cancelled"), Reply("Yes.", confidence=1.0)])
def test_only_the_users_finished_turns_are_remembered(plugin, reply):
    purpose = "reply" if reply.finish_reason == "cancelled" else "question"
    live(plugin, Turn("dog", purpose=purpose), reply)
    assert len(plugin.token_map) == 0


def test_turns_fade_traces_and_carry_their_vectors(plugin, models):
    dream(plugin, models)
    turn = Turn("dog")
    live(plugin, turn)
    assert torch.equal(turn.annotations["memory.vectors"][0], plugin.dream_memory.traces[0].vector)
    assert plugin.dream_memory.traces[0].weight == pytest.approx(0.95)


def test_nothing_is_loaded_or_built_to_dream(plugin, context, models):
    assert plugin.on_dream(DreamRequest(memories(2))) is None
    assert not models.scaffold_loaded
    context.models_loaded = lambda: False
    context.models = lambda: pytest.fail("loaded the models")
    assert plugin.on_dream(DreamRequest(memories(2))) is None
    assert plugin.dream_memory.traces == []


def test_what_was_forgotten_leaves_no_trace(plugin, models):
    dream(plugin, models)
    (episode,) = [trace.episode for trace in plugin.dream_memory.traces]
    plugin.on_forget(Forgetting([episode + 1]))
    assert len(plugin.dream_memory.traces) == 1
    plugin.on_forget(Forgetting([episode]))
    assert plugin.dream_memory.traces == []


def test_dreams_breathe_and_prefer_what_is_near(plugin, models, context):
    context.vitals.last_prompt = "the cat"
    breaths = []
    models.scaffold  # noqa: B018
    plugin.settings.memories_per_dream = 2
    plugin.on_dream(DreamRequest(memories(4), rng=random.Random(0), breathe=lambda: breaths.append(1)))
    assert len(plugin.dream_memory.traces) == len(breaths) == 2


def test_the_setting_says_how_much_likeness_counts(plugin, context, mocker):
    weights = mocker.spy(sovl_memory.plugin, "dream_weights")
    context.vitals.last_prompt = "the cat"
    context.models = lambda: pytest.fail("compared although likeness does not count")
    plugin.settings.prompt_weight = 0.0
    plugin._chosen(memories(4), 1, DreamRequest(memories(4), rng=random.Random(0)))
    assert weights.call_args == mocker.call(None, 4, 0.0)


def test_commands_switch_the_mode_and_say_how_to_keep_it(plugin, context):
    commands = {command.name: command for command in plugin.on_commands()}
    assert sorted(commands) == ["both_mem", "no_mem", "scaffold_mem", "token_mem"]
    text = commands["token_mem"].run([], {})
    assert context.settings.scaffold_memory == "token"
    assert "both -> token" in text
    assert "in a shell for this command alone. To keep it: config set plugins.memory.scaffold_memory token" in text


def test_status_tells_without_models(plugin, context, models):
    dream(plugin, models)
    context.models = lambda: pytest.fail("loaded the models")
    assert plugin.on_status().rows == {
        "scaffold memory": "both",
        "tokens in use": 0,
        "dream memory": "1 of 10 (1.00)",
    }


def restarted(plugin, context, **core):
    state, other = PluginState(), MemoryPlugin()
    plugin.on_save_state(state)
    again = SimpleNamespace(**{**vars(context), "settings": MemorySettings()})
    again.config = SimpleNamespace(core=SimpleNamespace(**{**vars(context.config.core), **core}))
    other.on_start(again)
    other.on_load_state(state)
    return other


def test_state_round_trips(plugin, context, models):
    live(plugin, Turn("dog"))
    dream(plugin, models)
    other = restarted(plugin, context)
    assert other.token_map.to_dict() == plugin.token_map.to_dict()
    assert torch.equal(other.dream_memory.rows()[0], plugin.dream_memory.rows()[0])


def test_stored_vectors_are_left_alone_until_traces_take_part(plugin, context, models, tmp_path):
    dream(plugin, models)
    plugin.dream_memory.fade()
    state, again = PluginState(), MemoryPlugin()
    plugin.on_save_state(state)
    write_plugin_states(tmp_path, {"memory": state})
    stored = read_plugin_states(tmp_path)["memory"]
    (trace,) = plugin.dream_memory.traces
    again.on_start(context)
    again.on_load_state(stored)
    again.on_forget(Forgetting([trace.episode + 1]))
    assert again.on_status().rows == plugin.on_status().rows
    assert again.on_status().rows["dream memory"] == "1 of 10 (0.95)"
    assert stored._content is not None

    assert torch.equal(again.dream_memory.rows()[0], plugin.dream_memory.rows()[0])
    again.on_load_state(read_plugin_states(tmp_path)["memory"])
    again.on_forget(Forgetting([trace.episode]))
    assert again.on_status().rows["dream memory"] == "0 of 10"
    assert again.dream_memory.rows() is None


def test_saving_an_empty_memory_needs_no_torch(plugin, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    state = PluginState()
    plugin.on_save_state(state)
    assert (state.values["traces"], state.tensors) == ([], {})


@pytest.mark.parametrize(("core", "tokens"), [({"base_model": "other"}, 0), ({"scaffold_model": "other"}, 1)])
def test_state_of_other_models_is_left_out(plugin, context, models, core, tokens):
    live(plugin, Turn("dog"))
    dream(plugin, models)
    other = restarted(plugin, context, **core)
    assert len(other.token_map) == tokens
    assert other.dream_memory.traces == []
    assert context.logger.read()[-1]["event"] == "memory_of_other_models_left_out"


def test_every_setting_has_bounds_and_a_description():
    from sovl_core.settings_info import describe_config

    for info in describe_config(MemorySettings):
        assert info.description, info.key
        assert info.allowed, info.key


def test_importing_the_plugin_imports_no_torch():
    code = "import sys, sovl_memory; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
