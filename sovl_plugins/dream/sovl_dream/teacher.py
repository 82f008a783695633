"""Teaching: the base answers a dream's question with the memory before its eyes; a faithful answer is what is learned.

Answers in the base's own words are learned with less change to it than ready-made ones (self-distillation with the
note in context). A small base is right only part of the time: every answer is checked, the ready-made one is the floor.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Callable, List, Sequence

from sovl_core.data_processing import encode_chat
from sovl_core.events import Dream
from sovl_core.records import Message
from sovl_dream.lexicon import FUNCTION_WORDS
from sovl_dream.person import to_first_person
from sovl_dream.verification import holds

if TYPE_CHECKING:
    from sovl_core.models import Models

WRITER = "base"
#: Conversations that show how to answer: in the second person, from what was just said, in one sentence.
_EXAMPLES = (
    ("My car is red.", "What colour is my car?", "Your car is red."),
    ("I take my coffee with oat milk.", "How do I drink coffee?", "You drink coffee with oat milk."),
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s")
_WORD = re.compile(r"\w+(?:[-'’:]\w+)*")
_FIRST_PERSON = re.compile(r"\b(?:I|I'm|I've|my|me|mine|we|our)\b", re.IGNORECASE)
ANSWER_TOKENS = 18


def teach(
    models: Models,
    dreams: Sequence[Dream],
    system_prompt: str,
    breathe: Callable[[], None],
    written: Callable[[int], None] = lambda count: None,
) -> List[Dream]:
    """Return the dreams, with the base's own answer wherever it is faithful.

    :param dreams: questions with a ready-made completion and an answer.
    :param written: told now and then how many answers there are by now.
    """
    from sovl_dream.batch_generation import greedy_continuations

    shown: List[Message] = []
    for told, asked, answered in _EXAMPLES:
        shown += [Message("user", told), Message("assistant", answered)]
        shown += [Message("user", asked), Message("assistant", answered)]
    tokenizer = models.base_tokenizer
    rows = []
    for dream in dreams:
        told = to_first_person(dream.completion)
        messages = [*shown, Message("user", told), Message("assistant", dream.completion)]
        messages.append(Message("user", dream.prompt))
        rows.append(encode_chat(tokenizer, messages, system_prompt))
    taught = []
    for dream, text in zip(dreams, greedy_continuations(models, rows, ANSWER_TOKENS, breathe, written)):
        sentence = _SENTENCE_END.split(text.strip(), maxsplit=1)[0].strip()
        if faithful(sentence, dream):
            dream = replace(dream, completion=sentence, writer=WRITER)
        taught.append(dream)
    return taught


def faithful(sentence: str, dream: Dream) -> bool:
    """Return True when a sentence holds the dream's answer, speaks to the user, and adds nothing."""
    if not sentence.endswith((".", "!")) or not holds(sentence, dream.answer):
        return False
    if _FIRST_PERSON.search(sentence):
        return False
    known = set(_words(dream.completion)) | set(_words(dream.prompt)) | FUNCTION_WORDS
    return all(word in known for word in _words(sentence))


def _words(text: str) -> List[str]:
    return [word.lower() for word in _WORD.findall(text)]
