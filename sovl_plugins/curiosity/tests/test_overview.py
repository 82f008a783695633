"""What /curiosity shows, in words."""

from __future__ import annotations

import pytest

from sovl_curiosity import CuriositySettings, learning
from sovl_curiosity.calibration import calibrate
from sovl_curiosity.calibrations import Calibrations
from sovl_curiosity.overview import overview, why
from sovl_curiosity.signals import Signals

KNOWN, UNKNOWN = Signals(0.9, 0.5, 0.5, 1.0, 1.0, 0.0), Signals(0.5, 0.2, 2.0, 2.0, 1.0, 0.0)
DETAILS = {"about": "My rabbit likes parsley.", "score": 0.93, "ignorance": 0.81, "novelty": 0.12, "calibrated": True}


@pytest.fixture
def shown(journal):
    """Return ``shown(calibrations, **settings)``: the text."""

    def show(calibrations=None, **settings):
        return "\n".join(overview(0.42, CuriositySettings(**settings), calibrations or Calibrations(), journal))

    return show


def night(journal):
    number = journal.open_night(journal.current_night(), "api", {})
    journal.accept_night(number, "accepted", [], {})
    return number


def test_a_new_life_has_asked_and_learned_nothing(shown):
    text = shown()
    assert "pressure   0.42; erupts above 0.7, with a chance of 0.3" in text
    assert "last asked nothing yet" in text
    assert "until a night with enough questions has calibrated it" in text
    assert "no night has learned from an answer yet" in text


def test_it_says_why_it_asked(shown, journal):
    journal.add_question("Where does he sleep?", "curiosity", status="asked", details={**DETAILS, "threshold": 0.8})
    journal.add_question("And then?", "curiosity", details=DETAILS)  # one that only waits
    text = shown()
    assert '"Where does he sleep?" (not answered)' in text
    assert 'about "My rabbit likes parsley.": ignorance 0.81 (calibrated), novelty 0.12, worth 0.93, above 0.8' in text


def test_a_question_of_others_was_not_weighed(journal):
    assert why(journal.add_question("What did you dream?", "gestation")) == ""
    asked_for = journal.add_question("Who?", "curiosity", details={**DETAILS, "calibrated": False})
    assert why(asked_for).endswith("ignorance 0.81 (1 - confidence), novelty 0.12, worth 0.93")


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ({"night": 3, "unclear": True}, 'night 3 left it unclear, about "My rabbit'),
        ({"night": 3, "unclear": False}, 'night 3 learned it, about "My rabbit'),
        ({"dreamed": True}, 'after a dream, about "My rabbit'),
    ],
)
def test_it_says_which_night_or_dream_left_a_question(journal, kept, said):
    assert why(journal.add_question("Who?", "curiosity", details={**DETAILS, **kept})).startswith(said)


def test_it_says_how_ignorance_is_read(shown, journal):
    calibrations, number = Calibrations(), night(journal)
    calibrations.add(number, calibrate([KNOWN] * 9, [UNKNOWN] * 8))
    text = shown(calibrations)
    assert f"calibrated in night {number} on 9 known and 8 unknown questions: ranks 100% of the pairs right" in text
    assert "not used" not in text
    assert "1 - confidence (metric = classic)" in shown(calibrations, metric="classic")


def test_it_says_that_a_calibration_is_not_used(shown, journal):
    worse = {**calibrate([KNOWN] * 8, [UNKNOWN] * 8).to_dict(), "area": 0.4}
    assert "and so is not used" in shown(Calibrations.from_list([{**worse, "night": night(journal)}]))


@pytest.mark.parametrize(("after", "less_often"), [(1.0, False), (6.0, True)])
def test_it_says_what_the_answers_taught(shown, journal, after, less_often):
    number = journal.open_night(None, "api", {})
    for n in range(learning.FEWEST):
        question = journal.add_question(f"Who is {n}?", "curiosity", status="answered").id
        answer = journal.begin_episode(f"It is Ann {n}.", "c", source="answer", details={"question": question})
        learning.enter(journal, number, [(answer.id, 4.0, after)])
    journal.accept_night(number, "accepted", [], {})
    text = shown()
    better = 0 if less_often else learning.FEWEST
    assert f"{better} of the latest {learning.FEWEST} answers are known better" in text
    assert f"{after - 4.0:+.2f} nats a token, mean" in text
    assert f'night {number}: 4.00 -> {after:.2f} nats a token, "Who is 4?" "It is Ann 4."' in text
    assert ("asks less often" in text) is less_often
