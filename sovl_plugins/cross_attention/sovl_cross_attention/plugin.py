"""The cross-attention plugin: the scaffold reads what the user says, and the base listens while it answers."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Generator, Iterator, List, Optional, Tuple

from sovl_core.error_handling import BadInput
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Command, Plugin, PluginState, StatusPanel
from sovl_core.system_logging import log_info
from sovl_cross_attention.influence import dynamic_factor
from sovl_cross_attention.panel import status_panel
from sovl_cross_attention.settings import CrossAttentionSettings
from sovl_cross_attention.stored_routing import holds_routing, stored_memories, stored_skill
from sovl_cross_attention.tuning_command import cross_command

if TYPE_CHECKING:
    from sovl_core.data_processing import Batch
    from sovl_core.events import (
        Forgetting,
        Night,
        NightReport,
        Reply,
        ScaffoldContext,
        StepResult,
        TrainStep,
        Turn,
    )
    from sovl_core.models import Models
    from sovl_core.plugin import PluginContext
    from sovl_cross_attention.confirmation import Recalled
    from sovl_cross_attention.memory_router import MemoryRouter
    from sovl_cross_attention.relevance import RelevanceGate
    from sovl_cross_attention.stack import CrossAttentionStack
    from sovl_cross_attention.stepping import Steps


class CrossAttentionPlugin(Plugin):
    """Carries the scaffold's hidden states to the base.

    Leaves ``cross_attention.relevance`` (probability that the prompt is about something learned) and
    ``cross_attention.influence`` (weight of the scaffold in the reply, 0 where it was skipped) in the annotations of
    replies, in ``cross_attention.memories`` which memories the prompt was about, each with its probability, and in
    ``cross_attention.why`` why the relevance gate left the prompt to the base.
    """

    name = "cross_attention"
    summary = "gated cross-attention from the frozen base to the scaffold, with a relevance gate"
    provides = ("model.cross_attention",)
    after = ("model.precision",)
    settings_model = CrossAttentionSettings

    def __init__(self) -> None:
        self.settings = CrossAttentionSettings()
        self.stack: Optional[CrossAttentionStack] = None
        self.multiplier = 1.0
        self.prompts_heard = True
        self._router: Optional[MemoryRouter] = None
        #: What the router knew when it was stored, until there is one.
        self._stored: Optional[PluginState] = None

    @property
    def router(self) -> MemoryRouter:
        """What tells which memories a prompt is about; made on first use, because it needs torch."""
        if self._router is None:
            from sovl_cross_attention.memory_router import MemoryRouter

            router = MemoryRouter(self.settings, self.context.journal, self.context.logger)
            if self._stored is not None:
                router.load(self._stored)
            self._router, self._stored = router, None
        return self._router

    @hookimpl
    def on_start(self, context: PluginContext) -> None:
        """Keep the context."""
        self.context = context
        self.settings = context.settings

    @hookimpl
    def on_models_loaded(self, models: Models) -> None:
        """Insert the cross-attention; without a scaffold there is nothing to listen to."""
        if not models.has_scaffold:
            log_info(self.context.logger, "cross_attention_without_scaffold")
            return
        from sovl_core.model_layers import decoder_layers
        from sovl_cross_attention.placement import choose_layers

        settings = self.settings
        total = len(decoder_layers(models.base))
        self._insert(models, choose_layers(total, settings.placement, settings.layers, settings.presets))

    def _insert(self, models: Models, layers: List[int]) -> None:
        from sovl_core.model_layers import output_size
        from sovl_cross_attention.stack import insert_cross_attention

        settings = self.settings
        self.stack = insert_cross_attention(
            models,
            layers,
            output_size(models.scaffold),
            settings.heads,
            settings.head_width,
            self.context.config.core.seed,
            stepped=settings.scaffold_mode == "stepped",
        )
        models.register_trainable("cross_attention", self.stack)
        models.scale_learning_rate("cross_attention", "gate", settings.gate_learning_rate, decay=False)

    @hookimpl
    def on_models_unloaded(self, models: Models) -> None:
        """Take every hook off the base."""
        if self.stack is not None:
            self.stack.remove()
            models.unregister_trainable("cross_attention")
            self.stack = None

    @hookimpl(wrapper=True)
    def on_generate(self, turn: Turn) -> Generator[None, Optional[Reply], Optional[Reply]]:
        """Let the scaffold read the prompt, unless it has nothing to say to it."""
        models = self.context.models()
        if self.stack is None:
            return (yield)
        influence, relevance, memories = self._reply_influence(turn, models)
        scaffold_context = steps = None
        if influence:
            scaffold_context, steps = self._begin(models, turn.prompt)
            scaffold_context.influence = influence
            scaffold_context.memories = memories
            self.context.hooks.on_scaffold_context(scaffold_context)
            if not scaffold_context.silent and not self.prompts_heard:
                # All that was trained was to listen to rows of memories, and whoever brings them is not here.
                scaffold_context, influence = None, 0.0
        if scaffold_context is not None and relevance is not None and turn.purpose == "reply":
            turn.temperature = min(turn.temperature, self.settings.recall_temperature)
        with self.stack.hearing(scaffold_context, self.settings.layer_weights, steps=steps):
            reply = yield
        if reply is not None:
            reply.annotations["cross_attention.influence"] = influence
            if relevance is not None:
                reply.annotations["cross_attention.relevance"] = relevance
            if influence and memories:
                reply.annotations["cross_attention.memories"] = memories[0]
            if relevance is not None and not influence:
                reply.annotations["cross_attention.why"] = self._silence(relevance, turn.reach * self.multiplier)
        return reply

    @hookimpl(wrapper=True)
    def on_train_step(self, step: TrainStep) -> Generator[None, Optional[StepResult], Optional[StepResult]]:
        """Let the scaffold read the batch's prompts, with gradients, and show the relevance gate what they are."""
        if self.stack is None:
            return (yield)
        from sovl_cross_attention.reader import read

        prompts = [example.prompt for example in step.batch.examples]
        dropout = 0.0 if step.phase == "validation" else self.settings.read_dropout
        scaffold_context = read(
            step.models, prompts, training=True, dropout=dropout, seed=step.index, answers=self._answers(step.batch)
        )
        measured = self.settings.relevance_gate and self.router.fits(step.models)
        scaffold_context.influence = step.influence * (1.0 if measured else step.reach)
        if step.phase == "night":
            self.router.learn_dreams()
        scaffold_context.memories = self.router.about(step.models, prompts, step.phase == "night")
        self.context.hooks.on_scaffold_context(scaffold_context)
        if step.phase != "validation":
            before_any = self.stack.is_identity
            self.prompts_heard = not scaffold_context.silent or (self.prompts_heard and not before_any)
        # The position that foretells an answer's first token is the prompt's last. Whether the pass runs over answers
        # alone or over everything is for plugins further inside to say; its length tells.
        positions = step.batch.prompt_mask.roll(-1, 1).logical_not() & step.batch.attention_mask.bool()
        with self.stack.hearing(scaffold_context, everywhere=True, positions=positions):
            return (yield)

    @hookimpl(wrapper=True)
    def on_sleep(self, night: Night) -> Generator[None, Optional[NightReport], Optional[NightReport]]:
        """Keep how much of the night was accepted; a night set aside leaves the gate as it was."""
        if self.stack is None:
            return (yield)
        router = self.router
        accepted = (self.multiplier, router.gate, self.prompts_heard)
        night.while_awake.append(lambda: self._in_place(*accepted))
        kept = False
        try:
            self.multiplier = 1.0
            self.prompts_heard = self.prompts_heard or night.deep
            router.begin_night(night)
            report = yield
            if report is not None and report.accepted:
                self.multiplier, kept = report.multiplier, True
        finally:
            router.end_night()
            if not kept:
                self.multiplier, router.gate, self.prompts_heard = accepted
        return report

    @contextlib.contextmanager
    def _in_place(self, multiplier: float, gate: RelevanceGate, prompts_heard: bool) -> Iterator[None]:
        """Within this block, in the middle of a night, what was accepted before it is in place."""
        tonight = (self.multiplier, self.router.gate, self.prompts_heard)
        self.multiplier, self.router.gate, self.prompts_heard = multiplier, gate, prompts_heard
        try:
            yield
        finally:
            self.multiplier, self.router.gate, self.prompts_heard = tonight

    @hookimpl
    def on_commands(self) -> List[Command]:
        """Offer the weights that can be changed while talking."""
        return [cross_command(self.settings, self._change_layers)]

    @hookimpl
    def on_status(self) -> StatusPanel:
        """Give placement, gates and influence."""
        return status_panel(self.settings, self.multiplier, self._skill(), self.stack)

    @hookimpl
    def on_forget(self, forgetting: Forgetting) -> None:
        """Let no prompt be about what was forgotten; with nothing left to be about, the base answers alone."""
        if self._stored is not None and not stored_memories(self._stored).intersection(forgetting.episodes):
            return
        if self._has_router and self.router.forget(forgetting.episodes):
            self.multiplier = 0.0

    @hookimpl
    def on_save_state(self, state: PluginState) -> None:
        """Save the relevance gate and how much of the night was accepted."""
        if self._stored is not None:
            # Nobody has needed a router since; to make one would import torch.
            state.keep(self._stored)
        elif self._router is not None:
            self._router.save(state)
        state.values["multiplier"] = self.multiplier
        state.values["prompts_heard"] = self.prompts_heard

    @hookimpl
    def on_load_state(self, state: PluginState) -> None:
        """Take both back."""
        self.multiplier = float(state.values.get("multiplier", 1.0))
        self.prompts_heard = bool(state.values.get("prompts_heard", True))
        if self._router is not None:
            self._router.load(state)
        else:
            self._stored = state if holds_routing(state) else None

    @property
    def _has_router(self) -> bool:
        """True when there is a router, or would be one on first use that knows something."""
        return self._router is not None or self._stored is not None

    def _skill(self) -> Optional[float]:
        """Return how well the answer probe did in practice, None before that."""
        if self._stored is not None:
            return stored_skill(self._stored)
        probe = None if self._router is None else self._router.probe
        return None if probe is None else probe.skill

    def _change_layers(self, wanted: str) -> str:
        from sovl_core.model_layers import decoder_layers
        from sovl_cross_attention.live_layers import change_layers

        models = self.context.models()
        if self.stack is None:
            raise BadInput("There is no scaffold that layers could listen to", "See: config get core.scaffold_model")

        def insert(layers: List[int]) -> None:
            self.on_models_unloaded(models)
            self._insert(models, layers)

        total = len(decoder_layers(models.base))
        return change_layers(wanted, total, self.stack.numbers, self.settings, self.context.journal, insert)

    def _reply_influence(self, turn: Turn, models: Models) -> tuple[float, Optional[float], List[List[Recalled]]]:
        """Return the scaffold's weight for a turn, 0 where it is skipped, its relevance, and what it is about."""
        settings, vitals = self.settings, self.context.vitals
        if self.stack is None or not turn.use_scaffold or not models.scaffold_enabled:
            return 0.0, None, []
        factor = dynamic_factor(settings.dynamic, vitals.mean_confidence, vitals.temperament)
        influence = settings.weight * settings.blend * turn.influence * factor
        reach = turn.reach * self.multiplier
        if influence == 0.0 or reach == 0.0 or self.stack.is_identity:
            return 0.0, None, []
        if settings.relevance_gate and settings.relevance_threshold >= 1.0:
            return 0.0, None, []
        relevance, memories = self.router.route(models, turn.prompt)
        if relevance is None:
            return influence * reach, None, memories
        return (influence if relevance * reach >= settings.relevance_threshold else 0.0), relevance, memories

    def _begin(self, models: Models, prompt: str) -> Tuple[ScaffoldContext, Optional[Steps]]:
        """Return what the scaffold makes of a prompt and, where it moves with the base, the reply it follows."""
        assert self.stack is not None
        if not self.stack.stepped:
            from sovl_cross_attention.reader import read

            return read(models, [prompt]), None
        from sovl_cross_attention.stepping import Steps

        steps = Steps(models, prompt, self.stack.table())
        return steps.context(), steps

    def _answers(self, batch: Batch) -> Optional[List[Tuple[List[int], List[int]]]]:
        """Return what the scaffold reads of a batch's answers; None where it does not move with the base."""
        assert self.stack is not None
        if not self.stack.stepped:
            return None
        from sovl_cross_attention.stepping import answers_said

        return answers_said(self.stack.table(), batch)

    def _silence(self, relevance: float, reach: float) -> str:
        """Return in words why a prompt was left to the base."""
        threshold = self.settings.relevance_threshold
        if relevance * reach >= threshold:
            return "it has learned rows of memories alone, and no plugin that is on brings any"
        trusted = "" if reach == 1.0 else f" times reach {reach:.3g}"
        return f"relevance {relevance:.3f}{trusted} is below the threshold {threshold:g}"
