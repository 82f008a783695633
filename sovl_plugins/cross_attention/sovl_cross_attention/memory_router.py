"""Routing: does a prompt go to the base alone, or to the scaffold too, and with which memories?

The relevance gate proposes, the answer probe has a look at what was told, and what either learns it learns by night.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Callable, Dict, List, Optional, Sequence, Tuple

import torch

from sovl_core.events import Progress
from sovl_core.system_logging import log_info
from sovl_cross_attention.answer_probe import AnswerProbe
from sovl_cross_attention.confirmation import confirm, of_whom_it_asks, told_in
from sovl_cross_attention.kept_practice import keep_practice, kept_practice
from sovl_cross_attention.practice import lessons
from sovl_cross_attention.relevance import NEVER_TOLD, NOTHING, RelevanceGate, feature_width, prompt_features

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_core.events import Dream, Night
    from sovl_core.journal import Journal
    from sovl_core.models import Models
    from sovl_core.plugin import PluginState
    from sovl_core.system_logging import ThreadSafeLogger
    from sovl_cross_attention.confirmation import Recalled
    from sovl_cross_attention.settings import CrossAttentionSettings

#: Prompts that are read side by side for the relevance gate.
GATE_BATCH = 32
#: Memories that a prompt may be about at once.
MEMORIES_RECALLED = 4


def memory_of(dream: Dream) -> int:
    """Return the memory that a dream's prompt is about; not above 0 for none."""
    if dream.kind == "contrast":
        return NEVER_TOLD
    return NOTHING if dream.kind == "background" or not dream.parents else dream.parents[0]


class MemoryRouter:
    """Tells which memories a prompt is about, and how likely it is about any.

    ``gate`` is put back by whoever sets a night aside; ``probe`` is None before it has practised. Settings are read
    anew at every call.
    """

    def __init__(self, settings: CrossAttentionSettings, journal: Journal, logger: ThreadSafeLogger) -> None:
        self.settings = settings
        self.gate = RelevanceGate()
        self.probe: Optional[AnswerProbe] = None
        self._journal = journal
        self._logger = logger
        #: The night whose dreams the gate has still to see.
        self._night: Optional[Night] = None
        self._recalled: Dict[str, List[Recalled]] = {}

    @property
    def height(self) -> float:
        """Height the gate reads at: what it has learned at one layer says nothing about another."""
        return self.settings.relevance_layer if self.gate.height is None else self.gate.height

    def fits(self, models: Models) -> bool:
        """Return True when the gate can tell, and has learned from a base of this width."""
        return self.gate.fitted and self.gate.width == feature_width(models)

    def route(self, models: Models, prompt: str) -> Tuple[Optional[float], List[List[Recalled]]]:
        """Return the relevance of what a user says, None where it is not measured, and which memories it is about.

        :return: memories as in ``ScaffoldContext.memories``: a list for the one prompt, or none where nobody can tell.
        """
        if not self.fits(models):
            return None, []
        features = prompt_features(models, [prompt], self.height)
        ((relevance, memories),) = self.gate.assess(features, MEMORIES_RECALLED, self._granted())
        if not self.settings.relevance_gate:
            return None, [memories]
        told = lru_cache(None)(partial(told_in, self._journal))
        relevance, memories = of_whom_it_asks(prompt, relevance, memories, told)
        probe = self.probe
        if probe is not None and self.settings.answer_probe and probe.trusted and probe.fits(models):
            relevance, memories = confirm(probe, models, prompt, relevance, memories, told)
        return relevance, [memories]

    def about(self, models: Models, prompts: Sequence[str], alone: bool) -> List[List[Recalled]]:
        """Return which memories the prompts of a batch are about, by the gate; empty where it cannot tell.

        :param alone: read each that was not read before by itself: beside others floating point reads it a little
            differently, and a night that was interrupted meets them in other company.
        """
        if not self.fits(models):
            return []
        missing = [prompt for prompt in dict.fromkeys(prompts) if prompt not in self._recalled]
        for texts in [[text] for text in missing] if alone else [missing] if missing else []:
            self._recall(texts, prompt_features(models, texts, self.height))
        return [self._recalled[prompt] for prompt in prompts]

    def begin_night(self, night: Night) -> None:
        """Go on with a gate for tonight, one that reads at the layer the settings name; a deep night's knows nothing.

        The probe practises where it has not yet, once for a base.
        """
        self._night = night
        self.gate = RelevanceGate() if night.deep else self.gate.copy()
        self._practise(night)
        known, height = self.gate, self.settings.relevance_layer
        if known.height != height or known.width not in (0, feature_width(night.models)):
            self.gate = RelevanceGate()
            self.gate.height = height
            self.teach(night.models, known.prompts(), night.breathe)
        if night.resumed:
            # It may have been interrupted after its last step.
            self.learn_dreams()

    def learn_dreams(self) -> None:
        """Learn once, when a night has dreamed, which of its prompts are about which memory."""
        night = self._night
        if night is None:
            return
        dreams = self._journal.dreams(night=night.number, limit=None)
        if not dreams:
            return
        self._night = None
        shown = [d for d in reversed(dreams) if d.verdict == "accepted" and not d.held_out]
        # What was never told may have been told since; what was told, otherwise.
        known = {memory for memory in self.gate.prompts().values() if memory > NOTHING}
        self.gate.forget({NEVER_TOLD, *known.difference(self._journal.still_true(known))})
        # What the base says by itself is about nothing either: prose, where all dreams are short and mostly questions.
        prose = {d.completion: NOTHING for d in shown if d.kind == "background" and d.completion}
        prompts = {**prose, **{d.prompt: memory_of(d) for d in shown}}
        features = self.teach(night.models, prompts, night.breathe)
        self._recalled.clear()
        if features and self.fits(night.models):
            self._recall(list(features), torch.stack(list(features.values())))

    def end_night(self) -> None:
        """Let go of what was read tonight; the gate stays."""
        self._night = None
        self._recalled.clear()

    def teach(self, models: Models, prompts: Dict[str, int], breathe: Callable[[], None]) -> Dict[str, Tensor]:
        """Show the gate prompts, with the memory that each is about; return the features of those it did not know."""
        shown: Dict[str, Tensor] = {}
        new = [(text, memory) for text, memory in prompts.items() if not self.gate.knows(text, memory)]
        for start in range(0, len(new), GATE_BATCH):
            breathe()
            texts, labels = zip(*new[start : start + GATE_BATCH])
            features = prompt_features(models, texts, self.height)
            self.gate.remember(texts, features, labels)
            shown.update(zip(texts, features))
        return shown

    def forget(self, memories: Sequence[int]) -> bool:
        """Let no prompt be about these memories; return True when they were all that any was about."""
        known = {memory for memory in self.gate.prompts().values() if memory > NOTHING}
        self.gate.forget(memories)
        self._recalled.clear()
        if not known or not known <= set(memories):
            return False
        # A classifier that is left with one class cannot be fitted, and would stay as it was.
        self.gate = RelevanceGate()
        return True

    def save(self, state: PluginState) -> None:
        """Put gate and probe into the plugin's state."""
        self.gate.save(state.values, state.tensors)
        if self.probe is not None:
            self.probe.save(state.values, state.tensors)

    def load(self, state: PluginState) -> None:
        """Take back what :meth:`save` stored; nothing stored is a router that never saw a night."""
        self.gate, self.probe = RelevanceGate(), None
        self._recalled.clear()
        if state.tensors:
            self.probe = AnswerProbe.load(state.values, state.tensors)
            self.gate.load(state.values, state.tensors)

    def _granted(self) -> float:
        """Return the relevance from which on a prompt is taken to be about some memory."""
        return self.settings.relevance_threshold if self.settings.relevance_gate else 0.0

    def _recall(self, texts: Sequence[str], features: Tensor) -> None:
        """Keep which memories texts are about."""
        assessed = self.gate.assess(features, MEMORIES_RECALLED, self._granted())
        self._recalled.update((text, memories) for text, (_, memories) in zip(texts, assessed))

    def _practise(self, night: Night) -> None:
        """Let the probe learn, once for a base."""
        if not self.settings.answer_probe or (self.probe is not None and self.probe.fits(night.models)):
            return

        def heard(step: int, total: int) -> None:
            night.breathe()
            night.progress(Progress("dream", step, total, detail="practice"))

        probe = kept_practice(night.folder) if night.resumed else None
        if probe is None or not probe.fits(night.models):
            probe = AnswerProbe()
            probe.practise(night.models, lessons(), heard)
            keep_practice(night.folder, probe)
        self.probe = probe
        log_info(self._logger, "answer_probe", skill=probe.skill, trusted=probe.trusted)
