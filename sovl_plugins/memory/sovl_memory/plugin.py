"""The memory plugin: token map and dream memory shape what the scaffold tells the base; a mode says what takes part."""

from __future__ import annotations

import contextlib
import math
from functools import partial
from typing import TYPE_CHECKING, Any, Dict, Generator, List, Optional, Tuple

from sovl_core.hookspecs import hookimpl
from sovl_core.live_tuning import HOLDS
from sovl_core.plugin import Command, Plugin, PluginState, StatusPanel
from sovl_core.system_logging import log_info
from sovl_memory.choosing import dream_weights, pick, pooled_states
from sovl_memory.dream_memory import DreamMemory
from sovl_memory.key_bias import ScaffoldTokens, key_bias
from sovl_memory.row_bias import row_bias, words_in_use
from sovl_memory.settings import MemorySettings
from sovl_memory.token_map import TokenMap

if TYPE_CHECKING:
    from sovl_core.events import Dream, DreamRequest, Forgetting, Reply, ScaffoldContext, Turn
    from sovl_core.models import Models
    from sovl_core.plugin import PluginContext
    from sovl_core.records import Episode

#: Turns that judge or serve a night: they see what was learned, whatever the user has switched off for replies.
NIGHTLY = ("evaluation", "dream")
#: Temperament at and below which the mood is melancholic.
MELANCHOLIC = -0.5
#: Memories that are weighed for a dream, the newest ones.
WEIGHED = 32

MODES = {
    "scaffold_mem": ("scaffold", "Use what the scaffold learned and its dream memory; leave the token map out."),
    "token_mem": ("token", "Use the token map; leave what the scaffold learned and its dream memory out."),
    "both_mem": ("both", "Use what the scaffold learned, its dream memory and the token map."),
    "no_mem": ("none", "Use none of them: the base answers alone."),
}


class MemoryPlugin(Plugin):
    """Works through ``on_scaffold_context``; without a plugin that carries the scaffold to the base it only remembers.

    Leaves the traces' vectors, float32 [rows, scaffold width], in ``turn.annotations["memory.vectors"]``.
    """

    name = "memory"
    summary = "token map, dream memory, and whether what the scaffold learned takes part"
    provides = ("memory.dreams", "memory.tokens")
    # Outside the plugin that reads the scaffold: its adapter is switched off before it reads.
    before = ("model.cross_attention",)
    settings_model = MemorySettings

    def __init__(self) -> None:
        self.settings = MemorySettings()
        self.token_map = TokenMap(self.settings)
        self._dream_memory = DreamMemory(self.settings)
        #: Holds the traces until somebody needs more than their weights.
        self._stored: Optional[PluginState] = None
        self._tokens: Optional[ScaffoldTokens] = None
        self._by_day = False

    @property
    def dream_memory(self) -> DreamMemory:
        """The traces; stored ones are taken back on first use, because that needs torch."""
        if self._stored is not None:
            self._dream_memory.load(self._stored.values, self._stored.tensors)
            self._stored = None
        return self._dream_memory

    @hookimpl
    def on_start(self, context: PluginContext) -> None:
        """Keep the context and remember by its settings."""
        self.context = context
        self.settings = context.settings
        self.token_map = TokenMap(self.settings)
        self._dream_memory, self._stored = DreamMemory(self.settings), None

    @hookimpl
    def on_models_loaded(self, models: Models) -> None:
        """Forget how tokens were mapped: the tokenizers may be others."""
        self._tokens = None

    @hookimpl
    def on_models_unloaded(self, models: Models) -> None:
        """Let the tokenizers go."""
        self._tokens = None

    @hookimpl(wrapper=True)
    def on_generate(self, turn: Turn) -> Generator[None, Optional[Reply], Optional[Reply]]:
        """Leave out what the mode leaves out, and remember which tokens the user used."""
        rows = self.dream_memory.rows()
        if rows is not None:
            turn.annotations["memory.vectors"] = rows[0]
        if turn.purpose not in NIGHTLY and self.settings.scaffold_memory == "none":
            turn.use_scaffold = False
        outer, self._by_day = self._by_day, turn.purpose not in NIGHTLY
        try:
            with self._without_adapter(turn):
                reply = yield
        finally:
            self._by_day = outer
        if turn.purpose == "reply" and reply is not None and reply.finish_reason != "cancelled":
            self._remember(turn.prompt, reply.confidence)
        return reply

    @hookimpl
    def on_scaffold_context(self, scaffold_context: ScaffoldContext) -> None:
        """Weigh keys and memories' rows by the token map and the traces; training is left exact."""
        if scaffold_context.training:
            return
        mode = self.settings.scaffold_memory
        if self._by_day:
            self._weigh_rows(scaffold_context)
        if mode in ("token", "both"):
            self._weigh_keys(scaffold_context)
        if mode in ("scaffold", "both"):
            self._add_traces(scaffold_context)

    @hookimpl
    def on_dream(self, request: DreamRequest) -> Optional[List[Dream]]:
        """Lay down a trace of what is dreamed about; writes no dream itself."""
        context = self.context
        memories = request.memories[-WEIGHED:]
        wanted = min(self.settings.memories_per_dream, self.settings.dream_memory_size)
        if not memories or not wanted or not context.models_loaded() or not context.models().scaffold_loaded:
            return None
        for episode in self._chosen(memories, wanted, request):
            request.breathe()
            vector = pooled_states(context.models(), [episode.prompt])[0]
            melancholic = context.vitals.temperament <= MELANCHOLIC
            self.dream_memory.dream(vector, episode.id, melancholic, request.rng)
        return None

    @hookimpl
    def on_forget(self, forgetting: Forgetting) -> None:
        """Drop the traces of what was forgotten."""
        if any(episode in forgetting.episodes for _, episode in self._traces()):
            self.dream_memory.forget(forgetting.episodes)

    @hookimpl
    def on_commands(self) -> List[Command]:
        """Offer the modes of scaffold memory."""
        return [
            Command(name, text, partial(self._switch, mode, text), usage=name, example=name)
            for name, (mode, text) in MODES.items()
        ]

    @hookimpl
    def on_status(self) -> StatusPanel:
        """Give mode, tokens in use and traces."""
        traces = self._traces()
        weights = ", ".join(f"{weight:.2f}" for weight, _ in traces)
        count = f"{len(traces)} of {self.settings.dream_memory_size}"
        rows: Dict[str, Any] = {
            "scaffold memory": self.settings.scaffold_memory,
            "tokens in use": len(self.token_map),
            "dream memory": f"{count} ({weights})" if weights else count,
        }
        return StatusPanel("Memory", rows)

    @hookimpl
    def on_save_state(self, state: PluginState) -> None:
        """Save token weights and traces, with the models they belong to."""
        core = self.context.config.core
        if self._stored is not None:
            # Nobody has needed the traces since; to make them would import torch.
            state.keep(self._stored)
        else:
            self._dream_memory.save(state.values, state.tensors)
        state.values.update({"base": core.base_model, "scaffold": core.scaffold_model})
        state.values["token_map"] = self.token_map.to_dict()

    @hookimpl
    def on_load_state(self, state: PluginState) -> None:
        """Take back what belongs to the models in use: ids and vectors mean nothing to others."""
        core, values = self.context.config.core, state.values
        same_base = values.get("base") == core.base_model
        self.token_map.load_dict(values.get("token_map", {}) if same_base else {})
        if same_base and values.get("scaffold") == core.scaffold_model:
            self._stored = state
        else:
            self._stored = PluginState()
            log_info(self.context.logger, "memory_of_other_models_left_out", base=values.get("base"))

    def _traces(self) -> List[Tuple[float, Optional[int]]]:
        """Return weight and episode of each trace, without their vectors."""
        if self._stored is not None:
            return [(float(weight), episode) for weight, episode in self._stored.values.get("traces", [])]
        return [(trace.weight, trace.episode) for trace in self._dream_memory.traces]

    def _without_adapter(self, turn: Turn) -> Any:
        leave_out = self.settings.scaffold_memory == "token" and turn.purpose not in NIGHTLY and turn.use_scaffold
        if leave_out:
            models = self.context.models()
            if models.has_scaffold and hasattr(models.scaffold, "disable_adapter"):
                return models.scaffold.disable_adapter()
        return contextlib.nullcontext()

    def _remember(self, prompt: str, confidence: float) -> None:
        from sovl_core.safe_encoding import encode_text

        tokenizer = self.context.models().base_tokenizer
        self.token_map.use(encode_text(tokenizer, prompt, template_tokens=False), confidence)
        self.dream_memory.fade()

    def _weigh_keys(self, scaffold_context: ScaffoldContext) -> None:
        if not len(self.token_map):
            return
        if self._tokens is None:
            models = self.context.models()
            limit = self.settings.tokens_mapped
            self._tokens = ScaffoldTokens(models.base_tokenizer, models.scaffold_tokenizer, limit)
        self._tokens.learn(self.token_map.tokens())
        scaffold_context.weighers.append(partial(key_bias, tokens=self._tokens, token_map=self.token_map))
        if scaffold_context.silent:
            return
        bias = key_bias(scaffold_context.read()[2], self._tokens, self.token_map)
        if bias is not None:
            known = scaffold_context.key_bias
            scaffold_context.key_bias = bias if known is None else known + bias

    def _weigh_rows(self, scaffold_context: ScaffoldContext) -> None:
        """Let memories be heard as much louder as their words are in use, and as they were dreamed of."""
        memories, bias = scaffold_context.extra_memories, scaffold_context.extra_bias
        if memories is None or bias is None or memories.shape != bias.shape:
            return
        # Where the prompt's own words are heard the traces stand beside them as rows of their own.
        louder = partial(self._louder, traces=self._traces() if scaffold_context.silent else [])
        scaffold_context.extra_bias = bias + row_bias(memories, louder).to(bias)

    def _louder(self, memory: int, traces: List[Tuple[float, Optional[int]]]) -> float:
        mode = self.settings.scaffold_memory
        if mode == "token":
            return -math.inf
        dreamed = sum(weight for weight, episode in traces if episode == memory)
        louder = math.log1p(self.settings.dream_memory_weight * dreamed)
        told = self.context.journal.episode(memory) if mode == "both" and len(self.token_map) else None
        if told is None:
            return louder
        from sovl_core.safe_encoding import encode_text

        tokenizer = self.context.models().base_tokenizer
        return louder + words_in_use(encode_text(tokenizer, told.prompt, template_tokens=False), self.token_map)

    def _add_traces(self, scaffold_context: ScaffoldContext) -> None:
        import torch

        rows = self.dream_memory.rows()
        loudness = self.settings.dream_memory_weight
        if rows is None or loudness <= 0 or scaffold_context.silent:
            return
        hidden, _, _ = scaffold_context.read()
        if rows[0].shape[-1] != hidden.shape[-1]:
            return
        vectors = rows[0].to(hidden)
        bias = torch.log(loudness * rows[1]).to(hidden.device)
        scaffold_context.add_rows(vectors, bias)

    def _chosen(self, memories: List[Episode], wanted: int, request: DreamRequest) -> List[Episode]:
        import torch

        last = self.context.vitals.last_prompt
        similarities = None
        if last and len(memories) > wanted and self.settings.prompt_weight > 0:
            states = pooled_states(self.context.models(), [last, *(episode.prompt for episode in memories)])
            similarities = torch.cosine_similarity(states[:1], states[1:], dim=-1).tolist()
        weights = dream_weights(similarities, len(memories), self.settings.prompt_weight)
        return pick(memories, weights, wanted, request.rng)

    def _switch(self, mode: str, text: str, words: List[str], options: Dict[str, Any]) -> str:
        before, self.settings.scaffold_memory = self.settings.scaffold_memory, mode  # type: ignore[assignment]
        keep = f"{HOLDS} To keep it: config set plugins.{self.name}.scaffold_memory {mode}"
        return f"Scaffold memory: {before} -> {mode}. {text}\n{keep}"
