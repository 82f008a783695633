from __future__ import annotations

import pytest
import torch

from sovl_core.events import Turn

PAIRS = [("What is my dog called?", "Rex."), ("Where do I live?", "Turku."), ("What do I play?", "Chess.")]
FAST = {"training__epochs": 12, "training__learning_rate": 0.01, "core__validation_split": 0.0}


@pytest.fixture
def life(open_life):
    return open_life("cross_attention", **FAST)


@pytest.fixture
def trained(life):
    life.train(PAIRS)
    return life


def ask(life, prompt="What is my dog called?", **fields):
    return life.answer(Turn(prompt, max_new_tokens=6, **fields))


def bare(life, prompt="What is my dog called?"):
    models = life.models()
    reply = ask(life, prompt, use_scaffold=False)
    assert not models.scaffold_enabled or reply.annotations["cross_attention.influence"] == 0.0
    return reply


def test_an_untrained_life_answers_as_the_base(life):
    assert ask(life).token_probabilities == bare(life).token_probabilities


def test_training_lowers_the_loss_and_changes_the_reply(trained):
    report = trained.train(PAIRS)
    assert report.losses[-1] < 2.0
    reply = ask(trained)
    assert reply.annotations["cross_attention.influence"] > 0
    assert reply.token_probabilities != bare(trained).token_probabilities


@pytest.mark.parametrize("fields", [{"influence": 0.0}, {"use_scaffold": False}])
def test_without_influence_a_trained_life_is_the_base_bit_for_bit(trained, fields):
    silent = ask(trained, **fields)
    assert silent.token_ids == bare(trained).token_ids
    assert silent.token_probabilities == bare(trained).token_probabilities


def test_weight_zero_is_the_base(trained):
    trained.set_config("plugins.cross_attention.weight", 0.0)
    assert ask(trained).token_probabilities == bare(trained).token_probabilities


def test_the_gate_leaves_prompts_below_its_threshold_to_the_base(trained, mocker):
    plugin = trained.plugins.get("cross_attention")
    features = torch.randn(8, 64)
    plugin.gate.remember([str(i) for i in range(8)], features, [i % 2 == 0 for i in range(8)])
    for relevance, speaks in ((0.1, False), (0.95, True)):
        mocker.patch.object(plugin.gate, "relevance", return_value=torch.tensor([relevance]))
        reply = ask(trained)
        assert (reply.annotations["cross_attention.influence"] > 0) is speaks
        assert reply.annotations["cross_attention.relevance"] == pytest.approx(relevance)


def test_what_was_learned_is_there_when_the_life_is_opened_again(trained, open_life):
    before = ask(trained)
    trained.close()
    again = open_life("cross_attention", **FAST)
    assert ask(again).token_ids == before.token_ids


def test_unloading_takes_every_hook_off(trained):
    from sovl_core.model_layers import decoder_layers

    models = trained.models()
    trained.plugins.on_models_unloaded(models)
    assert not any(layer._forward_hooks for layer in decoder_layers(models.base))
    assert "cross_attention" not in models.trainables


def test_status_tells_layers_and_gates(trained):
    panels = dict(trained.plugins.on_status())
    assert "layers" in panels["cross_attention"].rows
    assert "gates" in panels["cross_attention"].rows


def test_the_command_changes_the_weight_for_the_session(life):
    command = next(command for _, command in life.plugins.on_commands() if command.name == "cross")
    assert "weight 0.5" in command.run([], {"weight": 0.5})
    assert life.plugins.settings("cross_attention").weight == 0.5
