"""What answers have taught: which are measured, on what, and what the journal keeps of it."""

from __future__ import annotations

import contextlib
import math
from types import SimpleNamespace

import pytest

from sovl_core.events import Dream, Feedback, Night
from sovl_curiosity import learning


@pytest.fixture
def asked(journal):
    """Return ``asked(question, answer)``: the episode that answers a question."""

    def ask(question, answer):
        number = journal.add_question(question, "curiosity", status="asked").id
        return journal.begin_episode(answer, "c", source="answer", details={"question": number})

    return ask


@pytest.fixture
def night(journal):
    """Return ``night(*memories)``: a night in the making, in which ``by_day`` is noted."""

    def begin(*memories, number=None):
        made = Night(
            number or journal.open_night(journal.current_night(), "api", {}), None, list(memories), [], None, None, None
        )
        made.was_by_day = False

        @contextlib.contextmanager
        def by_day():
            made.was_by_day = True
            yield
            made.was_by_day = False

        made.by_day = by_day
        return made

    return begin


@pytest.fixture
def losses(mocker):
    """The loss is the number of words learned about, times ten by day; the examples asked for are kept."""
    seen = []

    def loss(examples, night, context):
        seen.append([(example.prompt, example.completion) for example in examples])
        return float(len(examples)) * (10 if night.was_by_day else 1)

    mocker.patch("sovl_curiosity.learning._loss", side_effect=loss)
    return seen


def measured(journal, night):
    return learning.measure_answers(night, SimpleNamespace(journal=journal))


def test_answers_are_measured_before_and_after_on_their_own_words(journal, asked, night, losses):
    answer = asked("Where does Biscuit sleep?", "In a box.")
    other = journal.begin_episode("I live in Oslo.", "c")
    assert measured(journal, night(answer, other)) == [(answer.id, 10.0, 1.0)]
    assert losses == [[("Where does Biscuit sleep?", "In a box.")]] * 2


def test_where_the_night_held_out_questions_about_an_answer_these_are_asked(journal, asked, night, losses):
    answer = asked("Where does Biscuit sleep?", "In a box.")
    tonight = night(answer)
    kept = {"parents": [answer.id], "verdict": "accepted"}
    journal.add_dreams(
        tonight.number,
        [
            Dream("question", "Where does my dog sleep?", "He sleeps in a box.", held_out=True, **kept),
            Dream("question", "Where is Biscuit at night?", "In a box.", **kept),
            Dream("contrast", "Where does my cat sleep?", "I do not know.", held_out=True, **kept),
        ],
    )
    measured(journal, tonight)
    assert losses[0] == [("Where does my dog sleep?", "He sleeps in a box.")]


def test_what_earlier_nights_have_learned_and_what_answers_nothing_is_left(journal, asked, night, losses, mocker):
    old = SimpleNamespace(**{**vars(asked("Who?", "Ann.")), "night": 1})
    lost = journal.begin_episode("Ann.", "c", source="answer", details={"question": 4711})
    assert measured(journal, night(old, lost)) == []
    assert losses == []


def test_a_loss_that_is_no_number_is_not_kept(journal, asked, night, mocker):
    mocker.patch("sovl_curiosity.learning._loss", return_value=math.nan)
    assert measured(journal, night(asked("Who?", "Ann."))) == []


def live(journal, answers, status="accepted"):
    """Live through a night that takes (loss before, loss after) of answers."""
    number = journal.open_night(journal.current_night(), "api", {})
    learning.enter(journal, number, [(answer.id, *losses) for answer, losses in answers])
    if status == "accepted":
        journal.accept_night(number, status, [], {})
    else:
        journal.close_night(number, status, {})
    return number


def test_what_was_learned_is_told_of_the_nights_in_use_newest_first(journal, asked):
    box, ann, oslo = asked("Where?", "In a box."), asked("Who?", "Ann."), asked("And where?", "In Oslo.")
    first = live(journal, [(box, (4.0, 1.0))])
    second = live(journal, [(ann, (3.0, 3.5))])
    live(journal, [(oslo, (9.0, 0.0))], status="set_aside")
    found = learning.learned(journal)
    assert [(each.question, each.answer, each.night, each.drop) for each in found] == [
        ("Who?", "Ann.", second, -0.5),
        ("Where?", "In a box.", first, 3.0),
    ]
    journal.use_night(first)
    assert [each.night for each in learning.learned(journal)] == [first]
    journal.use_night(None)
    assert learning.learned(journal) == []


def test_progress_is_the_mean_drop_of_the_latest_and_takes_some_answers(journal, asked):
    answers = [(asked(f"Who is {n}?", "Ann."), (2.0, 1.0 + n / 10)) for n in range(learning.FEWEST)]
    live(journal, answers[1:])
    assert learning.progress(learning.learned(journal)) is None
    live(journal, answers[:1])
    assert learning.progress(learning.learned(journal)) == pytest.approx(
        1.0 - sum(range(learning.FEWEST)) / 10 / learning.FEWEST
    )


def test_what_is_forgotten_is_not_told_of(journal, asked):
    box = asked("Where?", "In a box.")
    live(journal, [(box, (4.0, 1.0))])
    journal.forget_episodes([box.id])
    assert learning.learned(journal) == []


def test_what_came_of_a_question_names_it_and_the_episode_that_answered_it(journal, asked):
    answer = asked("Where does Biscuit sleep?", "In a box.")
    (outcome,) = learning.outcomes([(answer.id, 3.0, 1.0)], journal, "curiosity")
    assert outcome == Feedback("outcome", 2.0, learning.GAINED, answer.id, answer.details["question"], "curiosity")


def test_a_question_that_was_forgotten_since_is_not_named(journal):
    answer = journal.begin_episode("In a box.", "c", source="answer", details={"question": 7})
    assert [each.question for each in learning.outcomes([(answer.id, 3.0, 1.0)], journal, "curiosity")] == [None]
