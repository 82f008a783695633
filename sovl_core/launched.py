"""Which of several processes this is, when a launcher (accelerate, torchrun, MPI) has started more than one.

One of them keeps what is learned and speaks; the others lend their devices. Importing this imports no torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Optional, Tuple

from sovl_core.error_handling import SOVLError

#: What launchers call the number of a process and how many there are, in the order accelerate reads them.
RANKS = ("RANK", "PMI_RANK", "OMPI_COMM_WORLD_RANK", "MV2_COMM_WORLD_RANK")
SIZES = ("WORLD_SIZE", "PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")


@dataclass(frozen=True)
class Launched:
    """This process is number ``rank``, counted from 0, of ``count``."""

    rank: int = 0
    count: int = 1

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Launched:
        """Return what the launcher has said; a process that was started by itself is the only one."""
        rank, count = _number(environ, RANKS), _number(environ, SIZES)
        if rank is None or count is None or not 0 <= rank < count:
            return cls()
        return cls(rank, count)

    @property
    def several(self) -> bool:
        """True when there are others."""
        return self.count > 1

    @property
    def keeps(self) -> bool:
        """True for the one process that writes and speaks."""
        return self.rank == 0

    def __str__(self) -> str:
        return f"process {self.rank + 1} of {self.count}"

    def meet(self, device: str) -> None:
        """Return when every process has called this; each then has its own device where there are several.

        :param device: as in ``core.device``.
        :raises SOVLError: when the processes do not find each other.
        """
        if not self.several:
            return
        from accelerate import PartialState

        from sovl_core.pretrained import resolve_device

        kind = resolve_device(device).type
        state = PartialState(cpu=kind == "cpu")
        if state.num_processes != self.count:
            raise SOVLError(
                f"{self.count} processes were started, and on {kind} each of them would train by itself",
                "Train in one process, or choose another device: --set core.device=cpu",
            )
        state.wait_for_everyone()

    def part(self) -> None:
        """Leave the others, when all of them have done their work."""
        if self.several:
            from accelerate import PartialState

            state = PartialState()
            state.wait_for_everyone()
            state.destroy_process_group()


def _number(environ: Mapping[str, str], names: Tuple[str, ...]) -> Optional[int]:
    for name in names:
        if environ.get(name, "").isdecimal():
            return int(environ[name])
    return None
