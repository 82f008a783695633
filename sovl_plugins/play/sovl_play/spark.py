"""``spark``: it asks a question now, and what is said next is the answer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Union

from sovl_core.error_handling import SOVLError
from sovl_core.events import Utterance
from sovl_core.plugin import Command
from sovl_core.records import Message
from sovl_play.heard import own_words
from sovl_play.options import WRITING, options_of
from sovl_play.voice import Voice
from sovl_play.wording import content_words, first_question, plain_question, reads_as_question

if TYPE_CHECKING:
    from sovl_core.plugin import PluginContext

NAME = "spark"
#: A small model follows examples better than instructions.
EXAMPLES = (
    ("I moved to Lisbon in spring.", "What made you choose Lisbon?"),
    ("My sister plays the cello.", "How long has your sister played the cello?"),
    ("We had soup for dinner yesterday.", "Who cooked the soup for you?"),
)
#: Questions of before that are not asked again, and turns that are looked through for something told.
REMEMBERED = 50
NOTHING = "There is nothing to ask about yet: say something about yourself first."


def command(context: PluginContext) -> Command:
    """Return the command."""
    return Command(
        NAME,
        "Let it ask you a question now.\n\n"
        "One that waits in the queue, else one about the words after it, else about what you said last. What you say "
        "next is the answer: it becomes a memory like any other. Within a shell nobody waits for the answer.",
        partial(spark, context),
        usage=f"{NAME} [WORDS]",
        example=f"{NAME} my garden",
        options=options_of(*WRITING),
    )


def spark(context: PluginContext, words: List[str], options: Dict[str, Any]) -> Union[str, Utterance]:
    """Return a question to the user, or why there is none."""
    voice = Voice(context, options)
    said = " ".join(words).strip()
    question = (None if said else _waiting(context)) or _written(context, voice, said)
    return NOTHING if question is None else Utterance(question, question=True, source=context.name)


def _waiting(context: PluginContext) -> Optional[str]:
    """Return the oldest question that some plugin has thought of and kept for later, now asked."""
    waiting = context.journal.questions(status="queued", limit=None)
    if not waiting:
        return None
    try:
        context.journal.update_question(waiting[-1].id, status="asked")
    except SOVLError:  # a life that is only read: it would be asked again and again
        return None
    return waiting[-1].text


def _written(context: PluginContext, voice: Voice, said: str) -> Optional[str]:
    about = said or _last_told(context)
    if not about:
        return None
    asked = {question.text for question in context.journal.questions(limit=REMEMBERED)}

    def worth(text: str) -> float:
        return float(reads_as_question(text, about) and text not in asked)

    history = [message for told, question in EXAMPLES for message in (_ask(told), Message("assistant", question))]
    request = _ask(about).content
    written = voice.best_of(lambda: first_question(voice.say(request, "question", history)), worth)
    return written or plain_question(about)


def _last_told(context: PluginContext) -> str:
    """Return what the user told last, "" for nothing: a question of theirs is no news to ask about."""
    told = (text for text in own_words(context, REMEMBERED) if not text.rstrip().endswith("?") and content_words(text))
    return next(told, "")


def _ask(said: str) -> Message:
    return Message("user", f"I say: {' '.join(said.split())}\nAsk me one short question about it.")
