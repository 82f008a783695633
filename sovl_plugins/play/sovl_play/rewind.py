"""``rewind``: the conversation goes on from an earlier turn; what came after it is no longer heard."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Dict, List

from sovl_core.error_handling import BadInput
from sovl_core.plugin import Command
from sovl_play.heard import conversation, recent_turns
from sovl_play.options import count
from sovl_play.wording import quote

if TYPE_CHECKING:
    from sovl_core.plugin import PluginContext

NAME = "rewind"


def command(context: PluginContext) -> Command:
    """Return the command."""
    return Command(
        NAME,
        "Go back to an earlier turn of the conversation.\n\n"
        "N says by how many turns. What was said since then stays in the journal and is learned like anything else; it "
        "is only not heard any more as the conversation goes on. In a shell this is the last conversation, and "
        "`sovl chat --continue` goes on with it.",
        partial(rewind, context),
        usage=f"{NAME} [N]",
        example=f"{NAME} 2",
    )


def rewind(context: PluginContext, words: List[str], options: Dict[str, Any]) -> str:
    """Branch off the conversation before its last turns, and go on with the branch."""
    if len(words) > 1:
        raise BadInput(f"{NAME} takes one number, but was given {' '.join(words)!r}", f"Say how many: {NAME} 2")
    back = count(words[0], "back", f"{NAME} 2") if words else context.settings.back
    # One more, to go on after.
    turns = recent_turns(context, back + 1)
    if not turns:
        return "There is nothing to go back to: nothing was said yet."
    if len(turns) < back:
        there_are = "There is only one turn" if len(turns) == 1 else f"There are only {len(turns)} turns"
        raise BadInput(f"{there_are} to go back by", f"To its beginning: {NAME} {len(turns)}")
    kept, left = (turns[0], turns[1:]) if len(turns) > back else (None, turns)
    name = conversation(context) or ""
    context.go_on_with(context.journal.branch_conversation(name, None if kept is None else kept.id))
    after = "from the beginning" if kept is None else f"after {quote(kept.prompt)}"
    forgotten = ", ".join(quote(turn.prompt) for turn in left)
    return f"The conversation goes on {after}.\nNot heard any more, but still in the journal: {forgotten}"
