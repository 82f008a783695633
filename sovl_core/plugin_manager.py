"""The plugin host's facade: one typed method a hook; kernel code calls hooks here and nowhere else.

Plugins are called in the order of :mod:`sovl_core.plugin_order`. The first plugin in that order is the first asked, the
first told, and the outermost wrapper: its code before the ``yield`` runs before that of all others, its code after the
``yield`` after theirs. Hooks that take down (``on_models_unloaded``, ``on_stop``) go in the opposite order.

A plugin that raises is switched off for the session, detached from the models and stopped; the call goes on without it
(:mod:`sovl_core.plugin_call` says how for each kind of hook). What the kernel's innermost implementation raises,
``NightInterrupted``, and whatever is no ``Exception`` (``KeyboardInterrupt``, ``SystemExit``) is nobody's failure and
comes out of the call.
"""

from __future__ import annotations

import functools
import json
import time
from importlib import metadata
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, List, Mapping, Optional, Tuple

from sovl_core.error_handling import PluginError
from sovl_core.plugin import Command, Plugin, PluginContext, PluginState, StatusPanel
from sovl_core.plugin_blame import Function, absolve, kernels_own
from sovl_core.plugin_call import HookCalls
from sovl_core.plugin_order import Place, dependants, places
from sovl_core.plugin_records import PluginFailure, PluginInfo, place_in_thread
from sovl_core.plugin_registry import PluginRegistry
from sovl_core.plugin_selection import PluginSelection
from sovl_core.plugin_settings import change_setting, with_value
from sovl_core.plugin_timing import HookTimer
from sovl_core.plugin_watchdog import HookWatch, Stay
from sovl_core.state_files import StoredState

if TYPE_CHECKING:
    from sovl_core.events import (
        Dream,
        DreamRequest,
        ErrorEvent,
        Feedback,
        Forgetting,
        Idle,
        JournalEntry,
        ModelRequest,
        Night,
        NightReport,
        Reply,
        ScaffoldContext,
        StepResult,
        TrainStep,
        Turn,
        Utterance,
    )
    from sovl_core.models import Models
    from sovl_core.system_logging import ThreadSafeLogger

__all__ = ["PluginFailure", "PluginInfo", "PluginManager", "PluginSelection", "kernels_own"]


class PluginManager:
    """Hosts the plugins of one session.

    :param logger: refusals, failures and switched-off plugins are written to it; None writes nothing.
    :param strict: raise :class:`PluginError` where otherwise a plugin is refused or switched off.
    :param trace: receives a line of text for every call, with order and time.
    :param on_failure: called with every refusal and failure while the hook is still running: to take note, no more.
    :param timer: seconds from any fixed point, for the timings.
    :param limit: seconds a plugin may stay in a hook of a pace (see :class:`HookKind`), 0 for any; None watches nobody.
    :param alarm: told at once, from a thread of its own, of a plugin that does not come back from a hook.
    :param distributions: lists what is installed.
    """

    def __init__(
        self,
        logger: Optional[ThreadSafeLogger],
        strict: bool = False,
        trace: Optional[Callable[[str], None]] = None,
        on_failure: Optional[Callable[[ErrorEvent], None]] = None,
        timer: Callable[[], float] = time.perf_counter,
        distributions: Callable[[], Iterable[metadata.Distribution]] = metadata.distributions,
        limit: Optional[Callable[[str], float]] = None,
        alarm: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._strict = strict
        self._stuck: Callable[[int], None] = lambda thread: None
        self._back: Callable[[], None] = lambda: None
        # What plugins are attached to.
        self._models: Optional[Models] = None
        self._watch: Optional[HookWatch] = None
        if limit is not None:
            self._watch = HookWatch(
                functools.partial(self._limit_of, limit), self._overdue, self._returned, alarm=alarm
            )
        self._timer = HookTimer(trace, timer, self._watch)
        self._registry = PluginRegistry(logger, strict, on_failure, distributions)
        self._kinds = self._registry.kinds
        registry = self._registry
        self._calls = HookCalls(registry.implementations, registry.is_on, registry.fail, self._timer)

    # Which plugins there are

    def register(
        self,
        plugin: Plugin,
        distribution: str = "",
        version: str = "",
        settings: Optional[Mapping[str, Any]] = None,
    ) -> None:
        """Register a plugin by hand; what it requires must be registered before.

        :param settings: its table, as it would stand in the config.
        :raises PluginError: when it is refused: hook API version, an unknown or undecorated ``on_*`` method, wrong
            arguments, a missing requirement, an ordering cycle, or a name that is taken.
        :raises ConfigError: when ``settings`` do not fit.
        """
        self._registry.register(plugin, distribution, version, settings or {})

    def load(
        self, selection: PluginSelection, settings: Mapping[str, Mapping[str, Any]], lenient: bool = False
    ) -> None:
        """Load every installed plugin that is on; one that cannot be used is recorded with the reason.

        :param selection: which plugins are on.
        :param settings: the config's table of each plugin.
        :param lenient: raise neither ConfigError nor BadInput: for commands that show or mend what is wrong.
        :raises ConfigError: after all others are loaded, when settings of a plugin that is on are wrong.
        :raises BadInput: after all others are loaded, when a plugin was asked for by name that is not installed.
        :raises PluginError: in strict mode, at the first plugin that is refused.
        """
        self._registry.load(selection, settings, lenient)

    def infos(self) -> List[PluginInfo]:
        """Return every plugin, installed or registered: those in use in calling order, then the others by name."""
        return [record.info() for record in self._registry.records()]

    def order(self) -> List[Place]:
        """Return the plugins that are on in calling order, each with the declarations that decided its place."""
        return places(self._registry.plugins_on())

    def dependants(self, name: str) -> List[str]:
        """Return the plugins that are on and would be refused if the one of that name were off."""
        return dependants(self._registry.plugins_on(), name)

    def provenance(self) -> Dict[str, str]:
        """Return ``distribution version`` of each plugin that is on."""
        return {info.name: f"{info.distribution} {info.version}".strip() for info in self.infos() if info.enabled}

    def timings(self) -> Dict[str, Dict[str, Tuple[int, float]]]:
        """Return calls and seconds by plugin and hook; inner implementations and nested hooks are not counted."""
        return self._timer.timings()

    @property
    def failures(self) -> List[PluginFailure]:
        """What has failed in this session, oldest first."""
        return list(self._registry.failures)

    @property
    def problems(self) -> List[str]:
        """Installed distributions whose entry points could not be read."""
        return list(self._registry.problems)

    def get(self, name: str) -> Plugin:
        """Return a plugin.

        :raises PluginError: when there is none of that name, or it could not be loaded.
        """
        plugin = self._registry.record(name).plugin
        assert plugin is not None
        return plugin

    def settings(self, name: str) -> Any:
        """Return a plugin's settings object, the same one that the plugin holds.

        :raises PluginError: as for :meth:`get`.
        """
        return self._registry.record(name).settings

    def change_setting(self, name: str, key: str, value: Any) -> bool:
        """Change one of a plugin's settings in place.

        :param key: key below ``plugins.<name>``.
        :param value: a value, or text that is parsed to the field's type.
        :return: True when it holds at once, False when it takes effect at the next start.
        :raises ConfigError: naming the full key, when there is no such setting or the value does not fit.
        :raises PluginError: as for :meth:`get`.
        """
        record = self._registry.record(name)
        live = change_setting(name, record.settings, record.table, key, value)
        record.table = with_value(record.table, key.split("."), value)
        return live

    # Beginning and end

    def start(self, make_context: Callable[[Plugin, Any], PluginContext]) -> None:
        """Call ``on_start`` of each plugin with its own context.

        :param make_context: receives plugin and settings; what it raises is the kernel's and comes out of here.
        """

        def context(name: str) -> Optional[Tuple[Any, ...]]:
            record = self._registry.record(name)
            if record.started:
                return None
            made = make_context(self.get(name), record.settings)
            record.started = True
            return (made,)

        self._calls.visit(self._kinds["on_start"], context)
        for record in self._registry.records():
            record.started = record.on

    def stop(self) -> None:
        """Call ``on_stop`` of each plugin that was started, last one first."""

        def started(name: str) -> Optional[Tuple[Any, ...]]:
            record = self._registry.record(name)
            was, record.started = record.started, False
            return () if was else None

        self._calls.visit(self._kinds["on_stop"], started, reverse=True)

        if self._watch is not None:
            self._watch.close()

    # Plugins that do not come back

    def when_stuck(self, stuck: Callable[[int], None], back: Callable[[], None]) -> None:
        """Have somebody told of threads that are stuck in a plugin.

        :param stuck: receives the thread's number, in another thread.
        :param back: called in that thread when the plugin has come back after all, before anything else goes on.
        """
        self._stuck, self._back = stuck, back

    def hanging(self, thread: Optional[int] = None) -> bool:
        """Return whether a thread, by default this one, is in a plugin's hook past the limit; Ctrl-C ends that."""
        return self._watch is not None and self._watch.hanging(thread)

    def tidy(self) -> None:
        """Clean up after plugins that hung and have come back; to be called when no hook is running."""
        watch = self._watch
        self._registry.tidy(watch.in_a_hook if watch is not None else lambda name: False)

    def kernels_own(self, function: Function) -> Function:
        """Return a function of the kernel so that neither its failures nor its time are its caller's, a plugin."""
        own = kernels_own(function)
        return own if self._watch is None else self._watch.apart(own)

    def _limit_of(self, limit: Callable[[str], float], hook: str) -> float:
        return limit(self._kinds[hook].pace)

    def _overdue(self, stay: Stay, seconds: float) -> str:
        where = place_in_thread(stay.thread, self.get(stay.who))
        failure = self._registry.overdue(stay.who, stay.hook, seconds, where)
        how = "Ctrl-C goes on without it" if stay.in_main_thread else "Nothing can end it but leaving"
        self._stuck(stay.thread)
        return f"The {failure}. It is called no more. {how}."

    def _returned(self, stay: Stay) -> None:
        self._back()
        if self._strict:
            failure = next(one for one in self.failures if (one.plugin, one.hook) == (stay.who, stay.hook))
            raised = PluginError(str(failure), f"To go on without it: --no-plugin {stay.who}")
            absolve(raised)
            raise raised

    # Hooks with one result

    def on_generate(self, turn: Turn, innermost: Callable[[Turn], Reply]) -> Reply:
        """Answer a turn: plugins around ``innermost``, the kernel's own generation."""
        reply: Reply = self._calls.pipeline(self._kinds["on_generate"], turn, innermost)
        return reply

    def on_train_step(self, step: TrainStep, innermost: Callable[[TrainStep], StepResult]) -> StepResult:
        """Do one training step: plugins around ``innermost``, the kernel's own step.

        :return: what it did. When any plugin failed in it, ``skipped`` names the plugin; where that happened after
            ``backward``, the caller has to throw the gradients away.
        """
        result: StepResult = self._calls.pipeline(self._kinds["on_train_step"], step, innermost)
        return result

    def on_sleep(self, night: Night) -> Optional[NightReport]:
        """Live through a night; None when no plugin knows how to sleep."""
        report: Optional[NightReport] = self._calls.pipeline(self._kinds["on_sleep"], night)
        return report

    # Hooks whose results are gathered

    def on_dream(self, request: DreamRequest) -> List[Dream]:
        """Gather dreams; each names the plugin that wrote it."""

        def signed(plugin: str, dreams: List[Dream]) -> List[Dream]:
            for dream in dreams:
                dream.writer = dream.writer or plugin
            return dreams

        return self._calls.gather(self._kinds["on_dream"], (request,), signed)

    def on_idle(self, idle: Idle) -> List[Utterance]:
        """Gather what plugins want to say unprompted; each utterance names its plugin as source."""

        def signed(plugin: str, utterance: Utterance) -> List[Utterance]:
            utterance.source = utterance.source or plugin
            return [utterance]

        return self._calls.gather(self._kinds["on_idle"], (idle,), signed)

    def on_commands(self) -> List[Tuple[str, Command]]:
        """Gather commands, each with the plugin that brings it."""
        return self._calls.gather(
            self._kinds["on_commands"], (), lambda plugin, commands: [(plugin, command) for command in commands]
        )

    def on_status(self) -> List[Tuple[str, StatusPanel]]:
        """Gather status panels, each with the plugin that brings it."""
        return self._calls.gather(self._kinds["on_status"], (), lambda plugin, panel: [(plugin, panel)])

    # Hooks that tell

    def on_feedback(self, feedback: Feedback) -> None:
        """Tell all plugins about feedback."""
        self._tell("on_feedback", feedback)

    def on_forget(self, forgetting: Forgetting) -> None:
        """Have all plugins let go of what was forgotten."""
        self._tell("on_forget", forgetting)

    def on_journal(self, entry: JournalEntry) -> None:
        """Let all plugins look at words before they are written into the journal."""
        self._tell("on_journal", entry)

    def on_load_model(self, request: ModelRequest) -> None:
        """Let all plugins change how a model is about to be loaded."""
        self._tell("on_load_model", request)

    def on_scaffold_context(self, scaffold_context: ScaffoldContext) -> None:
        """Let all plugins shape what the scaffold tells the base."""
        self._tell("on_scaffold_context", scaffold_context)

    def on_error(self, error: ErrorEvent) -> None:
        """Tell all plugins about a failure that was survived."""
        self._tell("on_error", error)

    def on_models_loaded(self, models: Models) -> None:
        """Let all plugins attach to models, until these are given up because one of them does not come back."""
        self._models = models

        def attach(name: str) -> Optional[Tuple[Any, ...]]:
            if self._models is not models:
                return None
            self._registry.record(name).models = models
            return (models,)

        self._calls.visit(self._kinds["on_models_loaded"], attach)

    def on_models_unloaded(self, models: Models) -> None:
        """Let all plugins detach from models, last one first."""
        self._models = None

        def detach(name: str) -> Tuple[Any, ...]:
            self._registry.record(name).models = None
            return (models,)

        self._calls.visit(self._kinds["on_models_unloaded"], detach, reverse=True)

    # State

    def on_save_state(self) -> Dict[str, PluginState]:
        """Gather the state of each plugin that keeps any; one whose values JSON cannot hold has failed."""
        states: Dict[str, PluginState] = {}

        def empty(name: str) -> Tuple[Any, ...]:
            states[name] = StoredState({})
            return (states[name],)

        for name in self._calls.visit(self._kinds["on_save_state"], empty):
            problem = _more_than_json(states[name].values)
            if problem:
                self._registry.fail(name, "on_save_state", TypeError(problem))
        return {name: state for name, state in states.items() if self._registry.is_on(name)}

    def on_load_state(self, states: Mapping[str, PluginState]) -> None:
        """Give each plugin its own saved state back, where there is any."""
        self._calls.visit(self._kinds["on_load_state"], lambda name: (states[name],) if name in states else None)

    def _tell(self, hook: str, argument: Any) -> None:
        self._calls.visit(self._kinds[hook], lambda plugin: (argument,))


def _more_than_json(values: Mapping[str, Any]) -> str:
    """Return what of a plugin's values JSON cannot hold, "" when it can hold all."""
    for key, value in values.items():
        try:
            json.dumps({key: value})
        except (TypeError, ValueError, RecursionError) as error:
            return f"state.values[{key!r}] is more than JSON can hold ({error}); tensors belong in state.tensors"
    return ""
