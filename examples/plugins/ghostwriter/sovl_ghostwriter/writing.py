"""What the endpoint is asked, and what of its answer is a dream that holds up."""

from __future__ import annotations

import json
import re
from typing import Any, Dict, List, Set

from sovl_core.events import Dream
from sovl_core.records import Episode

SYSTEM = (
    "You write questions for a memory. You are given something that a user said about themselves. Write questions with "
    "which the same user may ask for it later, in wordings as different as possible, in the first person; and the "
    "answers of an assistant who remembers it, in the second person. Use nothing but what was said. Reply with a JSON "
    'list and nothing else: [{"question": "...", "answer": "...", "key": "..."}], where key is the shortest piece of '
    "what was said, word for word, that an answer must hold. No question may contain its key."
)
#: Of so many questions one is kept aside to judge the night by.
HELD_OUT = 6
_LONGEST = 400


def messages_for(memory: Episode, count: int) -> List[Dict[str, str]]:
    """Return the conversation in which ``count`` questions about a memory are asked for."""
    said = f"What the user said: {memory.prompt}\n\nWrite {count} questions."
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": said}]


def dreams_from(answer: str, memory: Episode, count: int) -> List[Dream]:
    """Return the dreams in an answer, each with its verdict; at most ``count``. [] when there is none in it.

    A dream is accepted when its key stands in what was said and in its completion, and not in its question: the model
    that wrote it may be a good one and make things up all the same.
    """
    dreams: List[Dream] = []
    asked: Set[str] = set()
    for entry in _entries(answer)[:count]:
        question, completion, key = (_flat(entry.get(name)) for name in ("question", "answer", "key"))
        why = _objection(question, completion, key, memory.prompt, asked)
        asked.add(question.lower())
        verdict = "rejected" if why else "accepted"
        dreams.append(
            Dream(
                "question",
                question,
                completion,
                [memory.id],
                answer=key,
                weight=memory.weight,
                verdict=verdict,
                why=why,
            )
        )
    accepted = [dream for dream in dreams if dream.verdict == "accepted"]
    for dream in accepted[HELD_OUT - 1 :: HELD_OUT]:
        dream.held_out = True
    return dreams


def _objection(question: str, completion: str, key: str, said: str, asked: Set[str]) -> str:
    if not (question and completion and key):
        return "something is missing"
    if max(len(question), len(completion)) > _LONGEST:
        return "it is too long"
    if question.lower() in asked:
        return "another dream has the same prompt"
    if not _holds(said, key):
        return "the answer is not in the memory"
    if not _holds(completion, key):
        return "the completion does not hold the answer"
    if _holds(question, key):
        return "the prompt gives the answer away"
    return ""


def _entries(answer: str) -> List[Dict[str, Any]]:
    """Return the objects of the JSON list in a text; models like to put words or a fence around it."""
    start, end = answer.find("["), answer.rfind("]")
    try:
        found = json.loads(answer[start : end + 1]) if 0 <= start < end else []
    except ValueError:
        return []
    return [entry for entry in found if isinstance(entry, dict)]


def _flat(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _holds(text: str, phrase: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(phrase.lower())}(?!\w)", text.lower()) is not None
