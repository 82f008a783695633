"""The quiz: which answers count as known and unknown, and what is asked besides."""

from __future__ import annotations

from sovl_core.events import Dream, Reply
from sovl_curiosity.calibration import FEWEST
from sovl_curiosity.quiz import ASKED, Quiz


def told(number, **fields):
    return Dream("question", f"What is fact {number}?", "", [1], answer=f"word{number}", held_out=True, **fields)


def never(number, **fields):
    return Dream("contrast", f"What is secret {number}?", "", held_out=True, **fields)


def answers(turn_or_prompt):
    """Know every fact, surely, and no secret."""
    prompt = getattr(turn_or_prompt, "prompt", turn_or_prompt)
    number = prompt.strip("?").split()[-1]
    if "fact" in prompt:
        return Reply(f"It is word{number}.", token_probabilities=[0.9, 0.8], token_entropies=[0.1, 0.2])
    return Reply("Perhaps.", token_probabilities=[0.4, 0.3], token_entropies=[2.0, 3.0])


def calibrated(quiz, dreams, ask=None, breathe=lambda: None):
    asked = []

    def noted(turn):
        asked.append(turn)
        return (ask or answers)(turn)

    return quiz.calibrate(dreams, 12, noted, breathe), asked


def test_what_the_judge_asked_is_not_asked_again():
    quiz, dreams = Quiz(), [make(n) for make in (told, never) for n in range(20)]
    for dream in dreams:
        quiz.observe(dream.prompt, answers(dream.prompt))
    made, asked = calibrated(quiz, dreams)
    assert (made.known, made.unknown) == (20, 20)
    assert asked == []
    assert made.area == 1.0


def test_what_is_missing_is_asked_greedily_after_a_breath():
    breaths = []
    made, asked = calibrated(
        Quiz(), [make(n) for make in (told, never) for n in range(20)], breathe=lambda: breaths.append(1)
    )
    assert (made.known, made.unknown) == (ASKED, ASKED)
    assert len(breaths) == len(asked) == 2 * ASKED
    assert {(turn.purpose, turn.temperature) for turn in asked} == {("evaluation", 0.0)}


def test_the_latest_answer_counts():
    quiz, dreams = Quiz(), [make(n) for make in (told, never) for n in range(FEWEST)]
    for dream in dreams:
        quiz.observe(dream.prompt, Reply("Before the night: nothing.", token_probabilities=[0.1]))
        quiz.observe(dream.prompt, answers(dream.prompt))
    assert calibrated(quiz, dreams)[0].known == FEWEST


def test_what_was_told_and_is_not_known_counts_for_neither_side():
    made, _ = calibrated(
        Quiz(),
        [make(n) for make in (told, never) for n in range(ASKED)],
        ask=lambda turn: Reply("Eh?", token_probabilities=[0.5]) if turn.prompt.endswith("fact 0?") else answers(turn),
    )
    assert (made.known, made.unknown) == (ASKED - 1, ASKED)


def test_what_was_heard_answered_wrong_was_missed():
    quiz = Quiz()
    dreams = [told(0), told(1), told(2, verdict="rejected"), told(3), never(0)]
    for number, dream in enumerate(dreams, 1):
        dream.parents = [number]
    for dream in (dreams[0], dreams[2], dreams[3], dreams[4]):
        quiz.observe(dream.prompt, Reply("Eh?"))
    quiz.observe(dreams[3].prompt, answers(dreams[3].prompt))
    assert quiz.missed(dreams) == [1]


def test_dreams_that_were_trained_on_or_refused_are_no_questions():
    trained = [Dream("question", f"What is fact {n}?", "", answer=f"word{n}") for n in range(20)]
    refused = [told(n, verdict="rejected") for n in range(20)]
    background = [Dream("background", f"Prompt {n}", "", held_out=True) for n in range(20)]
    secrets = [never(n) for n in range(20)]
    made, asked = calibrated(Quiz(), trained + refused + background + secrets)
    # Nothing can come of it, and so nothing is asked.
    assert (made, asked) == (None, [])
    facts = [told(n) for n in range(20, 30)]
    made, asked = calibrated(Quiz(), trained + refused + background + secrets + facts)
    assert {turn.prompt for turn in asked} == {dream.prompt for dream in (*secrets[:ASKED], *facts[:ASKED])}
