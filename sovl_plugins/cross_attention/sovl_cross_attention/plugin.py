"""The cross-attention plugin: the scaffold reads what the user says, and the base listens while it answers."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Callable, Dict, Generator, Iterator, List, Optional

from sovl_core.hookspecs import hookimpl
from sovl_core.model_layers import hidden_size
from sovl_core.plugin import Command, CommandOption, Plugin, PluginState, StatusPanel
from sovl_core.system_logging import log_info
from sovl_cross_attention.influence import dynamic_factor
from sovl_cross_attention.settings import CrossAttentionSettings

if TYPE_CHECKING:
    from sovl_core.events import Night, NightReport, Reply, StepResult, TrainStep, Turn
    from sovl_core.models import Models
    from sovl_core.plugin import PluginContext
    from sovl_cross_attention.relevance import RelevanceGate
    from sovl_cross_attention.stack import CrossAttentionStack

#: Kinds of dream that have nothing to do with what is learned: the relevance gate is shut for them.
IRRELEVANT_KINDS = ("background", "contrast")
#: Prompts that are read side by side for the relevance gate.
GATE_BATCH = 32
DYNAMIC_MODES = ("off", "confidence", "temperament")


class CrossAttentionPlugin(Plugin):
    """Carries the scaffold's hidden states to the base.

    Leaves ``cross_attention.relevance`` (probability that the prompt is about something learned) and
    ``cross_attention.influence`` (weight of the scaffold in the reply, 0 where it was skipped) in the annotations of
    replies.
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
        self._context: Optional[PluginContext] = None
        self._gate: Optional[RelevanceGate] = None

    @property
    def context(self) -> PluginContext:
        """What the kernel handed over at the start."""
        if self._context is None:
            raise RuntimeError("the cross_attention plugin has not been started")
        return self._context

    @property
    def gate(self) -> RelevanceGate:
        """The relevance gate; made on first use, because it needs torch."""
        if self._gate is None:
            from sovl_cross_attention.relevance import RelevanceGate

            self._gate = RelevanceGate()
        return self._gate

    @hookimpl
    def on_start(self, context: PluginContext) -> None:
        """Keep the context."""
        self._context = context
        self.settings = context.settings

    @hookimpl
    def on_models_loaded(self, models: Models) -> None:
        """Insert the cross-attention; without a scaffold there is nothing to listen to."""
        if not models.has_scaffold:
            log_info(self.context.logger, "cross_attention_without_scaffold")
            return
        from sovl_core.model_layers import decoder_layers, output_size
        from sovl_cross_attention.placement import choose_layers
        from sovl_cross_attention.stack import insert_cross_attention

        settings = self.settings
        layers = choose_layers(len(decoder_layers(models.base)), settings.placement, settings.layers)
        self.stack = insert_cross_attention(
            models,
            layers,
            output_size(models.scaffold),
            settings.heads,
            settings.head_width,
            self.context.config.core.seed,
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
        influence, relevance = self._reply_influence(turn, models)
        scaffold_context = None
        if influence:
            from sovl_cross_attention.reader import read

            scaffold_context = read(models, [turn.prompt])
            scaffold_context.influence = influence
            self.context.hooks.on_scaffold_context(scaffold_context)
        with self.stack.hearing(scaffold_context, self.settings.layer_weights):
            reply = yield
        if reply is not None:
            reply.annotations["cross_attention.influence"] = influence
            if relevance is not None:
                reply.annotations["cross_attention.relevance"] = relevance
        return reply

    @hookimpl(wrapper=True)
    def on_train_step(self, step: TrainStep) -> Generator[None, Optional[StepResult], Optional[StepResult]]:
        """Let the scaffold read the batch's prompts, with gradients, and show the relevance gate what they are."""
        if self.stack is None:
            return (yield)
        from sovl_cross_attention.reader import read

        prompts = [example.prompt for example in step.batch.examples]
        dropout = 0.0 if step.phase == "validation" else self.settings.read_dropout
        scaffold_context = read(step.models, prompts, training=True, dropout=dropout, seed=step.index)
        scaffold_context.influence = step.influence
        self.context.hooks.on_scaffold_context(scaffold_context)
        # The position that foretells an answer's first token is the prompt's last. Whether the pass runs over answers
        # alone or over everything is for plugins further inside to say; its length tells.
        positions = step.batch.prompt_mask.roll(-1, 1).logical_not() & step.batch.attention_mask.bool()
        with self.stack.hearing(scaffold_context, everywhere=True, positions=positions):
            result = yield
        if step.phase == "night":
            self._show_gate(step)
        return result

    @hookimpl(wrapper=True)
    def on_sleep(self, night: Night) -> Generator[None, Optional[NightReport], Optional[NightReport]]:
        """Keep how much of the night was accepted; a night set aside leaves the gate as it was."""
        if self.stack is None:
            return (yield)
        accepted = (self.multiplier, self.gate)
        night.while_awake.append(lambda: self._in_place(*accepted))
        kept = False
        try:
            self.multiplier, self._gate = 1.0, self.gate.copy()
            self._prepare_gate(night)
            report = yield
            if report is not None and report.accepted:
                self.multiplier, kept = report.multiplier, True
        finally:
            if not kept:
                self.multiplier, self._gate = accepted
        return report

    @contextlib.contextmanager
    def _in_place(self, multiplier: float, gate: RelevanceGate) -> Iterator[None]:
        """Within this block, in the middle of a night, what was accepted before it is in place."""
        tonight = (self.multiplier, self._gate)
        self.multiplier, self._gate = multiplier, gate
        try:
            yield
        finally:
            self.multiplier, self._gate = tonight

    @hookimpl
    def on_commands(self) -> List[Command]:
        """Offer the weights that can be changed while talking."""
        options = (
            CommandOption("weight", float, "weight of everything the scaffold says", minimum=0, maximum=2),
            CommandOption("blend", float, "share of the residual that is blended in", minimum=0, maximum=1),
            CommandOption("dynamic", str, "scale by confidence or temperament", choices=DYNAMIC_MODES),
            CommandOption("threshold", float, "relevance below which the scaffold is skipped", minimum=0, maximum=1),
        )
        return [
            Command(
                "cross",
                "Show or change how much the scaffold says.",
                self._cross,
                usage="[--weight W] [--blend B] [--dynamic MODE] [--threshold T]",
                example="cross --weight 0.8",
                options=options,
            )
        ]

    @hookimpl
    def on_status(self) -> StatusPanel:
        """Give placement, gates and influence."""
        settings = self.settings
        rows: Dict[str, Any] = {
            "weight": f"{settings.weight * settings.blend * self.multiplier:.2f}",
            "dynamic": settings.dynamic,
            "relevance gate": f"threshold {settings.relevance_threshold}" if settings.relevance_gate else "off",
        }
        if self.stack is not None:
            rows["layers"] = ", ".join(str(number) for number in self.stack.numbers)
            rows["gates"] = ", ".join(f"{float(layer.gate.detach()):.2f}" for layer in self.stack.cross_layers())
        return StatusPanel("Cross-attention", rows)

    @hookimpl
    def on_save_state(self, state: PluginState) -> None:
        """Save the relevance gate and how much of the night was accepted."""
        if self._gate is not None:
            self.gate.save(state.values, state.tensors)
        state.values["multiplier"] = self.multiplier

    @hookimpl
    def on_load_state(self, state: PluginState) -> None:
        """Take both back."""
        self.multiplier = float(state.values.get("multiplier", 1.0))
        self._gate = None
        if state.tensors:
            self.gate.load(state.values, state.tensors)

    def _reply_influence(self, turn: Turn, models: Models) -> tuple[float, Optional[float]]:
        """Return the scaffold's weight for a turn, 0 where it is skipped, and the prompt's relevance if measured."""
        settings, vitals = self.settings, self.context.vitals
        if self.stack is None or not turn.use_scaffold or not models.scaffold_enabled:
            return 0.0, None
        factor = dynamic_factor(settings.dynamic, vitals.mean_confidence, vitals.temperament)
        influence = settings.weight * settings.blend * turn.influence * factor * self.multiplier
        if influence == 0.0 or self.stack.is_identity:
            return 0.0, None
        if not settings.relevance_gate:
            return influence, None
        if settings.relevance_threshold >= 1.0:
            return 0.0, None
        if not self.gate.fitted or self.gate.width != hidden_size(models.base):
            return influence, None
        from sovl_cross_attention.relevance import prompt_features

        features = prompt_features(models, [turn.prompt], self._gate_height())
        relevance = float(self.gate.relevance(features)[0])
        return (influence if relevance >= settings.relevance_threshold else 0.0), relevance

    def _gate_height(self) -> float:
        """Return the height the gate reads at: what it has learned at one layer says nothing about another."""
        return self.settings.relevance_layer if self.gate.height is None else self.gate.height

    def _prepare_gate(self, night: Night) -> None:
        """Let the gate learn at the layer the settings name, and what the night dreamed before an interruption."""
        from sovl_cross_attention.relevance import RelevanceGate

        known, height = self.gate, self.settings.relevance_layer
        if known.height != height or known.width not in (0, hidden_size(night.models.base)):
            self._gate = RelevanceGate()
            self.gate.height = height
            self._teach_gate(night.models, known.prompts(), night.breathe)
        if night.resumed:
            # Steps taken before the interruption do not come again.
            dreams = self.context.journal.dreams(night=night.number, limit=None)
            shown = [d for d in reversed(dreams) if d.verdict == "accepted" and not d.held_out]
            self._teach_gate(night.models, {d.prompt: d.kind not in IRRELEVANT_KINDS for d in shown}, night.breathe)

    def _teach_gate(self, models: Models, prompts: Dict[str, bool], breathe: Callable[[], None]) -> None:
        """Show the gate prompts; True are those about something learned."""
        from sovl_cross_attention.relevance import prompt_features

        new = [(text, relevant) for text, relevant in prompts.items() if not self.gate.knows(text, relevant)]
        for start in range(0, len(new), GATE_BATCH):
            breathe()
            texts, labels = zip(*new[start : start + GATE_BATCH])
            self.gate.remember(texts, prompt_features(models, texts, self._gate_height()), labels)

    def _show_gate(self, step: TrainStep) -> None:
        prompts: Dict[str, bool] = {}
        for example in step.batch.examples:
            relevant = example.kind not in IRRELEVANT_KINDS
            prompts[example.prompt] = relevant and prompts.get(example.prompt, True)
        self._teach_gate(step.models, prompts, lambda: None)

    def _cross(self, words: List[str], options: Dict[str, Any]) -> str:
        settings = self.settings
        names = {"weight": "weight", "blend": "blend", "dynamic": "dynamic", "threshold": "relevance_threshold"}
        for option, key in names.items():
            if options.get(option) is not None:
                setattr(settings, key, options[option])
        return (
            f"weight {settings.weight}, blend {settings.blend}, dynamic {settings.dynamic}, "
            f"relevance threshold {settings.relevance_threshold}\n"
            "For this session. To keep it: sovl config set plugins.cross_attention.weight VALUE"
        )
