"""The training of a night: steps over its dreams until they are known or the night is over."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Deque, List, Sequence

from sovl_core.answer_states import PromptCache
from sovl_core.constants import KEPT_KINDS
from sovl_core.data_processing import Encoded, Example, collate, pad_token_id, tokenize_and_map
from sovl_core.events import Dream, Night, Progress, TrainStep
from sovl_core.optimization_step import optimise, train_step
from sovl_core.training import setup_optimizer
from sovl_gestation.checkpoint import load_checkpoint, save_checkpoint
from sovl_gestation.curriculum import Curriculum, steps_for
from sovl_gestation.settings import GestationSettings

if TYPE_CHECKING:
    from sovl_core.models import Models
    from sovl_core.plugin_manager import PluginManager

#: Dreams of tonight that must be known, of those seen last, for training to end early.
KNOWN_SHARE = 0.98


def encode_dreams(models: Models, dreams: Sequence[Dream], system_prompt: str) -> List[Encoded]:
    """Return dreams as ids, each an example of its kind and weight."""
    examples = [Example(d.prompt, d.completion, d.kind, d.weight, dream=d) for d in dreams]
    return tokenize_and_map(models.base_tokenizer, examples, system_prompt=system_prompt)


class NightTraining:
    """Trains in place on ``night.models``.

    :param dreams: accepted dreams of tonight, background among them; held-out ones are left alone.
    :param replayed: accepted dreams of earlier nights.
    """

    def __init__(
        self,
        night: Night,
        dreams: Sequence[Dream],
        replayed: Sequence[Dream],
        settings: GestationSettings,
        hooks: PluginManager,
        system_prompt: str,
    ) -> None:
        self.night, self.settings, self.hooks = night, settings, hooks
        trained = [d for d in dreams if d.verdict == "accepted" and not d.held_out]
        tonight = encode_dreams(night.models, [d for d in trained if d.kind not in KEPT_KINDS], system_prompt)
        background = encode_dreams(night.models, [d for d in trained if d.kind in KEPT_KINDS], system_prompt)
        self.curriculum = Curriculum(
            tonight,
            encode_dreams(night.models, replayed, system_prompt),
            background,
            settings.batch_answers,
            settings.batch_background,
            settings.replay,
            night.rng,
        )
        most = settings.most_deep_steps if night.deep else settings.most_steps
        self.total = steps_for(len(tonight), self.curriculum.tonight_count, settings.passes, settings.least_steps, most)
        self.total = int(night.options.get("steps") or self.total)
        self.cache = PromptCache()
        self.step, self.tokens, self.skipped, self.loss = 0, 0, 0, float("nan")
        self._known: Deque[bool] = deque(maxlen=max(1, len(tonight)))

    def run(self) -> None:
        """Train to the end, giving way at every step.

        :raises NightInterrupted: when the night has to end; the checkpoint is gone on from.
        """
        models, settings = self.night.models, self.settings
        self._resume()
        optimizer, schedule = setup_optimizer(
            models, settings.learning_rate, settings.weight_decay, self.total, settings.warmup, first_step=self.step
        )
        started, first = time.monotonic(), self.step
        while self.step < self.total and not self._all_known():
            self._breathe()
            self._take_step(optimizer, schedule)
            if self.step % settings.checkpoint_steps == 0:
                save_checkpoint(self.night.folder, self.step, models.snapshot())
            each = (time.monotonic() - started) / (self.step - first)
            left = each * (self.total - self.step)
            self.night.progress(Progress("train", self.step, self.total, self.loss, left))

    def _take_step(self, optimizer: object, schedule: object) -> None:
        models = self.night.models
        encoded = self.curriculum.batch()
        batch = collate(encoded, pad_token_id(models.base_tokenizer)).to(models.device)
        step = TrainStep(
            batch, models, self.step, self.total, "night", lambda loss: loss.backward(), prompt_cache=self.cache
        )
        result = self.hooks.on_train_step(step, train_step)
        self.step += 1
        if result.skipped is not None:
            # Whatever gradient a failed contribution has left is half of one.
            optimizer.zero_grad(set_to_none=True)  # type: ignore[attr-defined]
            self.skipped += 1
            return
        optimise(models, optimizer, schedule, self.settings.max_grad_norm)
        self.tokens += result.tokens
        self.loss = result.losses.get("answer", result.loss)
        tonight = self.curriculum.tonight_count
        self._known.extend(p > self.settings.known_probability for p in result.least_probability[:tonight])

    def _all_known(self) -> bool:
        full = len(self._known) == self._known.maxlen
        return full and sum(self._known) >= KNOWN_SHARE * len(self._known)

    def _resume(self) -> None:
        found = load_checkpoint(self.night.folder) if self.night.resumed else None
        if found is None:
            return
        self.step, state = found
        self.night.models.restore(state)

    def _breathe(self) -> None:
        try:
            self.night.breathe()
        except BaseException:
            save_checkpoint(self.night.folder, self.step, self.night.models.snapshot())
            raise
