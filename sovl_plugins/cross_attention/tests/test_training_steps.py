"""The plugin in training steps: what the scaffold reads, where it speaks, what learns."""

from __future__ import annotations

import pytest
import torch

from sovl_core.answer_states import answer_states, full_states
from sovl_core.events import StepResult, Turn


def test_layer_weights_are_for_replies_alone(plugin, world):
    plugin.settings.layer_weights = [0.0] * len(plugin.stack.numbers)
    assert not world.answered(plugin, Turn("my dog"))[1]
    moved, bare = [], world.bare_logits()
    world.run(plugin.on_train_step(world.step()), lambda: moved.append(not torch.equal(world.logits(), bare)))
    assert moved == [True]


@pytest.mark.parametrize("prompt_frozen", [True, False])
def test_in_training_it_speaks_where_it_does_in_a_reply(plugin, world, prompt_frozen):
    given = world.step(kinds=("question", "question"), prompt_frozen=prompt_frozen)
    states = []

    def inner():
        # A plugin further inside may have said that it acts on prompts too.
        with torch.no_grad():
            states.extend([answer_states(world.loaded, given.batch), full_states(world.loaded, given.batch)])
        return StepResult(1.0)

    world.run(plugin.on_train_step(given), inner)
    torch.testing.assert_close(states[0].hidden, states[1].hidden, rtol=1e-4, atol=1e-4)
    with torch.no_grad(), world.loaded.bypass():
        assert not torch.allclose(full_states(world.loaded, given.batch).hidden, states[1].hidden, atol=1e-2)


def test_in_training_gradients_reach_scaffold_and_cross_attention(plugin, world):
    given = world.step(influence=0.5)

    def inner():
        answer_states(world.loaded, given.batch).hidden.square().sum().backward()
        return StepResult(1.0)

    world.run(plugin.on_train_step(given), inner)
    (context,) = world.contexts
    assert (context.training, context.influence) == (True, 0.5)
    for trainable in world.loaded.trainables.values():
        assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in trainable.parameters().values())
    assert all(p.grad is None for p in world.loaded.base.parameters())


def test_tokens_are_left_out_in_training_and_never_in_validation(plugin, world):
    plugin.settings.read_dropout = 0.8
    for phase in ("train", "validation"):
        world.run(plugin.on_train_step(world.step(phase)), lambda: StepResult(1.0))
    trained, validated = (context.mask.sum() for context in world.contexts)
    assert trained < validated
