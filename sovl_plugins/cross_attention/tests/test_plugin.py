"""The plugin with a stand-in for the kernel: what it does at each hook."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from sovl_core.events import Forgetting, NightReport, StepResult, Turn
from sovl_core.model_layers import decoder_layers
from sovl_core.plugin import PluginState
from sovl_core.state_files import read_plugin_states, write_plugin_states
from sovl_cross_attention import CrossAttentionPlugin
from sovl_cross_attention.answer_probe import AnswerProbe
from sovl_cross_attention.relevance import NOTHING


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
    reply, moved = world.answered(plugin, Turn("hello"))
    assert not moved
    assert reply.annotations == {}
    report = NightReport("accepted", multiplier=0.5)
    assert world.run(plugin.on_sleep(world.night()), lambda: report) is report
    result = StepResult(1.0)
    assert world.run(plugin.on_train_step(world.step()), lambda: result) is result
    assert "layers" not in plugin.on_status().rows


def test_the_scaffold_reads_the_prompt_and_others_may_shape_what_it_says(plugin, world):
    reply, moved = world.answered(plugin, Turn("my dog"))
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
    reply, moved = world.answered(plugin, turn)
    assert not moved
    assert reply.annotations["cross_attention.influence"] == 0.0
    assert world.contexts == []


def test_without_the_scaffold_and_before_training_it_is_skipped(plugin, world):
    assert not world.answered(plugin, Turn("my dog", use_scaffold=False))[1]
    with world.loaded.bypass():
        assert not world.answered(plugin, Turn("my dog"))[1]
    for layer in plugin.stack.cross_layers():
        torch.nn.init.zeros_(layer.gate)
    assert not world.answered(plugin, Turn("my dog"))[1]
    assert world.contexts == []


def test_all_weights_multiply(plugin, world):
    plugin.settings.weight, plugin.settings.blend, plugin.multiplier = 1.5, 0.5, 0.8
    plugin.settings.dynamic = "temperament"
    world.vitals.record_temperament(-0.25)
    reply, _ = world.answered(plugin, Turn("my dog", influence=0.5, reach=0.9))
    # Where no relevance is measured, less reach can only weaken.
    assert reply.annotations["cross_attention.influence"] == pytest.approx(1.5 * 0.5 * 0.8 * 0.9 * 0.75 * 0.5)


def test_a_reply_that_fails_leaves_the_base_bare(plugin, world):
    bare = world.bare_logits()
    wrapper = plugin.on_generate(Turn("my dog"))
    next(wrapper)
    assert not torch.equal(world.logits(), bare)
    with pytest.raises(KeyboardInterrupt):
        wrapper.throw(KeyboardInterrupt())
    assert torch.equal(world.logits(), bare)


def test_a_question_asked_in_the_middle_of_a_reply_is_answered_as_by_itself(plugin, world):
    outer = plugin.on_generate(Turn("my dog"))
    next(outer)
    assert not torch.equal(world.logits(), world.bare_logits())
    # What the outer reply hears stays out of this one, and is heard again afterwards.
    assert not world.answered(plugin, Turn("something else", influence=0.0))[1]
    assert world.answered(plugin, Turn("something else"))[1]
    outer.close()
    assert torch.equal(world.logits(), world.bare_logits())


def test_state_comes_back(plugin, world):
    plugin.router.teach(world.loaded, {"a": 4, "b": NOTHING}, int)
    plugin.multiplier = 0.25
    state = PluginState()
    plugin.on_save_state(state)
    other = CrossAttentionPlugin()
    other.on_start(world)
    other.on_load_state(state)
    assert other.multiplier == 0.25
    assert other.router.gate.prompts() == {"a": 4, "b": NOTHING}
    # Back to before the first night: nothing of the later one may stay.
    other.on_load_state(PluginState())
    assert other.multiplier == 1.0
    assert other.router.gate.prompts() == {}


def test_stored_tensors_are_left_alone_until_a_prompt_is_routed_or_a_known_memory_forgotten(plugin, world, tmp_path):
    plugin.router.teach(world.loaded, {"a": 4, "b": NOTHING}, int)
    plugin.router.probe = AnswerProbe()
    plugin.router.probe.skill = 0.9
    world.settings.answer_probe = True
    state, again, other = PluginState(), PluginState(), CrossAttentionPlugin()
    plugin.on_save_state(state)
    write_plugin_states(tmp_path, {"cross_attention": state})
    stored = read_plugin_states(tmp_path)["cross_attention"]
    other.on_start(world)
    other.on_load_state(stored)
    other.on_forget(Forgetting([7]))
    assert other.on_status().rows["answer probe"] == "0.90 of questions told apart in practice"
    assert other.multiplier == 1.0
    assert stored._content is not None

    other.on_save_state(again)
    assert stored._content is None
    assert (again.values, sorted(again.tensors)) == (state.values, sorted(state.tensors))
    assert all(torch.equal(again.tensors[name], tensor) for name, tensor in state.tensors.items())
    assert other.on_status().rows["answer probe"] == "0.90 of questions told apart in practice"

    other = CrossAttentionPlugin()
    other.on_start(world)
    other.on_load_state(read_plugin_states(tmp_path)["cross_attention"])
    other.on_forget(Forgetting([4]))
    assert (other.multiplier, other.router.gate.prompts()) == (0.0, {})


def test_its_state_needs_no_torch_before_there_is_any():
    state = PluginState()
    CrossAttentionPlugin().on_save_state(state)
    assert (state.values, state.tensors) == ({"multiplier": 1.0, "prompts_heard": True}, {})


def test_a_scaffold_that_moves_with_the_base_follows_reply_and_batch(world):
    stepped = CrossAttentionPlugin()
    world.settings.scaffold_mode = "stepped"
    stepped.on_start(world)
    stepped.on_models_loaded(world.loaded)
    world.open_gates(stepped)
    reply, moved = world.answered(stepped, Turn("my dog"))
    assert moved
    assert reply.annotations == {"cross_attention.influence": 1.0}
    given = world.step()
    world.run(stepped.on_train_step(given), lambda: StepResult(1.0))
    by_day, trained = world.contexts
    assert by_day.said is None
    answer = int((given.batch.labels[0] >= 0).sum())
    # Nothing is foretold after an answer's last token.
    assert trained.said[0].tolist() == [0] * len("question 0") + list(range(1, answer))
    assert stepped.on_status().rows["scaffold"] == "moves with the base"
    stepped.on_models_unloaded(world.loaded)
    assert len(world.loaded.base._forward_pre_hooks) == 0


def test_its_command_changes_the_settings_it_answers_by(plugin, world):
    (command,) = plugin.on_commands()
    command.run([], {"weight": 0.0})
    assert not world.answered(plugin, Turn("my dog"))[1]


def test_its_entry_module_needs_no_torch():
    code = "import sys, sovl_cross_attention; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
