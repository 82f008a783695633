"""The play plugin: nothing but commands, and the smallest that a plugin needs for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, List

from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Command, Plugin
from sovl_play.settings import PlaySettings

if TYPE_CHECKING:
    from sovl_core.plugin import PluginContext


class PlayPlugin(Plugin):
    """Adds commands; takes part in no reply, no night and nothing that is learned."""

    name = "play"
    summary = "commands to play with: it asks, muses, argues, imitates, goes back"
    settings_model = PlaySettings

    @hookimpl
    def on_start(self, context: PluginContext) -> None:
        """Keep the context: the commands speak through it."""
        self.context = context

    @hookimpl
    def on_commands(self) -> List[Command]:
        """Name the commands, one a module."""
        # Not with the plugin, which is loaded wherever a life is opened: commands are asked for less often.
        from sovl_play import backchannel, debate, echo, flare, glitch, mimic, muse, reflect, rewind, spark

        modules = (spark, reflect, muse, flare, echo, debate, glitch, rewind, mimic, backchannel)
        return [module.command(self.context) for module in modules]
