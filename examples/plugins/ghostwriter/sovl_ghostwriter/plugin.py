"""The ghostwriter plugin: answers ``on_dream`` with what an endpoint has written, beside all other writers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, List
from urllib.parse import urlsplit

from sovl_core.events import Dream, DreamRequest, Progress
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin, StatusPanel
from sovl_core.system_logging import log_info
from sovl_ghostwriter.settings import GhostwriterSettings

if TYPE_CHECKING:
    from sovl_core.plugin import PluginContext, PluginState
    from sovl_core.records import Episode
    from sovl_ghostwriter.endpoint import Endpoint


class GhostwriterPlugin(Plugin):
    """Has dreams written elsewhere. What cannot be had is left to the other writers."""

    name = "ghostwriter"
    summary = "has dreams written by any OpenAI-compatible endpoint; memories leave the machine"
    settings_model = GhostwriterSettings

    def __init__(self) -> None:
        self.settings = GhostwriterSettings()
        self.last = "nothing asked yet"

    @hookimpl
    def on_start(self, context: PluginContext) -> None:
        """Keep the context."""
        self.context = context
        self.settings = context.settings

    @hookimpl
    def on_dream(self, request: DreamRequest) -> List[Dream]:
        """Have dreams of the newest memories written; none where nobody can be asked."""
        settings = self.settings
        memories = self._to_send(request.memories)
        if not settings.url or not memories:
            return []
        from sovl_ghostwriter.asking import Asking
        from sovl_ghostwriter.writing import dreams_from, messages_for

        endpoint = self._endpoint()

        def ask(memory: Episode) -> str:
            return endpoint.ask(messages_for(memory, settings.questions))

        dreams: List[Dream] = []
        done = failed = 0
        reason = ""
        for memory, answer, failure in Asking(ask, memories, settings.parallel, settings.patience).outcomes(
            request.breathe
        ):
            done += 1
            if answer is not None:
                dreams += dreams_from(answer, memory, settings.questions)
            else:
                failed, reason = failed + 1, str(failure)
            if request.progress is not None:
                request.progress(Progress("dream", done, len(memories), detail="ghostwriter"))
        # Answers come in the order in which the network likes to bring them; a night is to be the same twice.
        dreams.sort(key=lambda dream: dream.parents)
        self._tell(len(memories), done, failed, reason, dreams)
        return dreams

    @hookimpl
    def on_save_state(self, state: PluginState) -> None:
        """Keep what came of the last asking: who looks at ``sovl status`` is in another process by then."""
        state.values["last"] = self.last

    @hookimpl
    def on_load_state(self, state: PluginState) -> None:
        """Take it back."""
        self.last = str(state.values.get("last", self.last))

    @hookimpl
    def on_status(self) -> StatusPanel:
        """Tell whom it asks, and what came of it last."""
        settings = self.settings
        asks = urlsplit(settings.url).netloc if settings.url else "nobody: plugins.ghostwriter.url is not set"
        key = f"from {settings.key_variable}" if os.environ.get(settings.key_variable) else "none"
        return StatusPanel("Ghostwriter", {"asks": asks, "key": key, "last time": self.last})

    def _to_send(self, memories: List[Episode]) -> List[Episode]:
        """Return the newest memories, without those of which something was withheld: the rest may tell on it."""
        marks = [mark for mark in self.settings.kept_back if mark]
        whole = [memory for memory in memories if not any(mark in memory.prompt for mark in marks)]
        return whole[-self.settings.memories :]

    def _endpoint(self) -> Endpoint:
        from sovl_ghostwriter.endpoint import Endpoint

        settings = self.settings
        return Endpoint(
            settings.url,
            settings.model,
            os.environ.get(settings.key_variable, "").strip(),
            settings.timeout,
            settings.temperature,
            settings.tokens,
        )

    def _tell(self, memories: int, done: int, failed: int, reason: str, dreams: List[Dream]) -> None:
        accepted = sum(dream.verdict == "accepted" for dream in dreams)
        self.last = f"{accepted} dreams of {done - failed} memories"
        if failed:
            self.last += f"; {failed} requests failed ({reason})"
        if done < memories:
            self.last += f"; gave up with {memories - done} not asked"
        log_info(
            self.context.logger,
            "ghostwriter",
            memories=memories,
            asked=done,
            failed=failed,
            reason=reason,
            dreams=len(dreams),
            accepted=accepted,
        )
