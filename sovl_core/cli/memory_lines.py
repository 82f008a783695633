"""A memory on one line: "it is Truffle" says nothing without the question it answers or the reply it corrects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sovl_core.cli.terminal import shorten

if TYPE_CHECKING:
    from sovl_core.journal import Journal
    from sovl_core.records import Episode

#: Characters of what was answered or corrected.
ANSWERED_WIDTH = 80


def what_it_answers(journal: Journal, episode: Episode) -> str:
    """Return in words what an answer or a correction was said to.

    "" for what stands by itself, and where that was forgotten.
    """
    from sovl_core.records import Question

    answered = journal.answered_by(episode)
    if answered is None:
        return ""
    if isinstance(answered, Question):
        return f'answers "{shorten(answered.text, ANSWERED_WIDTH)}"'
    return f'corrects the reply to #{answered.id} "{shorten(answered.prompt, ANSWERED_WIDTH)}"'


def memory_text(journal: Journal, episode: Episode, width: int) -> str:
    """Return what was said, and what it was said to.

    :param width: characters of what was said.
    """
    said_to = what_it_answers(journal, episode)
    return shorten(episode.prompt, width) + (f"  ({said_to})" if said_to else "")
