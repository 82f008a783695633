"""Answers to questions: "Biscuit." tells something only beside "What is your dog called?".

The question is one that the system asked, or the user's own, whose answer was wrong and is corrected.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, List

from sovl_core.records import Episode, Question
from sovl_dream.own_words import all_own, sentences
from sovl_dream.person import to_first_person, to_second_person

if TYPE_CHECKING:
    from sovl_core.journal import Journal

#: More words are no answer that stands in a sentence of its own.
_LONGEST = 8
_LEADING = re.compile(
    r"^(?:(?:well|oh|hm+|yes|sure)[,.!]? )?(?:it['’]?s|it is|that['’]?s|that is|they['’]?re|they are|he['’]?s|"
    r"she['’]?s|(?:his|her|its|their|my|the) names? (?:is|are)|(?:he|she|it) is) (?:called |named )?",
    re.IGNORECASE,
)
_NO_ANSWER = re.compile(
    r"\?\s*$|^(?:i (?:do not|don['’]?t|am not|['’]m not|would rather not|['’]d rather not|won['’]?t|can['’]?t|forgot)|"
    r"no idea|none of your|not (?:telling|sure|now)|why|what|who|how|later|skip|nothing|never ?mind|"
    r"(?:that|it)['’]?s (?:private|personal|none)|maybe|perhaps|hello|hi|thanks|thank you|bye|stop|ok|okay|please)\b",
    re.IGNORECASE,
)
_YES_OR_NO = re.compile(r"^(?:yes|no|yeah|yep|nope|sure|of course|not really)[.!]*$", re.IGNORECASE)
_ASKS_YES_OR_NO = re.compile(
    r"^(?:do|does|did|are|is|am|was|were|have|has|can|could|will|would|should)\b", re.IGNORECASE
)
_PLACED = re.compile(r"^(?:in|at|on|near|by|with|from|to|under|behind)\b", re.IGNORECASE)
#: Questions in the user's first person, and the statements that an answer completes.
_COMPLETED = (
    (re.compile(r"^What(?:['’]s| is) (my [\w '’-]+?) (?:called|named)\?$"), "{0} is called {a}"),
    (re.compile(r"^(?:What|Who|When|Which [\w ]+?)(?:['’]s| is) (my [\w '’-]+?)\?$"), "{0} is {a}"),
    (re.compile(r"^Where do I (live|work|study)\?$"), "I {0} {p}"),
    (re.compile(r"^Where am I from\?$"), "I am from {a}"),
    (re.compile(r"^How old am I\?$"), "I am {a}"),
    (re.compile(r"^What do I do(?: for a living| for work)?\?$"), "I am {job}"),
    (re.compile(r"^(?:What|Who|Which [\w ]+?) do I (\w+)\?$"), "I {0} {a}"),
)
#: Questions about one of the user's, and answers that speak of whom was asked about: "she moved to Oslo".
_ABOUT = re.compile(
    r"^(?:What|Who|Where|How|When|Which [\w ]+?)(?: old| long)?(?:['’]s| is| was| does| did| has) (my [\w '’-]+?)"
    r"(?: (?:live|work|study|do|like|play|drive|teach|speak|move|called|named|from|born|now|these days)\b[\w ]*)?\?$"
)
_SPEAKS_OF_IT = re.compile(r"^(?:he|she)(?P<is>['’]s| is)? (?P<rest>\w.*)$", re.IGNORECASE)
_TO_THE_SYSTEM = re.compile(r"\byou(?:rs?|rself)?\b", re.IGNORECASE)


def with_question(memory: Episode, journal: Journal) -> Episode:
    """Return an answer with the words of the question it answers, of which the journal has the number beside it.

    A correction answers what the user had asked; that is given as the system would ask them.
    """
    answered = journal.answered_by(memory)
    if answered is None:
        return memory
    words = answered.text if isinstance(answered, Question) else asked_back(answered.prompt)
    return replace(memory, details={**memory.details, "question": words})


def asked_back(prompt: str) -> str:
    """Return what a user asks as a question to them: "What is my cat called?" gives "What is your cat called?".

    "" where the prompt does not end in a question, or asks something about the system itself.
    """
    last = "".join(sentences(" ".join(prompt.split()))[-1:])
    return "" if not last.endswith("?") or _TO_THE_SYSTEM.search(last) else to_second_person(last)


def question_of(memory: Episode) -> str:
    """Return the question that a memory answers; "" where it answers none, or says nothing to it."""
    question = memory.details.get("question")
    if not isinstance(question, str) or not question or not says_something(question, memory.prompt):
        return ""
    # What is answered with a text of somebody else's is not the user's answer.
    return question if all_own(memory.prompt) else ""


def says_something(question: str, answer: str) -> bool:
    """Return False for an answer that is none: a question in return, "I don't know", "No." to "Who is your boss?"."""
    clean = answer.strip()
    if _YES_OR_NO.match(clean):
        return _ASKS_YES_OR_NO.match(question.strip()) is not None
    return bool(re.search(r"\w", clean)) and not _NO_ANSWER.search(clean)


def completed(question: str, answer: str) -> str:
    """Return question and answer as one statement: "My dog is called Biscuit"; "" where the rules do not reach."""
    whole = re.sub(r"[\s.!]+$", "", " ".join(answer.split()))
    clean = _LEADING.sub("", whole)
    if (
        not clean
        or len(clean.split()) > _LONGEST
        or _YES_OR_NO.match(clean)
        or re.match(r"(?:I|my|we|our)\b", clean, re.IGNORECASE)
    ):
        return ""
    asked = to_first_person(" ".join(question.split()))
    if clean == whole and _SPEAKS_OF_IT.match(whole):
        return _of_whom(asked, whole)
    for pattern, statement in _COMPLETED:
        match = pattern.match(asked)
        if match:
            return _filled(statement, [part[:1].upper() + part[1:] for part in match.groups()], clean)
    return _of_whom(asked, whole)


def _of_whom(asked: str, answer: str) -> str:
    about, spoken = _ABOUT.match(asked), _SPEAKS_OF_IT.match(answer)
    if about is None or spoken is None:
        return ""
    return f"M{about.group(1)[1:]}{' is' if spoken.group('is') else ''} {spoken.group('rest')}"


def _filled(statement: str, parts: List[str], answer: str) -> str:
    if "{job}" in statement and not re.match(r"an? ", answer):
        return ""
    if statement.startswith("I "):
        parts = [part.lower() for part in parts]
    placed = f"in {answer}"
    if _PLACED.match(answer):
        placed = answer = answer[:1].lower() + answer[1:]
    return statement.format(*parts, a=answer, p=placed, job=answer)
