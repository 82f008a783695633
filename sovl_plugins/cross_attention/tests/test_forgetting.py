"""What is forgotten: no prompt is about it any more."""

from __future__ import annotations

import torch

from sovl_core.events import Forgetting, Reply, Turn
from sovl_core.plugin import PluginState
from sovl_cross_attention import CrossAttentionPlugin
from sovl_cross_attention.relevance import NOTHING


def test_no_prompt_is_about_what_was_forgotten(plugin, world):
    plugin.router.teach(world.loaded, {"a": 4, "b": 5, "sing": NOTHING}, int)
    plugin.on_forget(Forgetting([4, 9]))
    assert plugin.router.gate.prompts() == {"b": 5, "sing": NOTHING}
    assert plugin.multiplier == 1.0
    plugin.on_forget(Forgetting([7]))
    assert plugin.router.gate.prompts() == {"b": 5, "sing": NOTHING}
    state = PluginState()
    plugin.on_save_state(state)
    assert state.values["relevance.classes"] == [NOTHING, 5]


def test_with_everything_forgotten_the_base_answers_alone(plugin, world):
    plugin.router.teach(world.loaded, {"a": 4, "sing": NOTHING}, int)
    assert world.run(plugin.on_generate(Turn("a")), lambda: Reply("x")).annotations["cross_attention.influence"] > 0
    plugin.on_forget(Forgetting([4]))
    assert world.run(plugin.on_generate(Turn("a")), lambda: Reply("x")).annotations["cross_attention.influence"] == 0
    state = PluginState()
    plugin.on_save_state(state)
    assert state.values == {"multiplier": 0.0, "prompts_heard": True}


def test_where_it_never_told_memories_apart_forgetting_changes_nothing(world):
    fresh = CrossAttentionPlugin()
    fresh.on_start(world)
    fresh.on_forget(Forgetting([4]))
    assert fresh.multiplier == 1.0
    fresh.router.gate.remember(["sing"], torch.zeros(1, 2), [NOTHING])
    fresh.on_forget(Forgetting([4]))
    assert (fresh.multiplier, fresh.router.gate.prompts()) == (1.0, {"sing": NOTHING})
