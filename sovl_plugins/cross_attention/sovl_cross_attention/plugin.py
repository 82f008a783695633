"""The cross-attention plugin: the scaffold reads what the user says, and the base listens while it answers."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any, Callable, Dict, Generator, Iterator, List, Optional, Tuple

from sovl_core.events import Progress
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Command, CommandOption, Plugin, PluginState, StatusPanel
from sovl_core.system_logging import log_info
from sovl_cross_attention.influence import dynamic_factor
from sovl_cross_attention.settings import CrossAttentionSettings

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_core.data_processing import Batch
    from sovl_core.events import (
        Dream,
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
    from sovl_cross_attention.answer_probe import AnswerProbe
    from sovl_cross_attention.confirmation import Recalled
    from sovl_cross_attention.relevance import RelevanceGate
    from sovl_cross_attention.stack import CrossAttentionStack
    from sovl_cross_attention.stepping import Steps

#: Prompts that are read side by side for the relevance gate.
GATE_BATCH = 32
#: Memories that a prompt may be about at once.
MEMORIES_RECALLED = 4
DYNAMIC_MODES = ("off", "confidence", "temperament")


def memory_of(dream: Dream) -> int:
    """Return the memory that a dream's prompt is about; not above 0 for none."""
    from sovl_cross_attention.relevance import NEVER_TOLD, NOTHING

    if dream.kind == "contrast":
        return NEVER_TOLD
    return NOTHING if dream.kind == "background" or not dream.parents else dream.parents[0]


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
        self._gate: Optional[RelevanceGate] = None
        self._probe: Optional[AnswerProbe] = None
        self._night: Optional[Night] = None
        self._read: Dict[str, List[Recalled]] = {}

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
        self.context = context
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
        measured = self.settings.relevance_gate and self._gate_works(step.models)
        scaffold_context.influence = step.influence * (1.0 if measured else step.reach)
        if step.phase == "night":
            self._learn_what_it_is_about()
        scaffold_context.memories = self._about(step.models, prompts, step.phase == "night")
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
        accepted = (self.multiplier, self.gate, self.prompts_heard)
        night.while_awake.append(lambda: self._in_place(*accepted))
        kept = False
        try:
            self.multiplier, self._night = 1.0, night
            self._gate = None if night.deep else self.gate.copy()
            self.prompts_heard = self.prompts_heard or night.deep
            self._prepare_gate(night)
            if night.resumed:
                # It may have been interrupted after its last step.
                self._learn_what_it_is_about()
            report = yield
            if report is not None and report.accepted:
                self.multiplier, kept = report.multiplier, True
        finally:
            self._night = None
            self._read.clear()
            if not kept:
                self.multiplier, self._gate, self.prompts_heard = accepted
        return report

    @contextlib.contextmanager
    def _in_place(self, multiplier: float, gate: RelevanceGate, prompts_heard: bool) -> Iterator[None]:
        """Within this block, in the middle of a night, what was accepted before it is in place."""
        tonight = (self.multiplier, self._gate, self.prompts_heard)
        self.multiplier, self._gate, self.prompts_heard = multiplier, gate, prompts_heard
        try:
            yield
        finally:
            self.multiplier, self._gate, self.prompts_heard = tonight

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
            "weight": f"{settings.weight * settings.blend:.2f}",
            "reach": f"{self.multiplier:.2f}",
            "dynamic": settings.dynamic,
            "relevance gate": f"threshold {settings.relevance_threshold}" if settings.relevance_gate else "off",
            "answer probe": self._probe_status(),
        }
        if self.stack is not None:
            rows["scaffold"] = "moves with the base" if self.stack.stepped else "reads the prompt"
            rows["layers"] = ", ".join(str(number) for number in self.stack.numbers)
            rows["gates"] = ", ".join(f"{float(layer.gate.detach()):.2f}" for layer in self.stack.cross_layers())
        return StatusPanel("Cross-attention", rows)

    def _probe_status(self) -> str:
        if not self.settings.answer_probe:
            return "off"
        if self._probe is None:
            return "learns in the first night"
        skill = f"{self._probe.skill:.2f} of questions told apart in practice"
        return skill if self._probe.trusted else f"not used: only {skill}"

    @hookimpl
    def on_forget(self, forgetting: Forgetting) -> None:
        """Let no prompt be about what was forgotten; with nothing left to be about, the base answers alone."""
        from sovl_cross_attention.relevance import NOTHING, RelevanceGate

        if self._gate is None:
            return
        known = [memory for memory in self.gate.prompts().values() if memory > NOTHING]
        self.gate.forget(forgetting.episodes)
        self._read.clear()
        if known and set(known) <= set(forgetting.episodes):
            # A classifier that is left with one class cannot be fitted, and would stay as it was.
            self.multiplier, self._gate = 0.0, RelevanceGate()

    @hookimpl
    def on_save_state(self, state: PluginState) -> None:
        """Save the relevance gate and how much of the night was accepted."""
        if self._gate is not None:
            self.gate.save(state.values, state.tensors)
        if self._probe is not None:
            self._probe.save(state.values, state.tensors)
        state.values["multiplier"] = self.multiplier
        state.values["prompts_heard"] = self.prompts_heard

    @hookimpl
    def on_load_state(self, state: PluginState) -> None:
        """Take both back."""
        self.multiplier = float(state.values.get("multiplier", 1.0))
        self.prompts_heard = bool(state.values.get("prompts_heard", True))
        self._gate = self._probe = None
        self._read.clear()
        if state.tensors:
            from sovl_cross_attention.answer_probe import AnswerProbe

            self._probe = AnswerProbe.load(state.values, state.tensors)
            self.gate.load(state.values, state.tensors)

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
        if not self._gate_works(models):
            return influence * reach, None, []
        from sovl_cross_attention.relevance import prompt_features

        features = prompt_features(models, [turn.prompt], self._gate_height())
        memories = self.gate.about(features, MEMORIES_RECALLED, self._threshold())
        if not settings.relevance_gate:
            return influence * reach, None, memories
        relevance = float(self.gate.relevance(features)[0])
        probe = self._probe
        if probe is not None and settings.answer_probe and probe.trusted and probe.fits(models):
            from sovl_cross_attention.confirmation import confirm, told_in

            told = partial(told_in, self.context.journal)
            relevance, sure = confirm(probe, models, turn.prompt, relevance, memories[0], told)
            memories = [sure]
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

    def _threshold(self) -> float:
        return self.settings.relevance_threshold if self.settings.relevance_gate else 0.0

    def _gate_works(self, models: Models) -> bool:
        if not self.gate.fitted:
            return False
        from sovl_cross_attention.relevance import feature_width

        return self.gate.width == feature_width(models)

    def _about(self, models: Models, prompts: List[str], alone: bool) -> List[List[Recalled]]:
        """Return which memories prompts are about.

        :param alone: read each that was not read before by itself: beside others floating point reads it a little
            differently, and a night that was interrupted meets them in other company.
        """
        if not self._gate_works(models):
            return []
        from sovl_cross_attention.relevance import prompt_features

        missing = [prompt for prompt in dict.fromkeys(prompts) if prompt not in self._read]
        for texts in [[text] for text in missing] if alone else [missing] if missing else []:
            features = prompt_features(models, texts, self._gate_height())
            self._read.update(zip(texts, self.gate.about(features, MEMORIES_RECALLED, self._threshold())))
        return [self._read[prompt] for prompt in prompts]

    def _gate_height(self) -> float:
        """Return the height the gate reads at: what it has learned at one layer says nothing about another."""
        return self.settings.relevance_layer if self.gate.height is None else self.gate.height

    def _prepare_gate(self, night: Night) -> None:
        """Let the gate learn at the layer the settings name."""
        from sovl_cross_attention.relevance import RelevanceGate, feature_width

        self._practise(night)
        known, height = self.gate, self.settings.relevance_layer
        if known.height != height or known.width not in (0, feature_width(night.models)):
            self._gate = RelevanceGate()
            self.gate.height = height
            self._teach_gate(night.models, known.prompts(), night.breathe)

    def _practise(self, night: Night) -> None:
        """Let the probe learn, once for a base."""
        from sovl_cross_attention.answer_probe import AnswerProbe
        from sovl_cross_attention.practice import lessons

        if not self.settings.answer_probe or (self._probe is not None and self._probe.fits(night.models)):
            return

        def heard(step: int, total: int) -> None:
            night.breathe()
            night.progress(Progress("dream", step, total, detail="practice"))

        probe = AnswerProbe()
        probe.practise(night.models, lessons(), heard)
        self._probe = probe
        log_info(self.context.logger, "answer_probe", skill=probe.skill, trusted=probe.trusted)

    def _teach_gate(self, models: Models, prompts: Dict[str, int], breathe: Callable[[], None]) -> Dict[str, Tensor]:
        """Show the gate prompts, with the memory that each is about; return the features of those it did not know."""
        from sovl_cross_attention.relevance import prompt_features

        shown: Dict[str, Tensor] = {}
        new = [(text, memory) for text, memory in prompts.items() if not self.gate.knows(text, memory)]
        for start in range(0, len(new), GATE_BATCH):
            breathe()
            texts, labels = zip(*new[start : start + GATE_BATCH])
            features = prompt_features(models, texts, self._gate_height())
            self.gate.remember(texts, features, labels)
            shown.update(zip(texts, features))
        return shown

    def _learn_what_it_is_about(self) -> None:
        """Learn once, when a night has dreamed, which of its prompts are about which memory."""
        night = self._night
        if night is None:
            return
        from sovl_cross_attention.relevance import NEVER_TOLD, NOTHING

        dreams = self.context.journal.dreams(night=night.number, limit=None)
        if not dreams:
            return
        self._night = None
        shown = [d for d in reversed(dreams) if d.verdict == "accepted" and not d.held_out]
        # What was never told may have been told since; what was told, otherwise.
        known = {memory for memory in self.gate.prompts().values() if memory > NOTHING}
        self.gate.forget({NEVER_TOLD, *known.difference(self.context.journal.still_true(known))})
        # What the base says by itself is about nothing either: prose, where all dreams are short and mostly questions.
        prose = {d.completion: NOTHING for d in shown if d.kind == "background" and d.completion}
        prompts = {**prose, **{d.prompt: memory_of(d) for d in shown}}
        features = self._teach_gate(night.models, prompts, night.breathe)
        self._read.clear()
        if features and self._gate_works(night.models):
            import torch

            about = self.gate.about(torch.stack(list(features.values())), MEMORIES_RECALLED, self._threshold())
            self._read.update(zip(features, about))

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
