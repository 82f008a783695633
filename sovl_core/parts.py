"""The parts of one opened life, made out of its collaborators and wired to one another."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Optional

from sovl_core.background import BackgroundNight
from sovl_core.call_stack import with_room
from sovl_core.collaborators import Collaborators
from sovl_core.conversation import Conversation
from sovl_core.day_training import DayTraining
from sovl_core.dreaming import Dreaming
from sovl_core.events import Reply, Turn
from sovl_core.explaining import Explaining
from sovl_core.failures import Failures
from sovl_core.forgetting import Forgetter
from sovl_core.model_gate import ModelGate
from sovl_core.model_host import ModelHost
from sovl_core.night_keeper import NightKeeper
from sovl_core.night_weights import NightWeights
from sovl_core.plugin import Plugin, PluginContext
from sovl_core.state_keeper import StateKeeper
from sovl_core.system_logging import log_info

if TYPE_CHECKING:
    from sovl_core.models import Models
    from sovl_core.night_difference import NightDifference


class Parts:
    """What :class:`sovl_core.system.SOVLSystem` delegates to.

    ``closing`` is set once the life is being closed: work in progress then ends at its next breath.
    """

    def __init__(self, given: Collaborators) -> None:
        self.closing = False
        self._given = given
        config, journal, hooks, logger = given.config, given.journal, given.plugins, given.logger
        self.gate = ModelGate()
        hooks.when_stuck(self.gate.take_from, self.gate.take_back)
        self.weights = NightWeights(journal, given.night_store, logger, given.warn, given.read_only)
        self.host = ModelHost(given.load_models, hooks, self.gate, self._wake)
        self.state = StateKeeper(
            journal, hooks, given.vitals, given.life.state_path, logger, given.warn, given.read_only
        )
        self.failures = Failures(config, hooks, self.answer, logger, given.plugin_failures)
        self.talk = Conversation(
            config, journal, hooks, self.gate, given.vitals, self.state, self.answer, self.failures, given.read_only
        )
        self.nights = NightKeeper(
            config,
            journal,
            hooks,
            self.host,
            self.gate,
            self.weights,
            given.night_store,
            self.state,
            logger,
            stopping=lambda: self.closing,
        )
        self.forgetting = Forgetter(
            journal,
            hooks,
            self.gate,
            self.nights,
            given.night_store,
            self.state,
            given.vitals,
            given.life.history_path,
            logger,
        )
        self.training = DayTraining(
            config, hooks, self.host, self.gate, self.nights, logger, stopping=lambda: self.closing
        )
        self.dreaming = Dreaming(
            journal, hooks, self.host, self.gate, stopping=lambda: self.closing, read_only=given.read_only
        )
        self.explaining = Explaining(config, journal, hooks, self.host, self.gate)
        self.background = BackgroundNight(with_room(self.nights.sleep), self.failures, hooks.hanging, self.gate.give_up)

    def answer(self, turn: Turn) -> Reply:
        """Answer a turn through all plugins, the kernel's own generation innermost; nothing is journaled."""
        given = self._given
        with self.gate.turn():
            models = self.host.get()
            reply = given.plugins.on_generate(
                turn, lambda request: given.generate_reply(models, request, given.config.generation)
            )
            if reply.finish_reason == "repetition":
                log_info(
                    given.logger,
                    "repetition_cut",
                    purpose=turn.purpose,
                    episode=turn.episode,
                    tokens=len(reply.token_ids),
                )
            # A scaffold that is built on first use adds to what the life can take in.
            self._measure(models)
            return reply

    def compare_nights(self, first: Optional[int], second: Optional[int]) -> NightDifference:
        """Put two nights side by side; only files and the journal are read."""
        from sovl_core.night_difference import compare_nights

        return compare_nights(self._given.journal, self._given.night_store, first, second)

    def make_context(self, plugin: Plugin, settings: Any) -> PluginContext:
        """Return what a plugin is handed at its start."""
        given = self._given
        return PluginContext(
            name=plugin.name,
            settings=settings,
            config=given.config,
            journal=given.journal,
            logger=given.logger,
            hooks=given.plugins,
            models=given.plugins.kernels_own(self.host.get),
            models_loaded=lambda: self.host.loaded,
            reload_models=given.plugins.kernels_own(self.host.reload),
            generate=given.plugins.kernels_own(self.answer),
            conversation=lambda: self.talk.current,
            go_on_with=self.talk.go_on_with,
            vitals=given.vitals,
            clock=given.clock,
            rng=random.Random(f"{given.config.core.seed}:{plugin.name}"),
            folder=given.life.path / "plugins" / plugin.name,
        )

    def _wake(self, models: Models) -> None:
        self.weights.wake(models)
        self._measure(models)

    def _measure(self, models: Models) -> None:
        self.state.measure_capacity(models, self._given.config.lifecycle.capacity_factor)
