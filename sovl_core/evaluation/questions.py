"""Asking: each question in a fresh conversation, greedy; and what the answers add up to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Set

from sovl_core.evaluation.facts import Asked, Fact, FactSet, holds
from sovl_core.events import Turn

#: Tokens of a reply to a question, at most.
ANSWER_TOKENS = 32

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Answered:
    """One question with its reply; ``right`` says that the reply holds what was looked for."""

    question: str
    reply: str
    right: bool

    def values(self) -> Dict[str, Any]:
        """Return it as JSON-able values."""
        return {"question": self.question, "reply": self.reply, "right": self.right}


@dataclass(frozen=True)
class FactResult:
    """What was answered about one fact, both ways round."""

    fact: Fact
    forward: Sequence[Answered] = ()
    reverse: Sequence[Answered] = ()


@dataclass(frozen=True)
class Examination:
    """The answers to everything: about each fact in order, and about what was never told."""

    facts: Sequence[FactResult]
    never_told: Sequence[Answered]

    @property
    def recall(self) -> Optional[float]:
        """Mean over facts of the share of right answers; None where nothing was asked."""
        return mean(recall_of(result.forward) for result in self.facts if result.forward)

    @property
    def reverse_recall(self) -> Optional[float]:
        """The same for questions from the answer back to the subject."""
        return mean(recall_of(result.reverse) for result in self.facts if result.reverse)

    @property
    def false_recall(self) -> Optional[float]:
        """Share of the questions about things never told that were answered with something told."""
        return mean(float(answered.right) for answered in self.never_told)


def ask(say: Callable[[Turn], str], question: str, answers: Sequence[str]) -> Answered:
    """Put one question.

    :param say: answers a turn without keeping it.
    :param answers: what to look for in the reply.
    """
    # A turn without history is a conversation of its own.
    reply = say(Turn(question, max_new_tokens=ANSWER_TOKENS, temperature=0.0, purpose="evaluation"))
    return Answered(question, reply, holds(reply, answers))


def ask_about(say: Callable[[Turn], str], asked: Optional[Asked]) -> List[Answered]:
    """Put all questions about one thing; none where nothing is asked."""
    return [] if asked is None else [ask(say, question, asked.answers) for question in asked.questions]


def examine(say: Callable[[Turn], str], facts: FactSet, progress: Callable[[int, int], None]) -> Examination:
    """Put every question there is.

    :param progress: told how many of the facts and never-told questions are done, of how many.
    """
    total = len(facts.facts) + len(facts.never_told)
    results: List[FactResult] = []
    for fact in facts.facts:
        progress(len(results), total)
        results.append(FactResult(fact, ask_about(say, fact.forward), ask_about(say, fact.reverse)))
    never: List[Answered] = []
    for question in facts.never_told:
        progress(len(results) + len(never), total)
        never.append(ask(say, question, facts.told_answers))
    progress(total, total)
    return Examination(results, never)


def recall_of(answered: Sequence[Answered]) -> float:
    """Return the share of right answers among at least one."""
    return sum(one.right for one in answered) / len(answered)


def mean(values: Iterable[float]) -> Optional[float]:
    """Return the mean, None of nothing."""
    found = list(values)
    return sum(found) / len(found) if found else None


def coinciding(facts: FactSet, trained: Iterable[str]) -> List[str]:
    """Return the questions, never-told ones among them, that a trained dream asks in the same words.

    Case and punctuation make no difference.

    :param trained: prompts of accepted dreams that were not held out.
    """
    known = {_key(prompt) for prompt in trained}
    asked = [asked for fact in facts.facts for asked in (fact.forward, fact.reverse) if asked is not None]
    questions: Set[str] = {question for one in asked for question in one.questions}
    return sorted(question for question in questions.union(facts.never_told) if _key(question) in known)


def _key(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold().replace("’", "'")))
