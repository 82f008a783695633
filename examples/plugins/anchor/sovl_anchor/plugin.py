"""The anchor plugin: a loss term that grows as the weights move away from where they were yesterday."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Dict, Generator, Optional

from sovl_anchor.settings import AnchorSettings
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin, PluginState, StatusPanel

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_anchor.weights import Importance
    from sovl_core.events import Night, NightReport, StepResult, TrainStep
    from sovl_core.models import Models
    from sovl_core.plugin import PluginContext

TERM = "anchor"


class AnchorPlugin(Plugin):
    """Adds a term to each step's loss, and learns from the steps of a night which weights matter to it."""

    name = "anchor"
    summary = "holds a night's weights near yesterday's: an L2 or EWC penalty"
    provides = ("training.anchor",)
    # Rows that are laid down for tonight's memories have no yesterday.
    before = ("memory.rows",)
    settings_model = AnchorSettings

    def __init__(self) -> None:
        self.settings = AnchorSettings()
        self.importance: Dict[str, Tensor] = {}
        self._anchor: Optional[Dict[str, Tensor]] = None
        # The importance, where the weights are: for as long as there is an anchor.
        self._mattered: Dict[str, Tensor] = {}
        self._tonight: Optional[Importance] = None
        self._moved: Optional[float] = None

    @hookimpl
    def on_start(self, context: PluginContext) -> None:
        """Keep the context."""
        self.context = context
        self.settings = context.settings

    @hookimpl(wrapper=True)
    def on_sleep(self, night: Night) -> Generator[None, Optional[NightReport], Optional[NightReport]]:
        """Drop the anchor where the weights are; in the morning keep what mattered, if the night is accepted.

        Before the first night there is nothing to hold on to, and a deep night is to begin anew.
        """
        from sovl_anchor.weights import Importance, distance, still_there

        if night.parent is not None and not night.deep:
            self._drop_anchor(night.models)
        else:
            self._anchor, self._mattered = None, {}
        self._tonight = Importance(self.settings.recent)
        try:
            report = yield
            if report is not None and report.accepted:
                before = {} if night.deep else still_there(night.models, self.importance)
                self.importance = self._tonight.merged(before, self.settings.fading)
                if self._anchor is not None:
                    moved = distance(night.models, self._anchor)
                    self._moved = None if moved is None else math.sqrt(float(moved.detach()))
                    report.metrics["anchor.moved"] = self._moved
            return report
        finally:
            self._anchor = self._tonight = None
            self._mattered = {}

    @hookimpl(wrapper=True)
    def on_train_step(self, step: TrainStep) -> Generator[None, Optional[StepResult], Optional[StepResult]]:
        """Add the penalty, and look at the gradients that the step leaves."""
        if step.phase == "train" and self.settings.by_day and step.index == 0:
            self._drop_anchor(step.models)
        held = step.phase == "night" or (step.phase == "train" and self.settings.by_day)
        penalised = held and self._anchor is not None and self.settings.strength > 0
        if penalised:
            step.loss_terms[TERM] = self.penalty
        result = yield
        if step.phase == "night" and self._tonight is not None and result is not None and result.skipped is None:
            self._tonight.add(step.models, self._own_gradient(step) if penalised else {})
        return result

    @hookimpl
    def on_status(self) -> StatusPanel:
        """Tell how far the last night moved the weights."""
        moved = "no night that was held yet" if self._moved is None else f"{self._moved:.1%} of their length"
        return StatusPanel("Anchor", {"penalty": self.settings.penalty, "last night moved the weights": moved})

    @hookimpl
    def on_save_state(self, state: PluginState) -> None:
        """Save what mattered to the nights so far, and how far the last one moved the weights."""
        state.tensors.update(self.importance)
        state.values["moved"] = self._moved

    @hookimpl
    def on_load_state(self, state: PluginState) -> None:
        """Take it back."""
        self.importance = dict(state.tensors)
        self._moved = state.values.get("moved")

    def penalty(self, step: TrainStep) -> Tensor:
        """Return the penalty as a scalar: ``strength`` nats when the weights have moved as far as they were long."""
        import torch

        from sovl_anchor.weights import distance

        moved = None if self._anchor is None else distance(step.models, self._anchor, self._weighing())
        return torch.zeros((), device=step.models.device) if moved is None else self.settings.strength * moved

    def _drop_anchor(self, models: Models) -> None:
        from sovl_anchor.weights import copy_of, placed

        self._anchor, self._mattered = copy_of(models), placed(models, self.importance)

    def _weighing(self) -> Optional[Dict[str, Tensor]]:
        return self._mattered if self.settings.penalty == "ewc" and self._mattered else None

    def _own_gradient(self, step: TrainStep) -> Dict[str, Tensor]:
        """Return the penalty's gradient by itself."""
        import torch

        from sovl_anchor.weights import parameters_of

        named = dict(parameters_of(step.models))
        with torch.enable_grad():
            penalty = self.penalty(step)
        if not penalty.requires_grad:
            return {}
        gradients = torch.autograd.grad(penalty, list(named.values()), allow_unused=True)
        return {name: gradient for name, gradient in zip(named, gradients) if gradient is not None}
