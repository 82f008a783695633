"""Dreams on request, outside of any night: chosen memories are dreamed about and what came of it is written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List, Optional, Sequence

from sovl_core.error_handling import SOVLError
from sovl_core.events import Dream, DreamRequest

if TYPE_CHECKING:
    from sovl_core.journal import Journal
    from sovl_core.plugin_manager import PluginManager
    from sovl_core.records import Episode

#: Memories that a dream on request is about when none are named.
LATEST = 10


def dream_on_request(
    journal: Journal,
    hooks: PluginManager,
    memories: Optional[Sequence[Episode]] = None,
    read_only: bool = False,
    **fields: Any,
) -> List[Dream]:
    """Gather the dreams of all plugins and enter them into the journal.

    :param memories: what to dream about; None for what no night has learned yet, else the latest.
    :param fields: further fields of :class:`DreamRequest`.
    :return: the dreams; with their numbers unless ``read_only``.
    :raises SOVLError: when no plugin dreams.
    """
    if not any(info.enabled and "on_dream" in info.hooks for info in hooks.infos()):
        raise SOVLError(
            "No plugin dreams", "Switch one on (`sovl plugins list`) or install one, such as: pip install sovl-dream"
        )
    if memories is None:
        memories = journal.unconsolidated(limit=LATEST) or journal.episodes(limit=LATEST)
    dreams = hooks.on_dream(DreamRequest(memories=list(memories), **fields))
    return dreams if read_only or not dreams else journal.add_dreams(None, dreams)
