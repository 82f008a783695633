"""Two answers to one question on one day, neither said to take the other's place: the user is asked."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

from sovl_dream.person import to_second_person
from sovl_dream.wording import questions_about

if TYPE_CHECKING:
    from sovl_core.journal import Journal
    from sovl_dream.contradiction import Contradiction
    from sovl_dream.statement import Statement

SOURCE = "dream"
#: Earlier questions that are not asked again, whatever became of them.
RECENT = 200


def ask_which(journal: Journal, contradiction: Contradiction) -> None:
    """Queue the question that was answered in two ways, where it can be worded and was not asked before.

    It holds none of the two answers: what is forgotten of them leaves no trace in it.
    """
    text = question_to_the_user(contradiction.old.statement)
    if not text or text in [question.text for question in journal.questions(limit=RECENT)]:
        return
    memories = [contradiction.old.memory, contradiction.new]
    journal.add_question(text, SOURCE, episode=contradiction.new, details={"told_otherwise": memories})


def question_to_the_user(statement: Statement) -> str:
    """Return what to ask the user for what a statement tells: "Where is the office?"; "" where that says too little."""
    counted = re.match(r"^\w+ ([a-z]+)$", statement.complement)
    if statement.speaks_of_self and statement.lemma == "have":
        return f"How many {counted.group(1)} do you have?" if counted else ""
    # The first wording is the plainest; nothing is drawn for it.
    text = to_second_person(questions_about(statement, random.Random(0))[0])
    return text if text.endswith("?") else ""
