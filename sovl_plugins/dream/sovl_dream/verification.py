"""Verification: a dream that does not hold its fact, gives it away, or repeats another is rejected, with the reason."""

from __future__ import annotations

import re
from typing import AbstractSet, Dict, List, Mapping, Set, Tuple

from sovl_core.events import Dream

#: Why a dream is rejected whose memory was contradicted.
TOLD_OTHERWISE = "a later memory tells otherwise"


def verify(dreams: List[Dream], outdated: AbstractSet[Tuple[int, str]] = frozenset()) -> List[Dream]:
    """Give every dream its verdict, in place; returns the same list.

    Accepted when prompt and completion say something, the completion holds the answer, and no accepted dream before it
    has the same prompt. A prompt with two answers is rejected for both, unless one completion holds them.

    :param outdated: (memory, completion) of what a later memory tells otherwise; its dreams are rejected.
    """
    old = [any((parent, dream.completion) in outdated for parent in dream.parents) for dream in dreams]
    asked: Dict[str, Dict[str, Set[Tuple[int, ...]]]] = {}
    for dream, is_old in zip(dreams, old):
        if not is_old:
            answers = asked.setdefault(_key(dream.prompt), {})
            answers.setdefault(_key(dream.answer), set()).add(tuple(dream.parents))
    said = {_key(dream.answer): dream.answer for dream in dreams}
    replies: Dict[str, Set[str]] = {}
    for dream, is_old in zip(dreams, old):
        if not is_old:
            replies.setdefault(_key(dream.prompt), set()).add(dream.completion)
    known = {
        prompt: _first_of_all(answers, said) if len(replies[prompt]) > 1 else set() for prompt, answers in asked.items()
    }
    seen: Set[str] = set()
    for dream, is_old in zip(dreams, old):
        why = TOLD_OTHERWISE if is_old else _objection(dream, seen, known)
        dream.verdict, dream.why = ("rejected", why) if why else ("accepted", "")
        if not why:
            seen.add(_key(dream.prompt))
    return dreams


def _objection(dream: Dream, seen: Set[str], asked: Dict[str, Set[str]]) -> str:
    key = _key(dream.prompt)
    if not key or not dream.completion.strip():
        return "it is empty"
    if key in seen:
        return "another dream has the same prompt"
    # Told twice, in other words or at greater length, it is still one answer.
    shortest = min(asked[key], key=len, default="")
    if not all(holds(answer, shortest) for answer in asked[key]):
        return "the prompt has several answers"
    if not holds(_key(dream.answer), shortest) and shortest:
        return "its memory answers the prompt otherwise"
    if dream.answer and not holds(dream.completion, dream.answer):
        return "the completion does not hold the answer"
    if dream.answer and dream.kind in ("question", "dialogue") and holds(dream.prompt, dream.answer):
        return "the prompt gives the answer away"
    return ""


def _first_of_all(answers: Mapping[str, Set[Tuple[int, ...]]], said: Mapping[str, str]) -> Set[str]:
    """Return the answers to a question, without what one memory says besides a name or a number.

    "My locker is number 3817 and it's by the music rooms" answers "What is my locker?" with the number; two names are
    two answers.
    """
    if len(set().union(*answers.values())) > 1:
        return set(answers)
    telling = {answer for answer in answers if any(letter.isupper() or letter.isdigit() for letter in said[answer])}
    return telling if len(telling) == 1 else set(answers)


def holds(text: str, phrase: str) -> bool:
    """Return True when a text holds a phrase as whole words, in any case: "Al" is not in "What is he called?"."""
    return re.search(rf"(?<!\w){re.escape(phrase.lower())}(?!\w)", text.lower()) is not None


def _key(prompt: str) -> str:
    return " ".join(prompt.lower().split())
