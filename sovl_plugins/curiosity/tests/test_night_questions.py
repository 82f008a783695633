"""What dreams and nights leave to ask: about which memories, when it is kept, when it is put."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sovl_core.events import Dream, DreamRequest, NightInterrupted, NightReport
from sovl_curiosity.inquiry import Candidate
from sovl_curiosity.metric import Interest
from sovl_curiosity.night_questions import NightQuestions
from sovl_curiosity.queue import QuestionQueue

pytestmark = pytest.mark.no_torch

SAID = ("My rabbit is called Biscuit.", "I live in Oslo.", "My sister plays the cello.", "I like tea.")


class Find:
    """Finds a question about everything but what is among ``nothing_about``; keeps what it was asked for."""

    def __init__(self):
        self.calls = []
        self.score = 0.9
        self.nothing_about = set()

    def __call__(self, said, breathe, once=False):
        self.calls.append((said, once))
        breathe()
        if said in self.nothing_about:
            return None
        return Candidate(f"What about this: {said[:-1]}?", Interest(0.8, 0.7, 0.77, self.score), said)

    @property
    def about(self):
        return [said for said, _ in self.calls]


@pytest.fixture
def find():
    return Find()


@pytest.fixture
def memories(journal):
    return [journal.begin_episode(said, "c", source="tell") for said in SAID]


@pytest.fixture
def questions(context, journal, find):
    return NightQuestions(context, QuestionQueue(journal, context.logger), find)


def dreamed(memories):
    return [Dream("question", "Q?", "A.", [memory.id]) for memory in memories]


def night_of(journal, memories, **fields):
    number = journal.open_night(journal.current_night(), "api", {})
    return SimpleNamespace(number=number, memories=memories, **{"breathe": lambda: None, **fields})


def accept(journal, night):
    journal.accept_night(night.number, "accepted", [], {})


def test_after_a_dream_three_questions_are_tried_once_each(questions, journal, memories, find):
    questions.after_dream(DreamRequest(memories), dreamed(memories))
    assert len(set(find.about)) == 3
    assert all(once for _, once in find.calls)
    waiting = journal.questions(status="queued")
    assert {question.episode for question in waiting} == {SAID.index(said) + 1 for said in find.about}
    assert {(question.details["dreamed"], question.details["threshold"]) for question in waiting} == {(True, 0.8)}


def test_what_is_not_worth_it_is_not_kept(questions, journal, memories, find):
    find.score = 0.8
    questions.after_dream(DreamRequest(memories), dreamed(memories))
    assert len(find.calls) == 3
    assert journal.questions() == []


def test_only_what_was_dreamed_of_and_never_asked_about_counts(questions, journal, memories, find):
    journal.add_question("Where is Oslo?", "curiosity", status="asked", details={"about": SAID[1]})
    questions.after_dream(DreamRequest(memories), dreamed(memories[:2]))
    assert find.about == [SAID[0]]
    questions.after_dream(DreamRequest(memories), dreamed(memories[:2]))
    assert find.about == [SAID[0]]


@pytest.mark.parametrize(("wanted", "loaded", "tried"), [(0, True, 0), (2, True, 2), (3, False, 0)])
def test_how_many_is_a_setting_and_no_model_is_loaded_for_it(questions, context, memories, find, wanted, loaded, tried):
    context.settings.dream_questions, context.models_loaded = wanted, lambda: loaded
    questions.after_dream(DreamRequest(memories), dreamed(memories))
    assert len(find.calls) == tried


def test_dreaming_that_has_to_end_ends(questions, journal, memories):
    def breathe():
        raise NightInterrupted

    with pytest.raises(NightInterrupted):
        questions.after_dream(DreamRequest(memories, breathe=breathe), dreamed(memories))
    assert journal.questions() == []


def after(questions, journal, memories, unclear=(), learned=(1, 2, 3), pressure=0.1, worth_asking=1.0, **fields):
    night = night_of(journal, memories, **fields)
    questions.after_night(night, NightReport("accepted", learned=list(learned)), unclear, pressure, worth_asking)
    return night


def test_a_night_asks_first_about_what_it_left_unclear(questions, journal, memories):
    night = after(questions, journal, memories, unclear=[1, 4])
    (question,) = journal.questions()
    assert (question.status, question.episode, question.source) == ("queued", 1, "curiosity")
    assert (question.details["night"], question.details["unclear"]) == (night.number, True)
    assert "threshold" not in question.details


def test_else_about_the_newest_of_what_it_taught(questions, journal, memories):
    after(questions, journal, memories)
    (question,) = journal.questions()
    assert (question.episode, question.details["unclear"]) == (3, False)


def test_where_nothing_can_be_asked_about_one_the_next_is_tried(questions, journal, memories, find):
    find.nothing_about = {SAID[2]}
    accept(journal, after(questions, journal, memories))
    assert find.about == [SAID[2], SAID[1]]
    find.nothing_about, find.calls = set(SAID), []
    after(questions, journal, memories, learned=(1, 2, 3, 4))
    # What the first night asked about is not asked about again.
    assert find.about == [SAID[3], SAID[2], SAID[0]]
    assert len(journal.questions()) == 1


def test_what_earlier_nights_have_learned_is_no_news_of_a_deep_one(questions, journal, memories, find):
    first = night_of(journal, memories)
    journal.accept_night(first.number, "accepted", [1, 2, 3], {})
    again = [journal.episode(memory.id) for memory in memories]
    after(questions, journal, again, learned=(1, 2, 3, 4))
    assert find.about == [SAID[3]]


@pytest.mark.parametrize(
    ("pressure", "worth_asking", "setting"), [(0.09, 1.0, True), (0.1, 0.0, True), (0.1, 1.0, False)]
)
def test_pressure_learning_progress_and_the_setting_have_to_allow_it(
    questions, context, journal, memories, find, pressure, worth_asking, setting
):
    context.settings.morning_question = setting
    after(questions, journal, memories, pressure=pressure, worth_asking=worth_asking)
    assert find.calls == []


def test_it_is_put_on_the_morning_after_its_night_once(questions, journal, memories):
    journal.add_question("What did you dream?", "gestation")
    assert questions.for_the_morning() is None
    night = after(questions, journal, memories)
    # Before it is accepted it is no morning.
    assert questions.for_the_morning() is None
    accept(journal, night)
    asked = questions.for_the_morning()
    assert (asked.details["night"], journal.question(asked.id).status) == (night.number, "asked")
    assert questions.for_the_morning() is None
    assert [question.text for question in journal.questions(status="queued")] == ["What did you dream?"]


def test_of_a_night_that_was_undone_it_waits_like_any_other(questions, journal, memories):
    night = after(questions, journal, memories)
    accept(journal, night)
    journal.use_night(None)
    assert questions.for_the_morning() is None
    assert journal.count_questions("queued") == 1
