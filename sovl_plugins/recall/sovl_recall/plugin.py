"""The recall plugin: gives each memory rows by night, and lays them before the base when a prompt is about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, Generator, List, Optional, Tuple

from sovl_core.constants import KEPT_KINDS
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

TRAINABLE = "recall"
#: Capability of plugins that carry rows to the base.
LISTENER = "model.cross_attention"


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
        self._tonight: Dict[int, Optional[Encoded]] = {}
        self._night: Optional[Night] = None
        self._prompts: List[str] = []

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
        if self.rows is None or not len(self.rows) or not scaffold_context.memories:
            return
        memories = scaffold_context.memories
        if scaffold_context.training:
            memories = [
                [(self._estranged[row], 1.0)] if row in self._estranged else self._doubted(likely)
                for row, likely in enumerate(memories)
            ]
        else:
            memories = [self._sharpened(likely) for likely in memories]
        found = self.rows.recall(memories, self.settings.recalled, self._read(memories, scaffold_context.training))
        if found is not None:
            scaffold_context.add_rows(*found)
            scaffold_context.silent = self.settings.alone

    @hookimpl(wrapper=True)
    def on_train_step(self, step: TrainStep) -> Generator[None, Optional[StepResult], Optional[StepResult]]:
        """Put some dreams behind the prompts of others, and recall their memories all the same.

        What a memory says must not hang on how it is asked for: which memory is meant has been found out already.
        """
        if self.rows is None or step.phase != "night" or not self.settings.estranged:
            return (yield)
        from sovl_recall.estrangement import estrange

        system_prompt = self.context.config.generation.system_prompt
        share, rng, prompts = self.settings.estranged, self.context.rng, self._prompts_of_tonight(step)
        step.batch, self._estranged = estrange(step.batch, step.models, self.rows, prompts, share, rng, system_prompt)
        try:
            return (yield)
        finally:
            self._estranged = {}

    @hookimpl(wrapper=True)
    def on_sleep(self, night: Night) -> Generator[None, Optional[NightReport], Optional[NightReport]]:
        """Give tonight's memories their rows; those that nothing was learned of lose them again."""
        if self.rows is None:
            return (yield)
        before = self.rows.memories()
        try:
            self._lay_down(night)
            report = yield
            if report is not None:
                self._fold()
                self.rows.keep({*before, *report.learned})
        finally:
            self._tonight, self._night, self._prompts = {}, None, []
        return report

    @hookimpl
    def on_status(self) -> StatusPanel:
        """Tell how many memories have rows."""
        return StatusPanel("Recall", {"memories with rows": 0 if self.rows is None else len(self.rows)})

    def _prompts_of_tonight(self, step: TrainStep) -> List[str]:
        """Return the prompts of tonight's dreams, background among them: the more of them, the less one matters."""
        if not self._prompts:
            dreams = [] if self._night is None else self.context.journal.dreams(night=self._night.number, limit=None)
            found = [dream.prompt for dream in reversed(dreams) if dream.verdict == "accepted" and not dream.held_out]
            self._prompts = found or [example.prompt for example in step.batch.examples]
        return self._prompts

    def _lay_down(self, night: Night) -> None:
        """Begin tonight's rows: as long as the night lasts, what the scaffold reads is added to them."""
        import torch

        from sovl_core.model_layers import output_size

        assert self.rows is not None
        self._night, width = night, output_size(night.models.scaffold)
        for memory in night.memories:
            if memory.id not in self.rows:
                self.rows.add(memory.id, torch.zeros(self.settings.rows, width, device=night.models.device))
                self._tonight[memory.id] = None

    def _read(self, memories: List[List[Tuple[int, float]]], training: bool) -> Dict[int, Tensor]:
        """Let the scaffold read those of tonight's memories that are recalled."""
        assert self.rows is not None
        count = self.settings.recalled
        wanted = {memory for likely in memories for memory, _ in self.rows.chosen(likely, count)}
        fresh = sorted(wanted.intersection(self._tonight))
        if not fresh:
            return {}
        import torch

        from sovl_recall.states import memory_states

        exchanges = [self._told(memory) for memory in fresh]
        with torch.set_grad_enabled(training and torch.is_grad_enabled()):
            return dict(zip(fresh, memory_states(self.context.models(), exchanges, self.settings.rows)))

    def _told(self, memory: int) -> Encoded:
        """Return one of tonight's memories as it is to be told: in the words of its dreams, else in its own."""
        found = self._tonight[memory]
        if found is None:
            from sovl_recall.states import told

            assert self._night is not None
            prompt = next(episode.prompt for episode in self._night.memories if episode.id == memory)
            dreams = self.context.journal.dreams(night=self._night.number, episode=memory, limit=None)
            words = dict.fromkeys(d.completion for d in dreams if d.verdict == "accepted" and d.kind not in KEPT_KINDS)
            completion = " ".join(reversed(list(words))) or prompt
            system_prompt = self.context.config.generation.system_prompt
            found = self._tonight[memory] = told(self.context.models(), prompt, completion, system_prompt)
        return found

    def _fold(self) -> None:
        """Make what the scaffold reads at the end of the night part of the rows: by day it reads them no more."""
        assert self.rows is not None
        for memory in self._tonight:
            (states,) = self._read([[(memory, 1.0)]], training=False).values()
            self.rows.add(memory, self.rows[memory][: len(states)] + states)

    def _sharpened(self, likely: List[Tuple[int, float]]) -> List[Tuple[int, float]]:
        powers = [p**self.settings.sharpness for _, p in likely]
        scale = sum(p for _, p in likely) / (sum(powers) or 1.0)
        return [(memory, power * scale) for (memory, _), power in zip(likely, powers)]

    def _doubted(self, likely: List[Tuple[int, float]]) -> List[Tuple[int, float]]:
        power = self.context.rng.uniform(self.settings.doubt, 1.0)
        return [(memory, p**power) for memory, p in likely]
