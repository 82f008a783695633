"""The plugin alone in a real life on a tiny model."""

from __future__ import annotations

import pytest

from sovl_core.events import Feedback


def test_mood_follows_replies_and_ratings_and_outlives_the_session(open_life):
    system = open_life("feedback")
    reply = system.generate("My dog is called Biscuit.")
    surplus = reply.confidence - 0.5
    # Nothing learns in this life, so that its capacity is unknown and it stays young: the boost is whole.
    assert system.vitals.temperament == pytest.approx(0.1 * (2 * surplus + 0.5 + 0.5 * surplus))
    before = system.vitals.temperament
    system.feedback(Feedback("rating", value=1.0))
    assert system.vitals.temperament == pytest.approx(before + 0.1)
    mood = system.commands()["mood"].run([], {})
    system.close()

    again = open_life("feedback")
    assert again.vitals.temperament == pytest.approx(before + 0.1)
    assert again.commands()["mood"].run([], {}) == mood


def test_without_influence_the_sampled_reply_is_that_of_a_life_without_the_plugin(open_life):
    question = {"prompt": "Who are you?", "seed": 3, "temperature": 0.7}
    system = open_life()
    alone = system.generate(**question).token_ids
    system.close()
    system = open_life("feedback", plugins__feedback__mood_influence=0.0)
    system.vitals.record_temperament(1.0)
    assert system.generate(**question).token_ids == alone
