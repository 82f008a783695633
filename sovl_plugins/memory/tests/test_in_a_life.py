"""The plugin in a real life on a tiny model, alone and beside the plugin that carries the scaffold to the base."""

from __future__ import annotations

import random

import pytest

from sovl_core.events import DreamRequest

SAID = "My dog is called Biscuit."


def test_alone_it_remembers_and_changes_no_reply(open_life):
    system = open_life()
    bare = system.generate(SAID, temperature=0.0).token_ids
    system.close()
    system = open_life("memory")
    for _ in range(2):
        assert system.generate(SAID, temperature=0.0, history=[]).token_ids == bare
    memory = system.plugins.get("memory")
    used = len(memory.token_map)
    assert used > 0
    system.close()

    again = open_life("memory")
    assert len(again.plugins.get("memory").token_map) == used


@pytest.fixture
def listening(open_life):
    """A life whose base listens to the scaffold: the gates stand open as after nights of learning."""
    pytest.importorskip("sovl_cross_attention")
    import torch

    system = open_life("memory", "cross_attention", plugins__cross_attention__relevance_gate=False)
    trainables = system.models().trainables
    with torch.no_grad():
        for name, parameter in trainables["cross_attention"].module.named_parameters():
            if name.endswith("gate"):
                parameter.fill_(1.0)
        for name, parameter in system.models().scaffold.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.1)
    return system


def probabilities(system, **fields):
    """What a reply's probabilities are, without leaving a trace in token map or traces."""
    from sovl_core.events import Turn

    turn = Turn(SAID, max_new_tokens=4, temperature=0.0, purpose="reflection", **fields)
    return system.answer(turn).token_probabilities


def test_tokens_in_use_and_traces_are_heard(listening):
    memory = listening.plugins.get("memory")
    quiet = probabilities(listening)
    listening.generate(SAID)
    weighed = probabilities(listening)
    assert weighed != quiet
    memory.token_map.load_dict({})
    assert probabilities(listening) == quiet
    episodes = listening.journal.episodes()
    listening.plugins.on_dream(DreamRequest(episodes, rng=random.Random(0)))
    assert len(memory.dream_memory.traces) == 1
    assert probabilities(listening) != quiet
    memory.settings.dream_memory_weight = 0.0
    assert probabilities(listening) == quiet


def test_without_memory_the_base_answers_alone(listening):
    alone = probabilities(listening, use_scaffold=False)
    assert probabilities(listening) != alone
    listening.commands()["no_mem"].run([], {})
    assert probabilities(listening) == alone


def test_token_mode_leaves_out_what_the_scaffold_learned(listening):
    learned = probabilities(listening)
    listening.commands()["token_mem"].run([], {})
    assert probabilities(listening) not in (learned, probabilities(listening, use_scaffold=False))
    listening.commands()["both_mem"].run([], {})
    assert probabilities(listening) == learned
