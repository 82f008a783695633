"""Weights trained aside: turns meanwhile see the accepted ones, which come back unless the proposal is kept."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Callable, ContextManager, Dict, Iterator, List

from sovl_core.evaluation_mode import evaluating
from sovl_core.events import NightInterrupted
from sovl_core.model_gate import ModelGate

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_core.model_host import ModelHost


class Proposal:
    """Training in progress on the models, within :func:`propose`.

    ``while_awake`` holds context managers that put in place what was accepted besides weights.
    """

    def __init__(self, host: ModelHost, gate: ModelGate, stopping: Callable[[], bool]) -> None:
        self.models = host.get()
        self.kept = False
        self.while_awake: List[Callable[[], ContextManager[None]]] = []
        self._gate = gate
        self._stopping = stopping
        self._accepted: Dict[str, Dict[str, Tensor]] = self.models.snapshot()

    def start_untrained(self) -> None:
        """Let the work begin from what everything was before it ever learned."""
        self.models.restore(self.models.untrained())

    def breathe(self) -> None:
        """Give waiting turns the accepted weights and the models; end the work when the system is closing.

        :raises NightInterrupted: when the system is closing.
        """
        self._notice_late_trainables()
        self._stop_if_asked()
        if self._gate.give_way(self.by_day):
            self._stop_if_asked()

    def keep(self) -> None:
        """Let what was trained be the accepted weights from now on."""
        self.kept = True

    def undo(self) -> None:
        """Put the weights back that were accepted before."""
        self.models.restore(self._accepted)

    def _stop_if_asked(self) -> None:
        if self._stopping():
            raise NightInterrupted("the life is being closed")

    def _notice_late_trainables(self) -> None:
        # A scaffold that is built on first use enters the registry in the middle of a night.
        late = self.models.trainables.keys() - self._accepted.keys()
        if late:
            everything = self.models.snapshot()
            self._accepted.update({name: everything[name] for name in late})

    @contextlib.contextmanager
    def by_day(self) -> Iterator[None]:
        """Within this block the models are what a turn meets: as they were accepted, listening, without dropout."""
        import torch

        models = self.models
        candidate = models.snapshot()
        scaffold_enabled, models.scaffold_enabled = models.scaffold_enabled, True
        # Sampling in a turn moves the process-wide generator; the work goes on as if nobody had spoken.
        devices = [models.device] if models.device.type == "cuda" else []
        try:
            with contextlib.ExitStack() as lent:
                lent.enter_context(evaluating(models))
                lent.enter_context(torch.random.fork_rng(devices=devices))
                models.restore(self._accepted)
                for put_in_place in self.while_awake:
                    lent.enter_context(put_in_place())
                yield
        finally:
            models.restore(candidate)
            models.scaffold_enabled = scaffold_enabled


@contextlib.contextmanager
def propose(host: ModelHost, gate: ModelGate, work: str, stopping: Callable[[], bool]) -> Iterator[Proposal]:
    """Hold the models to train them; unless :meth:`Proposal.keep` was called the weights are then as before.

    :param work: what is being done, for the message to whoever wants to start something else.
    :param stopping: says that the work has to end at its next breath.
    :raises SOVLError: when other work is in progress.
    """
    with gate.hold(work):
        proposal = Proposal(host, gate, stopping)
        try:
            yield proposal
        finally:
            if not proposal.kept:
                proposal.undo()
