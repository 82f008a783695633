"""What the relevance gate leaves to the base, and what a reply tells of it."""

from __future__ import annotations

import pytest
import torch

from sovl_core.events import NightReport, StepResult, Turn
from sovl_core.plugin import PluginState
from sovl_cross_attention import CrossAttentionPlugin, CrossAttentionSettings
from sovl_cross_attention.relevance import NOTHING

OPEN = ["my dog is called", "my dog is", "what is my dog called"]
SHUT = ["write a poem", "sing a song", "count to ten"]


@pytest.fixture(autouse=True)
def knows(plugin, world):
    """The gate has been shown what is learned and what is not."""
    known = {OPEN[0]: 7, OPEN[1]: 7, OPEN[2]: 9, **dict.fromkeys(SHUT, NOTHING)}
    plugin.router.teach(world.loaded, known, int)


def test_what_has_to_do_with_nothing_learned_is_left_to_the_base(plugin, world):
    for prompt, expected in [(p, True) for p in OPEN] + [(p, False) for p in SHUT]:
        reply, moved = world.answered(plugin, Turn(prompt))
        assert moved == expected
        assert reply.annotations["cross_attention.influence"] == float(expected)
        relevance = reply.annotations["cross_attention.relevance"]
        assert (relevance >= plugin.settings.relevance_threshold) == expected


def test_what_a_prompt_is_about_is_told_to_others_and_left_with_the_reply(plugin, world):
    for prompt, memory in zip(OPEN, (7, 7, 9)):
        reply, _ = world.answered(plugin, Turn(prompt))
        likely = reply.annotations["cross_attention.memories"]
        assert likely[0][0] == memory
        assert sum(p for _, p in likely) == pytest.approx(1.0)
        assert world.contexts[-1].memories == [likely]
        assert world.contexts[-1].prompts == [prompt]
    assert "cross_attention.memories" not in world.answered(plugin, Turn(SHUT[0]))[0].annotations


def test_not_more_memories_than_so_many_are_told(plugin, world):
    plugin.router.teach(world.loaded, {f"thing {number}": number for number in range(20, 26)}, int)
    reply, _ = world.answered(plugin, Turn("thing 22"))
    assert len(reply.annotations["cross_attention.memories"]) == 4


def test_switched_off_everything_is_heard(plugin, world):
    plugin.settings.relevance_gate = False
    reply, moved = world.answered(plugin, Turn(SHUT[0], reach=0.5))
    assert moved
    assert "cross_attention.relevance" not in reply.annotations
    assert reply.annotations["cross_attention.influence"] == 0.5
    # What it is about is told all the same, whatever the threshold.
    assert sum(p for _, p in reply.annotations["cross_attention.memories"]) == pytest.approx(1.0)


@pytest.mark.parametrize(("match", "moved"), [(0.001, False), (0.9, True)])
def test_what_was_told_has_to_answer_the_prompt(plugin, world, mocker, match, moved):
    plugin.settings.answer_probe = True
    plugin.router.probe = mocker.Mock(
        trusted=True, match=mocker.Mock(side_effect=lambda _, pairs: [match] * len(pairs))
    )
    reply, did = world.answered(plugin, Turn(OPEN[2]))
    assert did == moved
    assert plugin.router.probe.match.call_args[0][1][0] == ("memory 9", OPEN[2])
    assert (reply.annotations["cross_attention.relevance"] >= 0.35) == moved


@pytest.mark.parametrize("way", ["untrusted", "of another base", "switched off"])
def test_a_probe_that_cannot_tell_is_not_asked(plugin, world, mocker, way):
    plugin.settings.answer_probe = way != "switched off"
    plugin.router.probe = mocker.Mock(trusted=way != "untrusted")
    plugin.router.probe.fits.return_value = way != "of another base"
    assert world.answered(plugin, Turn(OPEN[2]))[1]
    plugin.router.probe.match.assert_not_called()


def test_it_says_why_it_left_a_prompt_to_the_base(plugin, world):
    assert "cross_attention.why" not in world.answered(plugin, Turn(OPEN[0]))[0].annotations
    shut = world.answered(plugin, Turn(SHUT[0]))[0].annotations
    relevance = shut["cross_attention.relevance"]
    assert shut["cross_attention.why"] == f"relevance {relevance:.3f} is below the threshold 0.35"
    plugin.multiplier = 0.5
    reply = world.answered(plugin, Turn(SHUT[0], reach=0.5))[0]
    assert reply.annotations["cross_attention.why"].endswith("times reach 0.25 is below the threshold 0.35")
    plugin.multiplier, plugin.prompts_heard = 1.0, False
    reply = world.answered(plugin, Turn(OPEN[0]))[0]
    assert "no plugin that is on brings any" in reply.annotations["cross_attention.why"]


@pytest.mark.parametrize("way", ["turn", "night"])
def test_less_reach_leaves_more_to_the_base_and_weakens_nothing(plugin, world, way):
    relevance = world.answered(plugin, Turn(OPEN[0]))[0].annotations["cross_attention.relevance"]
    plugin.settings.relevance_threshold = relevance / 2
    for reach, expected in [(0.6, 1.0), (0.4, 0.0)]:
        plugin.multiplier = reach if way == "night" else 1.0
        reply, moved = world.answered(plugin, Turn(OPEN[0], reach=reach if way == "turn" else 1.0))
        assert (moved, reply.annotations["cross_attention.influence"]) == (expected > 0, expected)
        assert reply.annotations["cross_attention.relevance"] == relevance


@pytest.mark.parametrize("where", ["turn", "night"])
def test_without_any_reach_the_base_is_bare(plugin, world, where):
    plugin.settings.relevance_threshold = 0.0
    plugin.multiplier = 0.0 if where == "night" else 1.0
    assert not world.answered(plugin, Turn(OPEN[0], reach=0.0 if where == "turn" else 1.0))[1]


@pytest.mark.parametrize(("gate", "influence"), [(True, 0.5), (False, 0.2)])
def test_in_a_step_reach_weakens_only_where_relevance_is_not_measured(plugin, world, gate, influence):
    plugin.settings.relevance_gate = gate
    given = world.step("validation", influence=0.5, reach=0.4)
    world.run(plugin.on_train_step(given), lambda: StepResult(1.0))
    assert world.contexts[0].influence == pytest.approx(influence)


def test_in_training_too_it_is_told_what_each_prompt_is_about(plugin, world):
    world.run(plugin.on_train_step(world.step(prompts=[OPEN[0], OPEN[2]])), lambda: StepResult(1.0))
    (context,) = world.contexts
    assert [likely[0][0] for likely in context.memories] == [7, 9]
    assert context.prompts == [OPEN[0], OPEN[2]]


def test_another_state_is_told_by_at_once(plugin, world):
    prompts = [OPEN[0]]
    world.run(plugin.on_train_step(world.step(prompts=prompts)), lambda: StepResult(1.0))
    other = CrossAttentionPlugin()
    other.on_start(world)
    other.router.teach(world.loaded, {OPEN[0]: 3, SHUT[0]: NOTHING}, int)
    state = PluginState()
    other.on_save_state(state)
    plugin.on_load_state(state)
    world.run(plugin.on_train_step(world.step(prompts=prompts)), lambda: StepResult(1.0))
    assert [context.memories[0][0][0] for context in world.contexts] == [7, 3]


@pytest.mark.parametrize(("threshold", "moved"), [(0.0, True), (1.0, False)])
def test_thresholds_at_the_ends_open_and_shut_for_all(plugin, world, threshold, moved):
    plugin.settings.relevance_threshold = threshold
    for prompt in OPEN + SHUT:
        assert world.answered(plugin, Turn(prompt))[1] == moved


def test_what_it_knows_of_a_base_of_other_width_says_nothing(plugin, world, mocker):
    mocker.patch("sovl_cross_attention.memory_router.feature_width", return_value=99)
    reply, moved = world.answered(plugin, Turn(SHUT[0]))
    assert moved
    assert "cross_attention.memories" not in reply.annotations
    world.run(plugin.on_train_step(world.step()), lambda: StepResult(1.0))
    assert world.contexts[-1].memories == []


def test_another_layer_counts_from_the_next_night_on(plugin, world):
    world.run(plugin.on_sleep(world.night()), lambda: NightReport("accepted"))
    features = next(iter(plugin.router.gate._examples.values()))[0]
    plugin.settings.relevance_layer = 1.0
    assert plugin.router.height == CrossAttentionSettings().relevance_layer
    known = plugin.router.gate.prompts()
    world.run(plugin.on_sleep(world.night()), lambda: NightReport("accepted"))
    assert plugin.router.gate.prompts() == known
    assert plugin.router.height == 1.0
    assert not torch.equal(next(iter(plugin.router.gate._examples.values()))[0], features)


@pytest.mark.parametrize(
    ("prompt", "purpose", "temperature", "expected"),
    [
        (OPEN[0], "reply", 0.7, 0.2),
        (OPEN[0], "reply", 0.0, 0.0),
        (OPEN[0], "play", 0.7, 0.7),
        (SHUT[0], "reply", 0.7, 0.7),
    ],
)
def test_what_is_recalled_is_left_to_chance_less_than_what_is_made_up(
    plugin, world, prompt, purpose, temperature, expected
):
    turn = Turn(prompt, purpose=purpose, temperature=temperature)
    world.answered(plugin, turn)
    assert turn.temperature == expected


def test_where_relevance_is_not_measured_the_temperature_stays(plugin, world):
    plugin.settings.relevance_gate = False
    turn = Turn(OPEN[0], temperature=0.7)
    world.answered(plugin, turn)
    assert turn.temperature == 0.7
