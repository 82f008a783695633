"""Dreams on request, outside of any night: chosen memories are dreamed about and what came of it is written down."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Callable, Iterator, List, Optional, Sequence

from sovl_core.error_handling import SOVLError
from sovl_core.events import Dream, DreamRequest, NightInterrupted

if TYPE_CHECKING:
    from sovl_core.journal import Journal
    from sovl_core.model_gate import ModelGate
    from sovl_core.model_host import ModelHost
    from sovl_core.plugin_manager import PluginManager
    from sovl_core.records import Episode

#: Memories that a dream on request is about when none are named.
LATEST = 10


class Dreaming:
    """Has the plugins dream; turns of other threads are answered meanwhile.

    :param stopping: True when the life is being closed.
    :param read_only: when True the dreams are not kept.
    """

    def __init__(
        self,
        journal: Journal,
        hooks: PluginManager,
        host: ModelHost,
        gate: ModelGate,
        stopping: Callable[[], bool],
        read_only: bool = False,
    ) -> None:
        self._journal = journal
        self._hooks = hooks
        self._host = host
        self._gate = gate
        self._stopping = stopping
        self._read_only = read_only

    def dream(
        self,
        memories: Optional[Sequence[Episode]] = None,
        breathe: Optional[Callable[[], None]] = None,
        **fields: Any,
    ) -> List[Dream]:
        """Gather the dreams of all plugins and enter them into the journal.

        :param memories: what to dream about; None for what no night has learned yet, else the latest.
        :param breathe: called between pieces of work, besides the kernel's own; may raise ``NightInterrupted``.
        :param fields: further fields of :class:`DreamRequest`.
        :return: the dreams; with their numbers unless they are not kept.
        :raises NightInterrupted: when it was ended early.
        :raises SOVLError: when no plugin dreams, or other work is in progress.
        """
        if not any(info.enabled and "on_dream" in info.hooks for info in self._hooks.infos()):
            raise SOVLError(
                "No plugin dreams",
                "Switch one on (`sovl plugins list`) or install one, such as: pip install sovl-dream",
            )
        if memories is None:
            memories = self._journal.unconsolidated(limit=LATEST) or self._journal.episodes(limit=LATEST)

        def breath() -> None:
            if breathe is not None:
                breathe()
            if self._stopping():
                raise NightInterrupted("the life is being closed")
            self._gate.give_way(self._lend)

        request = DreamRequest(memories=list(memories), breathe=self._hooks.kernels_own(breath), **fields)
        with self._gate.hold("a dream"):
            dreams = self._hooks.on_dream(request)
        return dreams if self._read_only or not dreams else self._journal.add_dreams(None, dreams)

    @contextlib.contextmanager
    def _lend(self) -> Iterator[None]:
        if not self._host.loaded:
            yield
            return
        # Dreaming changes no weights, but it may be listening to the bare base just now.
        models = self._host.get()
        enabled, models.scaffold_enabled = models.scaffold_enabled, True
        try:
            yield
        finally:
            models.scaffold_enabled = enabled
