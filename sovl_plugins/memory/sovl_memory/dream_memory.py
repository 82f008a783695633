"""Dream memory: a few noisy traces of what was dreamed about, fading; they stand beside the prompt as extra rows."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Container, Dict, List, Optional, Sequence, Tuple

from sovl_memory.settings import MemorySettings

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Trace:
    """One trace: ``vector`` float32 [scaffold width] on the CPU, ``weight`` in (0, 1], the ``episode`` it came from."""

    vector: Tensor
    weight: float = 1.0
    episode: Optional[int] = None


def dream_memory_decay(
    traces: Sequence[Trace], decay: float = 0.95, threshold: float = 0.1, steps: int = 1
) -> List[Trace]:
    """Return the traces that are left after some steps of fading, in the same order.

    The classic rule faded traces only when a new one came; among ten places the oldest stood at 0.95^9 = 0.63 when it
    was pushed out, so that none ever fell below 0.1. Here turns fade them too (45 turns take a trace below 0.1).

    :param decay: what is left of each weight after a step, in [0, 1].
    :param threshold: traces below it are left out.
    :param steps: how many steps.
    """
    faded = [replace(trace, weight=trace.weight * decay**steps) for trace in traces]
    return [trace for trace in faded if trace.weight >= threshold]


def noise_share(settings: MemorySettings, melancholic: bool, novel: bool) -> float:
    """Return how noisy a trace is laid down, as a share of its root mean square."""
    share = settings.noise
    if melancholic:
        share += settings.melancholy_noise
    if novel:
        share += settings.novelty_noise
    return min(settings.noise_limit, share)


class DreamMemory:
    """The traces, oldest first.

    :param settings: size, decay and noise; read at each use, so a change holds at once.
    """

    def __init__(self, settings: MemorySettings) -> None:
        self._settings = settings
        self.traces: List[Trace] = []

    def fade(self, steps: int = 1) -> None:
        """Let all traces fade."""
        settings = self._settings
        self.traces = dream_memory_decay(self.traces, settings.dream_memory_decay, settings.prune_threshold, steps)

    def dream(self, vector: Tensor, episode: Optional[int], melancholic: bool, rng: random.Random) -> None:
        """Lay down a trace of an episode; the others fade, an older trace of the same episode gives way to it.

        :param vector: float [scaffold width], the episode's pooled scaffold state.
        :param melancholic: noise is stronger in that mood.
        :param rng: seeds the noise.
        """
        import torch

        settings = self._settings
        self.fade()
        novel = episode is None or all(trace.episode != episode for trace in self.traces)
        if not novel:
            self.traces = [trace for trace in self.traces if trace.episode != episode]
        clean = vector.detach().to("cpu", torch.float32)
        generator = torch.Generator().manual_seed(rng.getrandbits(62))
        noise = torch.randn(clean.shape, generator=generator) * clean.pow(2).mean().sqrt()
        trace = Trace(clean + noise_share(settings, melancholic, novel) * noise, 1.0, episode)
        self.traces.append(trace)
        while len(self.traces) > settings.dream_memory_size:
            self.traces.remove(min(self.traces, key=lambda candidate: candidate.weight))

    def forget(self, episodes: Container[int]) -> None:
        """Drop the traces of some episodes."""
        self.traces = [trace for trace in self.traces if trace.episode not in episodes]

    def rows(self) -> Optional[Tuple[Tensor, Tensor]]:
        """Return vectors float32 [rows, width] and weights float32 [rows], None when there is no trace."""
        if not self.traces:
            return None
        import torch

        weights = torch.tensor([trace.weight for trace in self.traces])
        return torch.stack([trace.vector for trace in self.traces]), weights

    def save(self, values: Dict[str, Any], tensors: Dict[str, Tensor]) -> None:
        """Put the traces into a plugin's state."""
        rows = self.rows()
        values["traces"] = [[trace.weight, trace.episode] for trace in self.traces]
        if rows is not None:
            tensors["dream_memory"] = rows[0]

    def load(self, values: Dict[str, Any], tensors: Dict[str, Tensor]) -> None:
        """Take the traces back; a state without them gives an empty memory, and needs no torch."""
        vectors = tensors.get("dream_memory")
        noted = values.get("traces", [])
        self.traces = []
        if vectors is not None and len(noted) == len(vectors):
            import torch

            self.traces = [
                Trace(vector.to("cpu", torch.float32), float(weight), episode)
                for vector, (weight, episode) in zip(vectors, noted)
            ]
