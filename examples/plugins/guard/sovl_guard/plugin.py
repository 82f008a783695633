"""The guard plugin: withholds secrets from the journal, and finds those that are in it already."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Dict, Generator, List, Optional

from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Command, Plugin, StatusPanel
from sovl_core.system_logging import log_info
from sovl_guard.patterns import Span, find, replaced
from sovl_guard.settings import GuardSettings

if TYPE_CHECKING:
    from sovl_core.events import Dream, DreamRequest, JournalEntry
    from sovl_core.plugin import PluginContext

#: Stands for words that could not be looked at.
UNSEEN = "[withheld: the guard failed]"
#: Episodes looked at at once.
PAGE = 500


class GuardPlugin(Plugin):
    """Stands between whatever is said and the journal."""

    name = "guard"
    summary = "keeps secrets out of the journal: keys, card numbers, passwords, patterns of your own"
    settings_model = GuardSettings

    def __init__(self) -> None:
        self.settings = GuardSettings()
        self.withheld: Counter[str] = Counter()

    @hookimpl
    def on_start(self, context: PluginContext) -> None:
        """Keep the context."""
        self.context = context
        self.settings = context.settings

    @hookimpl
    def on_journal(self, entry: JournalEntry) -> None:
        """Withhold secrets from what is about to be written down."""
        try:
            found = self._find(entry.text)
            if not found:
                return
            spans = [span for kind in found.values() for span in kind]
            entry.text = replaced(entry.text, spans, self.settings.replacement)
        except Exception as error:
            # Where a guard fails, the kernel goes on without it: nothing may have slipped through by then.
            entry.text = UNSEEN
            log_info(self.context.logger, "guard_failed", part=entry.part, error=type(error).__name__)
            return
        kinds = {kind: len(spans) for kind, spans in found.items()}
        # Typed in a session, the same words come as those of its history and as those of a turn.
        if entry.part != "typed":
            self.withheld.update(kinds)
        log_info(self.context.logger, "secret_withheld", part=entry.part, kinds=kinds)

    @hookimpl(wrapper=True)
    def on_dream(self, request: DreamRequest) -> Generator[None, List[Dream], List[Dream]]:
        """Take away the dreams that would teach the mark: that a password is "[withheld]" is no fact.

        What else was said in the same breath is dreamed of as ever.
        """
        dreams = yield
        marks = [mark for mark in (self.settings.replacement, UNSEEN) if mark.strip()]
        return [dream for dream in dreams if not any(mark in f"{dream.prompt}\n{dream.completion}" for mark in marks)]

    @hookimpl
    def on_commands(self) -> List[Command]:
        """Bring the command that looks for secrets of before."""
        return [
            Command(
                "secrets",
                "Find turns that hold what is withheld today, said before it was.\n\n"
                "Shows their numbers, not their words. What to type to be rid of them comes with it.",
                self._secrets,
                usage="secrets",
                example="secrets",
            )
        ]

    @hookimpl
    def on_status(self) -> StatusPanel:
        """Tell how much was withheld since the start."""
        withheld = ", ".join(f"{n} {kind}" for kind, n in self.withheld.items()) or 0
        return StatusPanel("Guard", {"withheld since the start": withheld})

    def _find(self, text: str) -> Dict[str, List[Span]]:
        settings = self.settings
        return find(text, settings.known, settings.patterns, settings.replacement)

    def _secrets(self, words: List[str], options: Dict[str, Any]) -> str:
        numbers: List[int] = []
        before: Optional[int] = None
        while True:
            page = self.context.journal.episodes(limit=PAGE, before=before)
            for episode in page:
                if self._find(episode.prompt) or self._find(episode.reply):
                    numbers.append(episode.id)
            if len(page) < PAGE:
                break
            before = page[-1].id
        if not numbers:
            return "No turn holds anything that is withheld."
        listed = " ".join(map(str, sorted(numbers)))
        hold = "turn holds" if len(numbers) == 1 else "turns hold"
        return f"{len(numbers)} {hold} secrets. To forget: sovl forget {listed}"
