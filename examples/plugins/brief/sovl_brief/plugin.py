"""The brief plugin: replies of few tokens, and how often one did not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Generator, List

from pydantic import Field

from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Command, CommandOption, Plugin, PluginSettings, StatusPanel

if TYPE_CHECKING:
    from sovl_core.events import Reply, Turn
    from sovl_core.plugin import PluginContext, PluginState


# [settings]
class BriefSettings(PluginSettings):
    """How short a reply is."""

    tokens: int = Field(default=40, ge=1, le=4096, description="Longest reply, in tokens.")
    # [end settings]


# [plugin]
class BriefPlugin(Plugin):
    """Keeps replies short."""

    name = "brief"
    summary = "keeps replies short, and counts those that did not fit"
    settings_model = BriefSettings

    def __init__(self) -> None:
        self.cut = 0

    @hookimpl
    def on_start(self, context: PluginContext) -> None:
        """Keep what the kernel hands over."""
        self.context = context

    # [end plugin]

    # [generate]
    @hookimpl(wrapper=True)
    def on_generate(self, turn: Turn) -> Generator[None, Reply, Reply]:
        """Shorten the request before the reply exists, look at the reply after it."""
        if turn.purpose == "reply":
            turn.max_new_tokens = min(turn.max_new_tokens, self.context.settings.tokens)
        reply = yield
        if turn.purpose == "reply" and reply.finish_reason == "length":
            self.cut += 1
        return reply

    # [end generate]

    # [command]
    @hookimpl
    def on_commands(self) -> List[Command]:
        """Offer ``brief``, which tells how often a reply was cut, or changes how long it may be."""
        tokens = CommandOption("tokens", int, "Longest reply for this session, in tokens.", minimum=1, maximum=4096)
        return [Command("brief", "Show or change how long a reply may be.", self._brief, options=(tokens,))]

    def _brief(self, words: List[str], options: Dict[str, Any]) -> str:
        # An option that was not given is not there.
        if "tokens" in options:
            self.context.settings.tokens = options["tokens"]
        return f"at most {self.context.settings.tokens} tokens; {self.cut} replies cut so far"

    # [end command]

    # [state]
    @hookimpl
    def on_save_state(self, state: PluginState) -> None:
        """Remember the count."""
        state.values["cut"] = self.cut

    @hookimpl
    def on_load_state(self, state: PluginState) -> None:
        """Take it back."""
        self.cut = state.values["cut"]

    @hookimpl
    def on_status(self) -> StatusPanel:
        """Show it in ``sovl status``."""
        return StatusPanel("Brief", {"replies cut": self.cut})

    # [end state]
