"""Silence and nights of an opened life."""

from __future__ import annotations

import threading
from typing import Any, List

import pytest

from sovl_core.error_handling import SOVLError
from sovl_core.events import (
    Feedback,
    Idle,
    Night,
    NightInterrupted,
    NightReport,
)
from sovl_core.hookspecs import hookimpl

WAIT = 10.0


def test_sleep_dream_and_feedback_reach_the_plugins(life_of: Any, plugin: Any) -> None:
    system = life_of(plugin)
    system.tell("My dog is called Biscuit.")
    assert [dream.prompt for dream in system.dream()] == ["My dog is called Biscuit."]
    assert system.sleep().learned == [1]
    system.feedback(Feedback("rating", 1.0))
    assert len(system.journal.feedback()) == 1
    system.use_night(0)
    assert system.journal.current_night() is None
    system.use_night(1)
    assert system.journal.current_night() == 1


def test_sleep_without_a_plugin_names_what_to_install(life_of: Any) -> None:
    with pytest.raises(SOVLError, match=r"No plugin knows how to sleep.*install"):
        life_of().sleep()


def test_silence_lets_plugins_speak_and_their_question_waits_for_an_answer(life_of: Any, plugin: Any) -> None:
    system = life_of(plugin)
    assert [said.text for said in system.idle(Idle(1.0))] == ["What is your dog called?"]
    system.generate("Biscuit.")
    assert system.journal.episode(1).source == "answer"
    assert system.idle(Idle(1.0, may_speak=False)) == []


def test_a_night_asked_for_in_silence_is_lived_beside(life_of: Any, plugin: Any) -> None:
    ended: List[Any] = []
    go, answered = threading.Event(), threading.Event()

    def in_night(night: Night) -> None:
        while not answered.is_set():
            night.breathe()
            go.set()
            answered.wait(0.005)

    plugin.in_night = in_night
    system = life_of(plugin)
    done = threading.Event()
    system.idle(Idle(60.0, may_speak=False), finished=lambda outcome: (ended.append(outcome), done.set()))
    assert go.wait(WAIT)
    assert system.asleep
    assert system.idle(Idle(60.0)) == []
    assert not system.sleep_in_background()
    with pytest.raises(SOVLError, match="in progress"):
        system.reload_models()
    assert system.generate("Are you asleep?").text == "reply to Are you asleep?"
    answered.set()
    assert done.wait(WAIT)
    assert ended[0].status == "accepted"
    assert system.last_night is ended[0]
    assert system.journal.night(1).trigger == "gestation"
    assert "much has gathered" in [entry.get("reason") for entry in system.logger.read()]


def test_a_night_in_vain_is_not_begun_again_every_second(life_of: Any, everything: Any) -> None:
    class Restless(everything):
        @hookimpl
        def on_sleep(self, night: Night) -> NightReport:
            self.events.append("sleep")
            return NightReport("nothing")

    restless = Restless()
    system = life_of(restless)
    system.tell("a fact")
    for _ in range(3):
        system.idle(Idle(60.0, may_speak=False))
        system._parts.background.join()
    assert restless.events.count("sleep") == 1
    system.tell("another fact")
    system.idle(Idle(60.0, may_speak=False))
    system._parts.background.join()
    assert restless.events.count("sleep") == 2


def test_closing_ends_a_night_which_the_next_session_goes_on_with(life_of: Any, plugin: Any, everything: Any) -> None:
    begun = threading.Event()

    def in_night(night: Night) -> None:
        while True:
            night.breathe()
            begun.set()

    plugin.in_night = in_night
    system = life_of(plugin)
    system.sleep_in_background()
    assert begun.wait(WAIT)
    system.close()
    assert isinstance(system.last_night, NightInterrupted)
    resumed: List[bool] = []
    later = everything()
    later.in_night = lambda night: resumed.append(night.resumed)
    with life_of(later) as again:
        assert again.sleep().number == 1
    assert resumed == [True]


def test_closing_waits_until_the_end_of_a_night_was_told(life_of: Any, plugin: Any) -> None:
    begun, told = threading.Event(), []

    def in_night(night: Night) -> None:
        while True:
            begun.set()
            night.breathe()

    def finished(outcome: Any) -> None:
        threading.Event().wait(0.1)
        told.append(outcome)

    plugin.in_night = in_night
    system = life_of(plugin)
    system.sleep_in_background(finished=finished)
    assert begun.wait(WAIT)
    system.close()
    assert [type(outcome) for outcome in told] == [NightInterrupted]


def test_closing_ends_a_night_in_any_thread_before_it_lets_go(life_of: Any, plugin: Any) -> None:
    begun, ended = threading.Event(), []

    def in_night(night: Night) -> None:
        try:
            while True:
                begun.set()
                threading.Event().wait(0.05)
                night.breathe()
        finally:
            plugin.events.append("night over")

    plugin.in_night = in_night
    system = life_of(plugin)

    def sleep() -> None:
        try:
            system.sleep()
        except NightInterrupted as interruption:
            ended.append(interruption)

    thread = threading.Thread(target=sleep)
    thread.start()
    assert begun.wait(WAIT)
    system.close()
    thread.join(WAIT)
    assert len(ended) == 1
    assert plugin.events[-4:] == ["night over", "save", "models unloaded", "stop"]


def test_nights_are_compared_without_loading_a_model(life_of: Any, plugin: Any, everything: Any) -> None:
    with life_of(plugin) as system:
        told = system.tell("My dog is called Biscuit.")
        system.sleep()
    with life_of(everything(), read_only=True) as system:
        found = system.compare_nights(None, 1)
        assert [episode.id for episode in found.only_second] == [told.id]
        assert [one.trainable for one in found.weights] == ["adapter"]
        assert found.plugins == {"everything": (None, "test-everything 1")}
        assert not system.models_loaded
