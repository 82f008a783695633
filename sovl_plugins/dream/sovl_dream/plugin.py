"""The dream plugin: answers ``on_dream`` with the dreams of each memory and with background.

What reads and writes sentences is imported where it is used: its patterns take longer to compile than ``sovl status``
may take as a whole.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Dict, Generator, List, Optional

from sovl_core.events import Dream, DreamRequest, Night, NightReport, Progress
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin, PluginState, StatusPanel
from sovl_core.system_logging import log_info
from sovl_dream.conditions import should_dream
from sovl_dream.settings import DreamSettings

if TYPE_CHECKING:
    from sovl_core.events import Forgetting
    from sovl_core.plugin import PluginContext


#: Kinds of dream whose question the base can answer with the memory before its eyes.
TAUGHT_KINDS = ("question", "dialogue")
#: Kinds of dream that ask for a memory in words of its own.
ASKING = ("question", "cue")
#: How much of what was told and dreamed before is looked at for what was never told.
TOLD_BEFORE, ASKED_BEFORE = 1000, 4000


class DreamPlugin(Plugin):
    """Writes dreams; training on them is somebody else's business."""

    name = "dream"
    summary = "turns memories into questions and answers in many wordings, and background into what must stay"
    provides = ("night.dreams",)
    settings_model = DreamSettings

    def __init__(self) -> None:
        self.settings = DreamSettings()
        self.temperament_at_sleep = 0.0

    @hookimpl
    def on_start(self, context: PluginContext) -> None:
        """Keep the context."""
        self.context = context
        self.settings = context.settings

    @hookimpl
    def on_dream(self, request: DreamRequest) -> List[Dream]:
        """Dream of each memory, then of nothing in particular; each dream carries its verdict."""
        from sovl_dream.answers import with_question
        from sovl_dream.superseding import outdated
        from sovl_dream.verification import verify
        from sovl_dream.writer import dream

        dreams: List[Dream] = []
        memories = [with_question(memory, self.context.journal) for memory in request.memories]
        gone = outdated(self.context.journal, request.memories)
        for index, memory in enumerate(memories):
            request.breathe()
            not_so = {taught for number, taught in gone if number == memory.id}
            dreams += dream(memory, request.per_memory, self.settings, request.rng, not_so)
            self._progress(request, index + 1, len(memories), memory.prompt)
        dreams = self._taught(verify(dreams, gone), request)
        if request.background or request.known:
            dreams += self._kept(request, dreams + request.known)
        return dreams

    @hookimpl(wrapper=True)
    def on_sleep(self, night: Night) -> Generator[None, Optional[NightReport], Optional[NightReport]]:
        """Let the newest word count; remember the temperament of the last sleep: a night that breaks off is none."""
        from sovl_dream.superseding import supersede

        superseded = supersede(self.context.journal, night.memories, night.breathe)
        for memories in (night.memories, night.old_memories):
            memories[:] = [memory for memory in memories if memory.id not in superseded]
        if superseded:
            log_info(self.context.logger, "memories_superseded", night=night.number, memories=sorted(superseded))
        report = yield
        self.temperament_at_sleep = self.context.vitals.temperament
        return report

    @hookimpl
    def on_forget(self, forgetting: Forgetting) -> None:
        """Forget what was claimed in what the user wants forgotten."""
        from sovl_dream.superseding import forget

        forget(self.context.journal, forgetting.episodes)

    @hookimpl
    def on_status(self) -> StatusPanel:
        """Tell whether a dream is due."""
        return StatusPanel("Dream", {"due": self.due()})

    @hookimpl
    def on_save_state(self, state: PluginState) -> None:
        """Save the temperament of the last sleep."""
        state.values["temperament_at_sleep"] = self.temperament_at_sleep

    @hookimpl
    def on_load_state(self, state: PluginState) -> None:
        """Take it back."""
        self.temperament_at_sleep = float(state.values.get("temperament_at_sleep", 0.0))

    def _kept(self, request: DreamRequest, dreams: List[Dream]) -> List[Dream]:
        """Dream of nothing in particular, and of what was never told."""
        from sovl_dream.background import background_dreams, kept_dreams
        from sovl_dream.contrast import contrast_prompts
        from sovl_dream.verification import verify

        context = self.context
        models, system_prompt = context.models(), context.config.generation.system_prompt

        def progress(detail: str, step: int, total: int) -> None:
            self._progress(request, step, total, detail)

        kept = background_dreams(request, models, system_prompt, self.settings, request.breathe, progress)
        told = [memory.prompt for memory in (*request.memories, *context.journal.consolidated(limit=TOLD_BEFORE))]
        before = context.journal.accepted_dreams(limit=ASKED_BEFORE)
        asked = [d.prompt for d in (*dreams, *before) if d.kind in ASKING and d.verdict == "accepted"]
        dreamed_of = {parent for d in dreams if d.verdict == "accepted" for parent in d.parents}
        count = round(self.settings.contrast * len(dreamed_of))
        prompts = contrast_prompts(told, asked, count, request.rng)
        kept += kept_dreams(
            "contrast", prompts, models, system_prompt, self.settings, request.breathe, partial(progress, "contrast")
        )
        return verify(kept)

    def _taught(self, dreams: List[Dream], request: DreamRequest) -> List[Dream]:
        """Let the base answer some dreams of each memory itself."""
        chosen: List[int] = []
        count: Dict[str, int] = {}
        for index, entry in enumerate(dreams):
            asks = entry.verdict == "accepted" and entry.answer and not entry.held_out
            if asks and entry.kind in TAUGHT_KINDS and count.get(entry.completion, 0) < self.settings.taught:
                count[entry.completion] = count.get(entry.completion, 0) + 1
                chosen.append(index)
        if not chosen:
            return dreams
        from sovl_dream.teacher import teach

        def written(count: int) -> None:
            self._progress(request, count, len(chosen), "answers")

        written(0)
        system_prompt = self.context.config.generation.system_prompt
        taught = teach(self.context.models(), [dreams[i] for i in chosen], system_prompt, request.breathe, written)
        for index, entry in zip(chosen, taught):
            dreams[index] = entry
        return dreams

    def due(self) -> bool:
        """Return True when confidence swings or temperament has moved since the last sleep."""
        vitals = self.context.vitals
        return should_dream(
            list(vitals.confidence_history), list(vitals.temperament_history), self.temperament_at_sleep, self.settings
        )

    def _progress(self, request: DreamRequest, step: int, total: int, detail: str) -> None:
        if request.progress is not None:
            request.progress(Progress("dream", step, total, detail=detail))
