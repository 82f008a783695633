"""Flare: how hot, and about what."""

from __future__ import annotations

import pytest

from sovl_play.flare import flare_temperature

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("heat", "temperament", "temperature"), [(1.4, 0.0, 1.4), (1.4, -1.0, 1.7), (1.0, 0.5, 1.15), (1.9, 1.0, 2.0)]
)
def test_either_mood_makes_it_hotter(heat, temperament, temperature):
    assert flare_temperature(heat, temperament) == pytest.approx(temperature)


def test_it_flares_up_about_the_words_or_what_was_said_last(run, context, script, say):
    context.vitals.record_temperament(-1.0)
    script.texts = ["ENOUGH!"]
    assert run("flare", "Mondays", heat=1.0) == "ENOUGH!"
    say("It rains")
    run("flare")
    about_words, about_said = script.turns
    assert "Mondays" in about_words.prompt
    assert "It rains" in about_said.prompt
    assert about_words.temperature == pytest.approx(1.3)
    assert about_words.purpose == "play"


def test_it_may_be_speechless(run, script):
    script.texts = [""]
    assert run("flare", "Mondays") == "…"
