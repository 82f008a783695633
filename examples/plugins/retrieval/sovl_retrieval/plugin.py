"""The retrieval plugin: puts passages before the user's words, for as long as the reply is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Generator, List, Optional, Sequence

from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Command, CommandOption, Plugin, StatusPanel
from sovl_retrieval.passages import Passage, find_passages
from sovl_retrieval.settings import RetrievalSettings

if TYPE_CHECKING:
    from sovl_core.events import Reply, Turn
    from sovl_core.plugin import PluginContext

#: ``turn.annotations`` key: True puts passages into this turn, False does not, whatever the settings say.
WANTED = "retrieval.wanted"
#: What the command compare shows, each with whether passages are there and whether the scaffold is.
WAYS = (
    ("neither", False, False),
    ("retrieval", True, False),
    ("weights", False, True),
    ("both", True, True),
)


class RetrievalPlugin(Plugin):
    """Changes what the base reads in a reply, and nothing else: the journal and the nights never see a passage.

    It is called further inside than what carries the scaffold to the base, which so reads the user's words alone.
    """

    name = "retrieval"
    summary = "puts passages of the journal into the prompt, to be compared or combined with what was learned"
    provides = ("prompt.passages",)
    after = ("model.cross_attention",)
    settings_model = RetrievalSettings

    def __init__(self) -> None:
        self.settings = RetrievalSettings()
        self.helped = self.passages = 0

    @hookimpl
    def on_start(self, context: PluginContext) -> None:
        """Keep the context."""
        self.context = context
        self.settings = context.settings

    @hookimpl(wrapper=True)
    def on_generate(self, turn: Turn) -> Generator[None, Optional[Reply], Optional[Reply]]:
        """Put passages before the prompt, and take them away again when the reply is there."""
        passages = self.passages_for(turn)
        if not passages:
            return (yield)
        said = turn.prompt
        turn.prompt = self.with_passages(said, passages)
        try:
            reply = yield
        finally:
            turn.prompt = said
        self.helped, self.passages = self.helped + 1, self.passages + len(passages)
        if reply is not None:
            reply.annotations["retrieval.passages"] = len(passages)
            reply.annotations["retrieval.memories"] = [(passage.episode, passage.likeness) for passage in passages]
        return reply

    @hookimpl
    def on_commands(self) -> List[Command]:
        """Bring the command that compares."""
        return [
            Command(
                "compare",
                "Answer a question four ways: with passages, with what was learned, with both, with neither.\n\n"
                "Greedily, in no conversation, and nothing of it is kept.",
                self._compare,
                usage="compare QUESTION",
                example="compare What is my dog called?",
                options=(CommandOption("tokens", int, "Longest answer, in tokens.", minimum=4, maximum=512),),
            )
        ]

    @hookimpl
    def on_status(self) -> StatusPanel:
        """Tell whether it is on, and how often it has helped since the start."""
        since = f"{self.helped} with {self.passages} passages"
        return StatusPanel("Retrieval", {"on": self.settings.on, "prompts since the start": since})

    def passages_for(self, turn: Turn) -> List[Passage]:
        """Return what to put before a turn's prompt."""
        settings = self.settings
        if not turn.annotations.get(WANTED, settings.on and is_talk(turn)):
            return []
        found = find_passages(self.context.journal, turn, settings.passages, settings.replies)
        kept: List[Passage] = []
        for passage in found:
            if sum(len(known.text) for known in (*kept, passage)) <= settings.characters:
                kept.append(passage)
        return kept

    def with_passages(self, prompt: str, passages: Sequence[Passage]) -> str:
        """Return a prompt with passages before it, one a line."""
        lines = [f"- {' '.join(passage.text.split())}" for passage in passages]
        return "\n".join([self.settings.introduction, *lines, "", prompt])

    def _compare(self, words: List[str], options: Dict[str, Any]) -> str:
        from sovl_core.error_handling import BadInput
        from sovl_core.events import Turn

        if not words:
            raise BadInput("There is nothing to compare", "Type: sovl run compare What is my dog called?")
        tokens = options.get("tokens") or self.settings.tokens
        lines = []
        for name, with_passages, use_scaffold in WAYS:
            turn = Turn(" ".join(words), max_new_tokens=tokens, use_scaffold=use_scaffold, purpose="play")
            turn.annotations[WANTED] = with_passages
            reply = self.context.generate(turn)
            lines.append(f"{name + ':':<11} {' '.join(reply.text.split())}")
            if name == "both":
                used = reply.annotations.get("retrieval.memories", ())
                lines.append(f"{'passages:':<11} {', '.join(str(number) for number, _ in used) or 'none found'}")
        return "\n".join(lines)


def is_talk(turn: Turn) -> bool:
    """Return True for what the user says, and for a reply that is gone through again by ``sovl why``.

    Never for what a night asks of itself: it must not be told the answers, and it asks outside of any conversation.
    """
    return turn.purpose == "reply" or (turn.purpose == "evaluation" and bool(turn.conversation))
