from __future__ import annotations

import pytest

from sovl_core.events import Dream
from sovl_core.plugin import PluginState
from sovl_cross_attention.memory_router import MEMORIES_RECALLED, MemoryRouter, memory_of
from sovl_cross_attention.relevance import NEVER_TOLD, NOTHING, RelevanceGate

KNOWN = {"my dog is called": 7, "what is my dog called": 9, "write a poem": NOTHING, "sing a song": NOTHING}


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


@pytest.fixture
def router(world):
    """A router that knows some prompts."""
    made = MemoryRouter(world.settings, world.journal, world.logger)
    made.teach(world.loaded, KNOWN, int)
    return made


def test_a_prompt_is_read_and_assessed_once(router, world, mocker):
    read = mocker.patch("sovl_cross_attention.memory_router.prompt_features", return_value=mocker.sentinel.features)
    router.gate = mocker.Mock(fitted=True, width=64, height=0.5)
    router.gate.assess.return_value = [(0.8, [(7, 1.0)])]
    assert router.route(world.loaded, "my dog") == (0.8, [[(7, 1.0)]])
    read.assert_called_once_with(world.loaded, ["my dog"], 0.5)
    router.gate.assess.assert_called_once_with(
        mocker.sentinel.features, MEMORIES_RECALLED, world.settings.relevance_threshold
    )


def test_a_gate_that_never_saw_a_night_knows_of_nothing(world):
    router = MemoryRouter(world.settings, world.journal, world.logger)
    assert router.route(world.loaded, "my dog") == (None, [])
    assert router.about(world.loaded, ["my dog"], alone=False) == []
    assert router.forget([7]) is False


def test_a_batch_is_about_what_its_prompts_are(router, world):
    prompts = ["write a poem", "my dog is called", "write a poem"]
    recalled = router.about(world.loaded, prompts, alone=True)
    assert recalled == [router.route(world.loaded, prompt)[1][0] for prompt in prompts]


def test_only_a_prompt_that_it_did_not_know_is_read(router, world, mocker):
    read = mocker.spy(router.gate, "remember")
    assert list(router.teach(world.loaded, {**KNOWN, "write a poem": 4}, int)) == ["write a poem"]
    assert read.call_args[0][2] == (4,)


def test_it_says_when_nothing_is_left_to_be_about(router):
    assert [router.forget([7]), router.forget([9])] == [False, True]
    assert router.gate.prompts() == {}


def test_state_without_tensors_is_a_router_that_never_saw_a_night(router, world):
    router.load(PluginState())
    assert (router.gate.prompts(), router.probe) == ({}, None)
    assert isinstance(router.gate, RelevanceGate)
