"""What was said to the life, as the journal has it: the turns of the conversation, and the user's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Optional

from sovl_core.error_handling import BadInput

if TYPE_CHECKING:
    from sovl_core.plugin import PluginContext
    from sovl_core.records import Episode


def conversation(context: PluginContext) -> Optional[str]:
    """Return the conversation that goes on; the last one where nothing was said in it yet; None in a silent life.

    A command in the shell begins a conversation of its own, in which nothing is ever said.
    """
    current = context.conversation()
    return current if context.journal.thread(current, limit=1) else context.journal.last_conversation()


def recent_turns(context: PluginContext, limit: int) -> List[Episode]:
    """Return the latest turns of the conversation, oldest first, those that got no reply among them."""
    name = conversation(context)
    return [] if name is None else context.journal.thread(name, limit=limit)


def own_words(context: PluginContext, limit: int) -> List[str]:
    """Return what the user said in the latest turns of all conversations, newest first; what was corrected left out."""
    return [episode.prompt for episode in context.journal.episodes(limit=limit) if episode.superseded_by is None]


def subject(context: PluginContext, words: List[str], command: str) -> str:
    """Return what a command is about: the words after it, else what the user said last.

    :param command: its name, for the message.
    :raises BadInput: when there are no words and nothing was ever said.
    """
    given = " ".join(words).strip()
    if given:
        return given
    said = own_words(context, 1)
    if not said:
        raise BadInput("Nothing was said yet", f"Say what it is about, as in: {command} My dog is called Biscuit.")
    return said[0]
