"""The training of a night: steps over its dreams until they are known or the night is over.

A night that was interrupted takes the steps it would have taken, on a CPU bit for bit: which dreams meet in a step,
and whatever is left to chance in it, follow from the night and the number of the step; what the bare base makes of them
is read ahead in an order of its own; everything else is in the checkpoint.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Deque, Iterator, List, Optional, Sequence

from sovl_core.answer_states import READ_TOGETHER, PromptCache, read_ahead
from sovl_core.constants import KEPT_KINDS
from sovl_core.data_processing import Encoded, Example, collate, pad_token_id, tokenize_and_map
from sovl_core.events import Dream, Night, Progress, TrainStep
from sovl_core.optimization_step import optimise, remember_teacher, train_step
from sovl_core.optimizer_state import optimizer_state, restore_optimizer_state
from sovl_core.training import setup_optimizer
from sovl_gestation.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from sovl_gestation.curriculum import Curriculum, steps_for
from sovl_gestation.settings import GestationSettings

if TYPE_CHECKING:
    from sovl_core.models import Models
    from sovl_core.plugin_manager import PluginManager

#: Dreams of memories, tonight's and rehearsed ones, that must be known of those seen last for training to end early.
KNOWN_SHARE = 0.98
#: Steps whose dreams these are; fewer where all dreams come up in fewer.
KNOWN_STEPS = 16


def encode_dreams(models: Models, dreams: Sequence[Dream], system_prompt: str) -> List[Encoded]:
    """Return dreams as ids, each an example of its kind and weight."""
    examples = [Example(d.prompt, d.completion, d.kind, d.weight, dream=d) for d in dreams]
    return tokenize_and_map(models.base_tokenizer, examples, system_prompt=system_prompt)


class NightTraining:
    """Trains in place on ``night.models``.

    :param dreams: accepted dreams of tonight, background among them; held-out ones are left alone.
    :param replayed: accepted dreams of earlier nights.
    :param seed: what chance follows from, the same when the night goes on after an interruption.
    """

    def __init__(
        self,
        night: Night,
        dreams: Sequence[Dream],
        replayed: Sequence[Dream],
        settings: GestationSettings,
        hooks: PluginManager,
        system_prompt: str,
        seed: str = "",
    ) -> None:
        self.night, self.settings, self.hooks, self.seed = night, settings, hooks, seed
        trained = [d for d in dreams if d.verdict == "accepted" and not d.held_out]
        tonight = encode_dreams(night.models, [d for d in trained if d.kind not in KEPT_KINDS], system_prompt)
        background = encode_dreams(night.models, [d for d in trained if d.kind in KEPT_KINDS], system_prompt)
        again = encode_dreams(night.models, replayed, system_prompt)
        self.curriculum = Curriculum(
            tonight,
            again,
            background,
            settings.batch_answers,
            settings.batch_background,
            settings.replay,
            random.Random(f"{seed}:curriculum"),
        )
        most = settings.most_deep_steps if night.deep else settings.most_steps
        memories = {parent for dream in trained if dream.kind not in KEPT_KINDS for parent in dream.parents}
        # Few dreams of many memories are no less to learn: to read them is learned in steps.
        least = max(settings.least_steps, min(most, settings.steps_per_memory * len(memories)))
        self.total = steps_for(len(tonight), self.curriculum.tonight_count, settings.passes, least, most)
        self.total = int(night.options.get("steps") or self.total)
        self._plan = [self.curriculum.batch() for _ in range(self.total)]
        self._dreams = [*tonight, *again, *background]
        self._cache = PromptCache()
        # Whether prompts are the bare base's, so that they can be read ahead: the first step tells.
        self._prompts_frozen: Optional[bool] = None
        self.step, self.tokens, self.skipped, self.loss = 0, 0, 0, float("nan")
        seen_last = min(len(tonight) + len(again), KNOWN_STEPS * self.curriculum.answers_count)
        self._known: Deque[bool] = deque(maxlen=max(1, seen_last))
        self._optimizer: Any = None
        self._schedule: Any = None

    def run(self) -> None:
        """Train to the end, giving way at every step.

        :raises NightInterrupted: when the night has to end; the checkpoint is gone on from.
        """
        self._begin(load_checkpoint(self.night.folder) if self.night.resumed else None)
        started, first = time.monotonic(), self.step
        while self.step < self.total and not self._all_known():
            self._breathe()
            if self._prompts_frozen is not None and not self._cache.closed:
                self._read_ahead()
                # What is read once says nothing of how long the steps take that are left.
                started, first = time.monotonic(), self.step
            self._take_step()
            if self.step % self.settings.checkpoint_steps == 0:
                self._save()
            each = (time.monotonic() - started) / (self.step - first)
            left = each * (self.total - self.step)
            self.night.progress(Progress("train", self.step, self.total, self.loss, left))

    def _read_ahead(self) -> None:
        """Let the bare base read what the night will ask it for, dreams of similar length together."""
        models, frozen = self.night.models, bool(self._prompts_frozen)
        self.night.progress(Progress("train", self.step, self.total, self.loss, detail="reads ahead"))
        if frozen:
            read_ahead(models, self._dreams, self._cache, self._breathe)
        self._cache.closed = True
        drawn = {id(item): item for batch in self._plan for item in batch if item.example.kind in KEPT_KINDS}
        kept = sorted(drawn.values(), key=len)
        for first in range(0, len(kept), READ_TOGETHER):
            self._breathe()
            remember_teacher(models, kept[first : first + READ_TOGETHER], frozen, self._cache)

    def _take_step(self) -> None:
        models = self.night.models
        batch = collate(self._plan[self.step], pad_token_id(models.base_tokenizer)).to(models.device)
        rng = random.Random(f"{self.seed}:{self.step}")
        step = TrainStep(batch, models, self.step, self.total, "night", lambda loss: loss.backward(), rng=rng)
        step.prompt_cache = self._cache if self._cache.closed else None
        with _torch_drawing(models, rng):
            result = self.hooks.on_train_step(step, train_step)
        self.step, self._prompts_frozen = self.step + 1, step.prompt_frozen
        if result.skipped is not None:
            # Whatever gradient a failed contribution has left is half of one.
            self._optimizer.zero_grad(set_to_none=True)
            self.skipped += 1
            return
        optimise(models, self._optimizer, self._schedule, self.settings.max_grad_norm)
        self.tokens += result.tokens
        self.loss = result.losses.get("answer", result.loss)
        answers = result.least_probability[: self.curriculum.answers_count]
        self._known.extend(p > self.settings.known_probability for p in answers)

    def _all_known(self) -> bool:
        full = len(self._known) == self._known.maxlen
        return full and sum(self._known) >= KNOWN_SHARE * len(self._known)

    def _begin(self, checkpoint: Optional[Checkpoint]) -> None:
        """Make the optimizer, and go on where training was interrupted."""
        models, settings = self.night.models, self.settings
        if checkpoint is not None:
            models.restore(checkpoint.weights)
            self.step, self.skipped = checkpoint.step, checkpoint.skipped
            self.tokens, self.loss = checkpoint.tokens, checkpoint.loss
            self._known.extend(checkpoint.known)
            self._prompts_frozen = checkpoint.prompts_frozen
        self._optimizer, self._schedule = setup_optimizer(
            models,
            settings.learning_rate,
            settings.weight_decay,
            self.total,
            settings.warmup,
            first_step=self.step - self.skipped,
        )
        if checkpoint is not None:
            restore_optimizer_state(models, self._optimizer, checkpoint.moments)

    def _save(self) -> None:
        models = self.night.models
        weights, moments = models.snapshot(), optimizer_state(models, self._optimizer)
        so_far = Checkpoint(self.step, weights, moments, self.skipped, self.tokens, self.loss)
        so_far.known, so_far.prompts_frozen = list(self._known), self._prompts_frozen
        save_checkpoint(self.night.folder, so_far)

    def _breathe(self) -> None:
        try:
            self.night.breathe()
        except BaseException:
            self._save()
            raise


@contextlib.contextmanager
def _torch_drawing(models: Models, rng: random.Random) -> Iterator[None]:
    """Within this block what torch draws follows from ``rng``; the process-wide generator is left as it was."""
    import torch

    with torch.random.fork_rng(devices=[models.device] if models.device.type == "cuda" else []):
        torch.manual_seed(rng.getrandbits(63))
        yield
