"""Writes questions with the model, and finds out how sure it is of their answers."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Callable, List, Optional, Tuple

from sovl_core.events import Turn
from sovl_core.records import Message
from sovl_curiosity.wording import (
    content_words,
    first_question,
    plain_question,
    reads_as_first_question,
    reads_as_question,
)

if TYPE_CHECKING:
    from sovl_core.events import Reply
    from sovl_curiosity.settings import CuriositySettings

    Generate = Callable[[Turn], Reply]

#: What was said, and a good question about it: a small model follows examples better than instructions.
EXAMPLES = (
    ("I moved to Lisbon in spring.", "What made you choose Lisbon?"),
    ("My sister plays the cello.", "How long has your sister played the cello?"),
    ("I am reading a book about volcanoes.", "Which volcano does the book talk about?"),
    ("We had soup for dinner yesterday.", "Who cooked the soup for you?"),
)
#: Questions to somebody of whom nothing is known yet.
FIRST_EXAMPLES = ("What do you like to do on Sundays?", "Where did you grow up?", "Who do you live with?")
#: What is asked where the model writes no such question.
FIRST_QUESTION = "What should I call you?"
#: Characters of what was said that a question is written about.
LONGEST_SAID = 400
_FIRST_REQUEST = "You do not know me yet. Ask me one short question about myself."
LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 0.7, 1.7


def question_temperature(settings: CuriositySettings, temperament: float) -> float:
    """Return the sampling temperature of questions: ``1.1 + 0.4·temperament``, within [0.7, 1.7].

    A base that was set outside the range widens it to itself.
    """
    base = settings.temperature
    moved = base + settings.temperament_influence * temperament
    return max(min(LOWEST_TEMPERATURE, base), min(max(HIGHEST_TEMPERATURE, base), moved))


def write_question(
    said: str,
    generate: Generate,
    settings: CuriositySettings,
    temperament: float,
    rng: random.Random,
    asked: List[str],
    cancelled: Callable[[], bool] = lambda: False,
    once: bool = False,
) -> Optional[str]:
    """Return a question about what was said; where the model writes none that reads as one, a plain one.

    :param said: the user's words.
    :param generate: answers a turn without journaling it.
    :param asked: questions that were asked already and are not asked again.
    :param cancelled: ends the writing when True.
    :param once: try one time only, and do without a plain one.
    :return: None when what was said leaves nothing to ask about.
    """
    if not content_words(said):
        return None
    known = {question.lower() for question in asked}
    for _ in range(1 if once else settings.attempts):
        if cancelled():
            return None
        reply = generate(_turn(_request(said[:LONGEST_SAID]), _shown(), settings, temperament, rng, cancelled))
        question = first_question(reply.text)
        if reads_as_question(question, said) and question.lower() not in known:
            return question
    plain = None if once else plain_question(said)
    return plain if plain and plain.lower() not in known else None


def write_first_question(
    generate: Generate, settings: CuriositySettings, temperament: float, rng: random.Random
) -> str:
    """Return a question to somebody of whom nothing is known yet; a plain one where the model writes none.

    :param generate: answers a turn without journaling it.
    """
    history: List[Message] = []
    for example in FIRST_EXAMPLES:
        history += [Message("user", _FIRST_REQUEST), Message("assistant", example)]
    for _ in range(settings.attempts):
        question = first_question(generate(_turn(_FIRST_REQUEST, history, settings, temperament, rng)).text)
        if reads_as_first_question(question) and question not in FIRST_EXAMPLES:
            return question
    return FIRST_QUESTION


def answer_confidences(
    question: str, generate: Generate, tokens: int, cancelled: Callable[[], bool] = lambda: False
) -> Tuple[float, float]:
    """Return how sure the base alone is of its answer to a question, and how sure it is with the scaffold.

    :param tokens: how much of each answer is tried.
    """
    base, scaffold = (try_answer(question, generate, tokens, cancelled, use) for use in (False, True))
    return base.confidence, scaffold.confidence


def try_answer(
    question: str,
    generate: Generate,
    tokens: int,
    cancelled: Callable[[], bool] = lambda: False,
    use_scaffold: bool = True,
) -> Reply:
    """Return the beginning of the greedy answer to a question: one pass.

    :param tokens: how much of the answer is tried.
    """
    return generate(
        Turn(question, max_new_tokens=tokens, use_scaffold=use_scaffold, purpose="evaluation", cancelled=cancelled)
    )


def _turn(
    prompt: str,
    history: List[Message],
    settings: CuriositySettings,
    temperament: float,
    rng: random.Random,
    cancelled: Callable[[], bool] = lambda: False,
) -> Turn:
    return Turn(
        prompt,
        history=list(history),
        max_new_tokens=settings.question_tokens,
        temperature=question_temperature(settings, temperament),
        top_k=settings.top_k,
        top_p=settings.top_p,
        seed=rng.getrandbits(31),
        purpose="question",
        cancelled=cancelled,
    )


def _shown() -> List[Message]:
    history: List[Message] = []
    for told, question in EXAMPLES:
        history += [Message("user", _request(told)), Message("assistant", question)]
    return history


def _request(said: str) -> str:
    return f"I say: {' '.join(said.split())}\nAsk me one short question about it."
