"""Names the plugin whose command fails: a mistake in it is its author's, and the person at the terminal should know."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Iterator

from sovl_core.error_handling import PluginError, SOVLError, is_out_of_memory
from sovl_core.plugin_blame import never_blamed
from sovl_core.plugin_records import PluginFailure, describe_error, place_of

if TYPE_CHECKING:
    from sovl_core.plugin_manager import PluginManager


@contextlib.contextmanager
def mistakes_named(plugins: PluginManager, plugin: str, command: str) -> Iterator[None]:
    """Within this block, where a command runs, a mistake of its plugin is raised with all its names.

    What is explained already, and what the disk, the memory or the kernel is to blame for, passes as it is.

    :param plugin: the name of the plugin that brings the command.
    :raises PluginError: for a mistake; the plugin stays on.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, (SOVLError, OSError)) or is_out_of_memory(error) or never_blamed(error):
            raise
        info = next(info for info in plugins.infos() if info.name == plugin)
        where = place_of(error, plugins.get(plugin))
        failure = PluginFailure(
            plugin, info.distribution, info.version, f"its command {command!r}", describe_error(error), where
        )
        # With no line of its own on the stack it was the call itself that did not fit.
        hint = (
            "Run it again with --debug to see the traceback"
            if where
            else "A command's function takes words, a list, and options, a dictionary"
        )
        raise PluginError(f"The {failure}", hint) from error
