"""What a user would do today: LoRA on the base itself, trained by the very same nights, to compare the scaffold with.

Registered by an evaluation, never discovered. PEFT wraps the base's linear layers in place. The adapters take part only
in replies and training steps, and never while ``models.scaffold_enabled`` is False: all that reads the bare base
(background dreams, teachers of KL, references) goes on to read the bare base, bit for bit.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Dict, Generator, Iterator, List, Mapping, Optional

from sovl_core.evaluation.lora_ranks import choose_ranks, numbers_of_one_rank
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin

if TYPE_CHECKING:
    from sovl_core.events import Night, NightReport, Reply, StepResult, TrainStep, Turn
    from sovl_core.models import Models
    from sovl_core.plugin import PluginContext

TRAINABLE = "base_lora"


class BaseLora(Plugin):
    """Puts LoRA on every linear layer of the base's attention and MLP.

    What a night has trained is evaluated in full: the judge's verdict is reported and not followed.

    :param parameters: how many numbers should learn, see :func:`choose_ranks`; None takes the rank of the settings.
    """

    name = "evaluation_lora"
    summary = "LoRA on the base itself, for comparison"
    after = ("model.precision",)

    def __init__(self, parameters: Optional[int] = None) -> None:
        self.parameters = parameters
        self.ranks: Dict[str, int] = {}
        self._models: Optional[Models] = None
        self._layers: List[Any] = []
        self._handles: List[Any] = []
        self._influence: Optional[float] = None
        self._on = True
        self._scale = 1.0

    @hookimpl
    def on_start(self, context: PluginContext) -> None:
        """Keep the context."""
        self.context = context

    @hookimpl
    def on_models_loaded(self, models: Models) -> None:
        """Wrap the base's linear layers, switched off, and register what learns."""
        config = self.context.config
        each = numbers_of_one_rank(models)
        self.ranks = choose_ranks(each, self.parameters) if self.parameters else dict.fromkeys(each, config.lora.rank)
        self._models = models
        self._layers = wrap(models, self.ranks, config.lora.alpha / config.lora.rank, config.core.seed)
        self._on, self._scale = True, 1.0
        decoder = models.base.base_model
        self._handles = [decoder.register_forward_pre_hook(self._before_pass)]
        self._switch(False)
        models.register_trainable(TRAINABLE, models.base)

    @hookimpl
    def on_models_unloaded(self, models: Models) -> None:
        """Leave the base as it was: the wrapped layers hand everything through."""
        self._switch(False)
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        models.unregister_trainable(TRAINABLE)
        self._layers, self._models = [], None

    @hookimpl(wrapper=True)
    def on_generate(self, turn: Turn) -> Generator[None, Optional[Reply], Optional[Reply]]:
        """Let the adapters take part in a reply."""
        with self._at_work(_weight(turn)):
            return (yield)

    @hookimpl(wrapper=True)
    def on_train_step(self, step: TrainStep) -> Generator[None, Optional[StepResult], Optional[StepResult]]:
        """Let the adapters take part in a training step, at the prompt's positions too."""
        step.prompt_frozen = False
        with self._at_work(_weight(step)):
            return (yield)

    @hookimpl(wrapper=True)
    def on_sleep(self, night: Night) -> Generator[None, Optional[NightReport], Optional[NightReport]]:
        """Keep what was trained whatever the judge says of it; his verdict stands in the report as ``judge``."""
        report = yield
        if report is not None and report.steps:
            verdict = {"status": report.status, "reason": report.reason, "multiplier": report.multiplier}
            report.metrics["judge"] = verdict
            report.status, report.multiplier = "accepted", 1.0
        return report

    @contextlib.contextmanager
    def _at_work(self, influence: float) -> Iterator[None]:
        before, self._influence = self._influence, influence
        try:
            yield
        finally:
            self._influence = before

    def _before_pass(self, *_: Any) -> None:
        assert self._models is not None
        influence = self._influence if self._models.scaffold_enabled else None
        self._switch(bool(influence))
        if influence and influence != self._scale:
            self._scale = influence
            for layer in self._layers:
                for adapter in layer.active_adapters:
                    layer.set_scale(adapter, influence)

    def _switch(self, on: bool) -> None:
        if on == self._on:
            return
        for layer in self._layers:
            layer.enable_adapters(on)
            # PEFT freezes adapters that it switches off; what learns must stay in the registry.
            for name, parameter in layer.named_parameters():
                if "lora_" in name:
                    parameter.requires_grad_(True)
        self._on = on


def _weight(carrier: Any) -> float:
    """Return how much a turn or step wants of what was learned; there is no relevance here that could be trusted."""
    weight: float = carrier.influence * carrier.reach
    return weight


def wrap(models: Models, ranks: Mapping[str, int], scale: float, seed: int) -> List[Any]:
    """Put LoRA, in float32, on some of the base's linear layers; return the wrapped layers.

    :param ranks: of each layer, by its path in the base.
    :param scale: what the adapters' output is multiplied by (alpha / rank).
    :param seed: of the start; the random state of everybody else stays as it was.
    """
    import torch
    from peft import LoraConfig, inject_adapter_in_model
    from peft.tuners.tuners_utils import BaseTunerLayer

    from sovl_core.pretrained import quiet_transformers

    alphas = {rank: max(1, round(scale * rank)) for rank in ranks.values()}
    most = max(alphas)
    lora = LoraConfig(
        r=most,
        lora_alpha=alphas[most],
        rank_pattern={path: rank for path, rank in ranks.items() if rank != most},
        alpha_pattern={path: alphas[rank] for path, rank in ranks.items() if rank != most},
        target_modules=list(ranks),
        bias="none",
    )
    device = models.device
    with quiet_transformers(), torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        inject_adapter_in_model(lora, models.base)
    models.base.eval()
    for parameter in models.base.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    return [module for module in models.base.modules() if isinstance(module, BaseTunerLayer)]
