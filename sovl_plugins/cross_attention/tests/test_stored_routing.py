from __future__ import annotations

import pytest

from sovl_core.plugin import PluginState
from sovl_cross_attention.stored_routing import holds_routing, stored_memories, stored_skill

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("values", "held"),
    [
        ({}, False),
        ({"multiplier": 0.5, "prompts_heard": True}, False),
        ({"relevance.height": 0.5}, True),
        ({"multiplier": 0.5, "probe.skill": 0.0}, True),
    ],
)
def test_values_tell_whether_there_is_a_gate_or_a_probe(values, held):
    assert holds_routing(PluginState(values)) is held


def test_memories_are_those_of_the_remembered_prompts():
    assert stored_memories(PluginState({"relevance.memories": [4, 0, 4, -1]})) == {4, 0, -1}
    assert stored_memories(PluginState({"relevance.classes": [4]})) == set()


def test_a_probe_that_found_nothing_is_not_one_that_never_practised():
    assert stored_skill(PluginState({"probe.skill": 0})) == 0.0
    assert stored_skill(PluginState()) is None
