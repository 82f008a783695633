"""What a night changes in the plugin, and what it leaves when it is set aside or interrupted."""

from __future__ import annotations

import pytest

from sovl_core.events import Dream, NightInterrupted, NightReport, StepResult
from sovl_core.plugin import PluginState
from sovl_cross_attention import CrossAttentionPlugin, memory_router
from sovl_cross_attention.answer_probe import AnswerProbe
from sovl_cross_attention.practice import Lesson
from sovl_cross_attention.relevance import NEVER_TOLD, NOTHING

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
    world.run(plugin.on_train_step(world.step("night", ("question", "background"))), lambda: StepResult(1.0))


def test_before_a_nights_first_step_the_gate_learns_what_was_dreamed_and_only_then(plugin, world):
    breaths = []

    def inner():
        world.run(plugin.on_train_step(world.step("validation")), lambda: StepResult(1.0))
        assert plugin.router.gate.prompts() == {}
        learn(plugin, world)
        assert plugin.router.gate.prompts() == SHOWN
        # That very step is told already.
        assert [likely[0][0] in (5, 6) for likely in world.contexts[-1].memories] == [True, True]
        learn(plugin, world, [Dream("question", "later", "x", [9], verdict="accepted")])
        assert plugin.router.gate.prompts() == SHOWN
        return NightReport("accepted")

    world.run(plugin.on_sleep(world.night(breathe=lambda: breaths.append(1))), inner)
    assert world.asked == [(4, None)]
    assert breaths == [1]


def test_outside_a_night_no_step_teaches_the_gate(plugin, world):
    for phase in ("train", "validation", "night"):
        world.dreams = DREAMED
        world.run(plugin.on_train_step(world.step(phase)), lambda: StepResult(1.0))
    world.run(plugin.on_sleep(world.night()), lambda: NightReport("accepted"))
    world.run(plugin.on_train_step(world.step("night")), lambda: StepResult(1.0))
    assert plugin.router.gate.prompts() == {}
    assert world.asked == []


def test_what_was_never_told_before_may_have_been_told_since(plugin, world):
    plugin.router.teach(world.loaded, {"where is my boat?": NEVER_TOLD, "what is my cat called?": NEVER_TOLD}, int)
    told = [Dream("question", "what is my cat called?", "tom", [8], verdict="accepted"), DREAMED[5]]

    def inner():
        learn(plugin, world, told)
        return NightReport("accepted")

    world.run(plugin.on_sleep(world.night()), inner)
    assert plugin.router.gate.prompts() == {"la": NOTHING, "what is my cat called?": 8, "sing a song": NOTHING}


def test_no_prompt_is_about_a_memory_that_was_contradicted(plugin, world):
    plugin.router.teach(world.loaded, {"where is my home?": 3, "my house?": 3, "my cat?": 4}, int)
    before = plugin.router.gate.prompts()
    told = [Dream("question", "where is my home?", "oslo", [8], verdict="accepted"), DREAMED[5]]

    def inner(report):
        world.superseded.add(3)
        learn(plugin, world, told)
        return report

    world.run(plugin.on_sleep(world.night()), lambda: inner(NightReport("set_aside")))
    assert plugin.router.gate.prompts() == before
    world.run(plugin.on_sleep(world.night()), lambda: inner(NightReport("accepted")))
    assert plugin.router.gate.prompts() == {"la": NOTHING, "my cat?": 4, "where is my home?": 8, "sing a song": NOTHING}


def test_the_latest_dream_of_a_prompt_counts(plugin, world):
    def inner():
        learn(plugin, world, [*DREAMED, Dream("question", "home?", "linz", [7], verdict="accepted")])
        return NightReport("accepted")

    world.run(plugin.on_sleep(world.night()), inner)
    assert plugin.router.gate.prompts()["home?"] == 7


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

    assert world.run(plugin.on_sleep(world.night()), inner) is report
    assert plugin.multiplier == multiplier
    assert len(plugin.router.gate.prompts()) == known


def test_an_interrupted_night_leaves_everything_as_it_was(plugin, world):
    plugin.multiplier = 0.6
    before = plugin.router.gate
    wrapper = plugin.on_sleep(world.night())
    next(wrapper)
    learn(plugin, world)
    with pytest.raises(NightInterrupted):
        wrapper.throw(NightInterrupted())
    assert plugin.multiplier == 0.6
    assert plugin.router.gate is before
    assert before.prompts() == {}


def test_whoever_speaks_in_the_middle_of_a_night_meets_what_was_accepted(plugin, world):
    plugin.multiplier = 0.6
    plugin.router.teach(world.loaded, {"known before": 3}, int)
    tonight = world.night()

    def inner():
        learn(plugin, world)
        (in_place,) = tonight.while_awake
        with in_place():
            assert plugin.multiplier == 0.6
            assert plugin.router.gate.prompts() == {"known before": 3}
        assert plugin.multiplier == 1.0
        assert len(plugin.router.gate.prompts()) == 7
        return NightReport("accepted")

    world.run(plugin.on_sleep(tonight), inner)
    assert len(plugin.router.gate.prompts()) == 7


def test_a_night_that_goes_on_knows_what_it_dreamed_even_when_no_step_is_left(plugin, world):
    world.dreams = list(DREAMED)
    met = []
    world.run(
        plugin.on_sleep(world.night(resumed=True)),
        lambda: met.append(plugin.router.gate.prompts()) or NightReport("accepted"),
    )
    assert met == [SHOWN]
    assert plugin.router.gate.prompts() == SHOWN
    assert world.asked == [(4, None)]


def test_by_night_prompts_are_not_read_twice_and_what_is_new_by_itself(plugin, world, mocker):
    """Beside others a prompt is read a little differently, and a night that goes on meets it in other company."""
    read = mocker.spy(memory_router, "prompt_features")

    def inner():
        world.dreams = list(DREAMED)
        for prompts in (["home?", "new one", "sing a song", "new two"], ["new two", "who is rex?", "home?"]):
            world.run(plugin.on_train_step(world.step("night", prompts=prompts)), lambda: StepResult(1.0))
        assert [list(call.args[1]) for call in read.call_args_list] == [list(SHOWN), ["new one"], ["new two"]]
        assert [bool(about) for about in world.contexts[-1].memories] == [True] * 3
        return NightReport("accepted")

    world.run(plugin.on_sleep(world.night()), inner)


def test_a_night_that_was_interrupted_while_dreaming_learns_when_it_has_dreamed(plugin, world):
    def inner():
        assert plugin.router.gate.prompts() == {}
        learn(plugin, world)
        return NightReport("accepted")

    world.run(plugin.on_sleep(world.night(resumed=True)), inner)
    assert plugin.router.gate.prompts() == SHOWN


@pytest.mark.parametrize("status", ["set_aside", "accepted"])
def test_what_a_prompt_is_about_is_found_out_anew_after_a_night(plugin, world, status):
    plugin.router.teach(world.loaded, {"question 0": 3, "sing": NOTHING}, int)

    def told():
        world.run(plugin.on_train_step(world.step()), lambda: StepResult(1.0))
        return world.contexts[-1].memories[0][0][0]

    def inner():
        assert told() == 3
        learn(plugin, world, [Dream("question", "question 0", "x", [9], verdict="accepted"), DREAMED[5]])
        assert told() == 9
        return NightReport(status)

    world.run(plugin.on_sleep(world.night()), inner)
    assert told() == (9 if status == "accepted" else 3)


@pytest.mark.parametrize("status", ["set_aside", "accepted"])
def test_a_deep_night_knows_only_what_it_has_dreamed_itself(plugin, world, status):
    plugin.multiplier, plugin.prompts_heard = 0.6, False
    plugin.router.teach(world.loaded, {"known before": 3}, int)
    tonight = world.night(deep=True)

    def inner():
        assert (plugin.multiplier, plugin.prompts_heard) == (1.0, True)
        assert plugin.router.gate.prompts() == {}
        learn(plugin, world)
        (in_place,) = tonight.while_awake
        with in_place():
            assert (plugin.multiplier, plugin.prompts_heard) == (0.6, False)
            assert plugin.router.gate.prompts() == {"known before": 3}
        return NightReport(status)

    world.run(plugin.on_sleep(tonight), inner)
    kept = status == "accepted"
    assert plugin.router.gate.prompts() == (SHOWN if kept else {"known before": 3})
    assert plugin.multiplier == (1.0 if kept else 0.6)


def test_a_base_is_practised_with_once(plugin, world, mocker):
    lessons = [Lesson("my dog", ("who?",), ("when?",))] * 6
    mocker.patch("sovl_cross_attention.memory_router.lessons", return_value=lessons)
    practise = mocker.spy(AnswerProbe, "practise")
    plugin.settings.answer_probe = True
    heard, breaths = [], []
    for _ in range(2):
        tonight = world.night(breathe=lambda: breaths.append(1), progress=heard.append)
        world.run(plugin.on_sleep(tonight), lambda: NightReport("set_aside"))
    assert practise.call_count == 1
    assert [(p.detail, p.total) for p in heard] == [("practice", 12)]
    assert breaths == [1]
    state = PluginState()
    plugin.on_save_state(state)
    other = CrossAttentionPlugin()
    other.on_start(world)
    assert other.on_status().rows["answer probe"] == "learns in the first night"
    other.on_load_state(state)
    assert other.router.probe.fits(world.loaded)
    assert other.on_status().rows["answer probe"] == plugin.on_status().rows["answer probe"]


def test_practice_that_is_interrupted_is_begun_anew(plugin, world):
    plugin.settings.answer_probe = True

    def breathe():
        raise NightInterrupted

    with pytest.raises(NightInterrupted):
        world.run(plugin.on_sleep(world.night(breathe=breathe)), lambda: NightReport("accepted"))
    assert plugin.router.probe is None
