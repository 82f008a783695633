"""Between night and morning: what is listened to, when ignorance is calibrated, how far the scaffold reaches."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sovl_core.events import Dream, Feedback, NightInterrupted, NightReport, Reply, Turn
from sovl_curiosity import learning
from sovl_curiosity.calibration import FEWEST
from sovl_curiosity.self_knowledge import SelfKnowledge


@pytest.fixture
def knowledge(context):
    # Facts are answered surely, and right; everything else is not.
    def generate(turn):
        context.turns.append(turn)
        known = "fact" in turn.prompt
        return Reply(turn.prompt, token_probabilities=[0.9 if known else 0.3], token_entropies=[0.2 if known else 3.0])

    context.turns, context.generate = [], generate
    return SelfKnowledge(context)


@pytest.fixture
def night(journal):
    """A night with questions enough, held out."""
    number = journal.open_night(journal.current_night(), "api", {})
    facts = [f"fact {n}" for n in range(FEWEST)]
    dreams = [Dream("question", text, "", answer=text, held_out=True, verdict="accepted") for text in facts]
    dreams += [Dream("contrast", f"secret {n}", "", held_out=True, verdict="accepted") for n in range(FEWEST)]
    journal.add_dreams(number, dreams)
    return SimpleNamespace(number=number, memories=[], breathe=lambda: None)


def accept(journal, night):
    journal.accept_night(night.number, "accepted", [], {})


def test_a_night_calibrates_and_holds_once_it_is_accepted(knowledge, night, journal, context):
    with knowledge.listening():
        made = knowledge.look_back(night, NightReport("partial", multiplier=0.5))
    assert (made.known, made.unknown) == (FEWEST, FEWEST)
    assert {turn.reach for turn in context.turns} == {0.5}
    # Whoever asks in the middle of the night, or when it could not be stored, is judged as the day before.
    assert knowledge.calibration() is None
    accept(journal, night)
    assert knowledge.calibration() is made
    context.settings.metric = "classic"
    assert knowledge.calibration() is None


def test_what_the_judge_hears_is_listened_to_by_night_alone(knowledge, night, context):
    def say(prompt, **fields):
        knowledge.observe(Turn(prompt, purpose="evaluation", **fields), context.generate(Turn(prompt)))

    say("fact 0")
    with knowledge.listening():
        say("fact 1")
        say("fact 2", use_scaffold=False)
        knowledge.observe(Turn("fact 3", purpose="play"), Reply("x"))
        knowledge.observe(Turn("fact 4", purpose="evaluation"), None)
        context.turns.clear()
        knowledge.look_back(night, NightReport("accepted"))
    asked = {turn.prompt for turn in context.turns}
    assert "fact 1" not in asked
    assert {"fact 0", "fact 2", "fact 3", "fact 4"} <= asked


def test_one_that_is_not_trusted_is_not_used(knowledge, night, journal, mocker):
    with knowledge.listening():
        made = knowledge.look_back(night, NightReport("accepted"))
    accept(journal, night)
    mocker.patch.object(type(made), "trusted", False)
    assert knowledge.calibration() is None


def test_an_interruption_goes_on(knowledge, night):
    def breathe():
        raise NightInterrupted("closing")

    night.breathe = breathe
    with pytest.raises(NightInterrupted), knowledge.listening():
        knowledge.look_back(night, NightReport("accepted"))


def test_what_a_night_got_wrong_is_unclear(knowledge, night, journal, context):
    memory = journal.begin_episode("My fish is called Fin.", "c", source="tell")
    dreams = [Dream("question", "fish?", "", [memory.id], answer="Fin", held_out=True, verdict="accepted")]
    journal.add_dreams(night.number, dreams)
    with knowledge.listening():
        knowledge.observe(Turn("fish?", purpose="evaluation"), Reply("No idea."))
        assert knowledge.unclear(night.number) == [memory.id]
        knowledge.observe(Turn("fish?", purpose="evaluation"), Reply("Fin."))
        assert knowledge.unclear(night.number) == []


def test_losses_of_answers_are_kept_with_the_night(knowledge, night, journal, mocker):
    answer = journal.begin_episode("In a box.", "c", source="answer")
    mocker.patch("sovl_curiosity.learning.measure_answers", return_value=[(answer.id, 3.0, 1.0)])
    report = NightReport("accepted")
    with knowledge.listening():
        knowledge.look_back(night, report)
    accept(journal, night)
    (each,) = learning.learned(journal)
    assert (each.before, each.after, each.night) == (3.0, 1.0, night.number)
    assert report.outcomes == [Feedback("outcome", 2.0, learning.GAINED, answer.id, None, "curiosity")]


@pytest.mark.parametrize(("gained", "chance"), [(None, 0.4), (0.1, 0.4), (0.0, 0.1), (-1.0, 0.1)])
def test_it_asks_less_often_while_answers_teach_nothing(knowledge, context, mocker, gained, chance):
    context.settings.eruption_chance, context.settings.stalled_chance = 0.4, 0.25
    mocker.patch("sovl_curiosity.learning.progress", return_value=gained)
    assert knowledge.eruption_chance() == pytest.approx(chance)
