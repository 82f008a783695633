"""The recall plugin: gives each memory rows by night, and lays them before the base when a prompt is about it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Dict, Generator, List, Optional, Set, Tuple

from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin, StatusPanel
from sovl_recall.settings import RecallSettings

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_core.data_processing import Encoded
    from sovl_core.events import Night, NightReport, ScaffoldContext, StepResult, TrainStep
    from sovl_core.models import Models
    from sovl_core.plugin import PluginContext
    from sovl_recall.rows import MemoryRows
    from sovl_recall.tonight import Tonight

TRAINABLE = "recall"
#: Capability of plugins that carry rows to the base.
LISTENER = "model.cross_attention"
#: Memories that the scaffold reads side by side at the end of a night.
READ_TOGETHER = 32


class RecallPlugin(Plugin):
    """Keeps key/value rows for each memory.

    They start as what the scaffold makes of the memory's words and are trained with everything else. Which memories a
    prompt is about comes with the scaffold context; without a plugin that tells, nothing is recalled.
    """

    name = "recall"
    summary = "key/value memory: rows for each memory that are heard when a prompt is about it"
    provides = ("memory.rows",)
    before = (LISTENER, "memory.tokens")
    settings_model = RecallSettings

    def __init__(self) -> None:
        self.settings = RecallSettings()
        self.rows: Optional[MemoryRows] = None
        self._estranged: Dict[int, int] = {}
        self._invented: List[Encoded] = []
        self._chance = random.Random(0)
        self._tonight: Optional[Tonight] = None

    @hookimpl
    def on_start(self, context: PluginContext) -> None:
        """Keep the context."""
        self.context = context
        self.settings = context.settings

    @hookimpl
    def on_models_loaded(self, models: Models) -> None:
        """Enter the rows among what learns, if there is a scaffold to make them of and somebody to listen to them."""
        listened_to = any(info.enabled and LISTENER in info.provides for info in self.context.hooks.infos())
        if not models.has_scaffold or not listened_to:
            return
        from sovl_recall.rows import MemoryRows

        self.rows = MemoryRows().to(models.device)
        models.register_trainable(TRAINABLE, self.rows, self.settings.learning_rate, decay=False)

    @hookimpl
    def on_models_unloaded(self, models: Models) -> None:
        """Let the rows go."""
        models.unregister_trainable(TRAINABLE)
        self.rows = None

    @hookimpl
    def on_scaffold_context(self, scaffold_context: ScaffoldContext) -> None:
        """Put the rows of the memories that the prompts are about beside what the scaffold reads."""
        memories = scaffold_context.memories
        if scaffold_context.training and self._invented and not memories:
            memories = [[] for _ in scaffold_context.prompts]
        if self.rows is None or not len(self.rows) or not memories:
            return
        if scaffold_context.training:
            memories = [self._meant(row, likely) for row, likely in enumerate(memories)]
            own = len(memories) - len(self._invented)
            memories[own:] = [[(-1 - place, 1.0)] for place in range(len(self._invented))]
        else:
            memories = [self._sharpened(likely) for likely in memories]
        read = self._read(memories, scaffold_context.training)
        invented = self._read_invented() if scaffold_context.training else None
        found = self.rows.recall(memories, self.settings.recalled, read, self._fixed(), invented)
        if found is not None:
            by_day = not scaffold_context.training and not read
            owners = self.rows.owners(memories, self.settings.recalled).to(found[0].device) if by_day else None
            scaffold_context.add_rows(*found, owners)
            scaffold_context.silent = self.settings.alone

    @hookimpl(wrapper=True)
    def on_train_step(self, step: TrainStep) -> Generator[None, Optional[StepResult], Optional[StepResult]]:
        """Put some dreams behind the prompts of others, and recall their memories all the same.

        What a memory says must not hang on how it is asked for: which memory is meant has been found out already.
        """
        if self.rows is None:
            return (yield)
        self._chance = step.rng
        if step.phase != "night":
            return (yield)
        from sovl_recall.estrangement import estrange
        from sovl_recall.invention import how_many, invent

        system_prompt = self.context.config.generation.system_prompt
        dreamed = self._tonight.prompts() if self._tonight is not None else []
        prompts = dreamed or [example.prompt for example in step.batch.examples]
        share, rows, drawn = self.settings.estranged, self.rows, step.batch
        step.batch, self._estranged = estrange(drawn, step.models, rows, prompts, share, step.rng, system_prompt)
        if self.settings.invented and self._tonight is not None:
            count = how_many(self.settings.invented, len(self._tonight.memories))
            step.batch, self._invented = invent(
                step.batch, step.models, self._telling, prompts, count, step.rng, system_prompt
            )
        try:
            return (yield)
        finally:
            self._estranged, self._invented = {}, []

    @hookimpl(wrapper=True)
    def on_sleep(self, night: Night) -> Generator[None, Optional[NightReport], Optional[NightReport]]:
        """Give tonight's memories their rows; those that nothing was learned of lose them again."""
        if self.rows is None:
            return (yield)
        # Of what was forgotten or superseded since not even the rows are to be learned with.
        still_true = self.context.journal.still_true
        before = still_true(self.rows.memories())
        self.rows.keep(before)
        try:
            tonight = self._tonight = self._lay_down(night)
            report = yield
            if report is not None:
                # The night itself may have found out that a memory was contradicted.
                self.rows.keep(still_true({*before, *report.learned}))
                self._fold([memory for memory in tonight.memories if memory in self.rows])
        finally:
            self._tonight = None
        return report

    @hookimpl
    def on_status(self) -> StatusPanel:
        """Tell how many memories have rows, once the models that they are part of are loaded."""
        return StatusPanel("Recall", {"memories with rows": "not loaded" if self.rows is None else len(self.rows)})

    def _lay_down(self, night: Night) -> Tonight:
        """Begin tonight's rows: as long as the night lasts, what the scaffold reads is added to them."""
        import torch

        from sovl_core.model_layers import output_size
        from sovl_recall.tonight import Tonight

        assert self.rows is not None
        tonight = Tonight(night, self.context.journal, self.context.config.generation.system_prompt)
        width = output_size(night.models.scaffold)
        for memory in night.memories:
            if memory.id not in self.rows:
                self.rows.add(memory.id, torch.zeros(self.settings.rows, width, device=night.models.device))
                tonight.memories.append(memory.id)
        return tonight

    def _read(self, memories: List[List[Tuple[int, float]]], training: bool) -> Dict[int, Tensor]:
        """Let the scaffold read those of tonight's memories that are recalled."""
        assert self.rows is not None
        count, tonight = self.settings.recalled, self._tonight
        wanted = {memory for likely in memories for memory, _ in self.rows.chosen(likely, count)}
        if tonight is None or not wanted.intersection(tonight.memories):
            return {}
        import torch

        from sovl_recall.states import memory_states

        models, fresh = self.context.models(), sorted(wanted.intersection(tonight.memories))
        exchanges = [tonight.told(memory, models) for memory in fresh]
        with torch.set_grad_enabled(training and torch.is_grad_enabled()):
            return dict(zip(fresh, memory_states(models, exchanges, self.settings.rows)))

    def _meant(self, row: int, likely: List[Tuple[int, float]]) -> List[Tuple[int, float]]:
        return [(self._estranged[row], 1.0)] if row in self._estranged else self._doubted(likely)

    def _telling(self, memory: int) -> Optional[Tuple[str, str]]:
        tonight = self._tonight
        return tonight.telling(memory) if tonight is not None and memory in tonight.memories else None

    def _read_invented(self) -> Dict[int, Tensor]:
        """Let the scaffold read what was invented for this step; its memories have numbers that no episode has."""
        if not self._invented:
            return {}
        from sovl_recall.states import memory_states

        states = memory_states(self.context.models(), self._invented, self.settings.rows)
        return {-1 - place: rows for place, rows in enumerate(states)}

    def _fixed(self) -> Set[int]:
        """Return the memories of earlier nights, by night: rehearsed a few times, their rows would only be blurred."""
        assert self.rows is not None
        return set() if self._tonight is None else set(self.rows.memories()).difference(self._tonight.memories)

    def _fold(self, memories: List[int]) -> None:
        """Make what the scaffold reads at the end of the night part of the rows: by day it reads them no more."""
        assert self.rows is not None
        for first in range(0, len(memories), READ_TOGETHER):
            together = memories[first : first + READ_TOGETHER]
            for memory, states in self._read([[(memory, 1.0)] for memory in together], training=False).items():
                self.rows.add(memory, self.rows[memory][: len(states)] + states)

    def _sharpened(self, likely: List[Tuple[int, float]]) -> List[Tuple[int, float]]:
        powers = [p**self.settings.sharpness for _, p in likely]
        scale = sum(p for _, p in likely) / (sum(powers) or 1.0)
        return [(memory, power * scale) for (memory, _), power in zip(likely, powers)]

    def _doubted(self, likely: List[Tuple[int, float]]) -> List[Tuple[int, float]]:
        power = self._chance.uniform(self.settings.doubt, 1.0)
        return [(memory, p**power) for memory, p in likely]
