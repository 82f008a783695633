"""Keeps the plugins: registers them, loads those that are installed and on, orders them, switches off what fails."""

from __future__ import annotations

import threading
from importlib import metadata
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple

from pluggy import HookImpl

from sovl_core.error_handling import BadInput, ConfigError, PluginError, SOVLError, log_error
from sovl_core.events import ErrorEvent
from sovl_core.plugin import Plugin
from sovl_core.plugin_blame import absolve
from sovl_core.plugin_check import HookHost, check_plugin
from sovl_core.plugin_discovery import Candidate, Discovery, discover
from sovl_core.plugin_kinds import hook_kinds
from sovl_core.plugin_loader import prepare, unknown_names
from sovl_core.plugin_order import resolve
from sovl_core.plugin_records import PluginFailure, PluginRecord, describe_error, place_of
from sovl_core.plugin_selection import PluginSelection
from sovl_core.plugin_settings import make_settings
from sovl_core.spelling import did_you_mean
from sovl_core.system_logging import ThreadSafeLogger, log_info


class PluginRegistry:
    """All plugins of a session, on or off.

    :param logger: every refusal and failure is written to it.
    :param strict: raise PluginError where otherwise a plugin is refused or switched off.
    :param on_failure: called with every refusal and failure, while the hook is still running: to take note only.
    :param distributions: lists the installed distributions.
    """

    def __init__(
        self,
        logger: Optional[ThreadSafeLogger],
        strict: bool,
        on_failure: Optional[Callable[[ErrorEvent], None]],
        distributions: Callable[[], Iterable[metadata.Distribution]],
    ) -> None:
        self.kinds = hook_kinds()
        self.failures: List[PluginFailure] = []
        self.problems: List[str] = []
        self._logger = logger
        self._strict = strict
        self._on_failure = on_failure
        self._distributions = distributions
        self._host = HookHost()
        self._records: Dict[str, PluginRecord] = {}
        self._order: List[str] = []
        self._cache: Dict[str, Tuple[HookImpl, ...]] = {}
        self._lock = threading.RLock()

    def register(self, plugin: Plugin, distribution: str, version: str, table: Mapping[str, Any]) -> None:
        """Enter a plugin by hand; what it requires must be registered before it.

        :raises PluginError: when it is refused.
        :raises ConfigError: when ``table`` does not fit its settings.
        """
        record = PluginRecord(str(getattr(plugin, "name", plugin)), distribution, version, plugin=plugin, table=table)
        try:
            record.hooks = check_plugin(plugin, self._host, self.kinds)
            if record.name in self._records:
                raise PluginError("a plugin of this name is registered already")
            record.settings = make_settings(record.name, plugin.settings_model, table)
            refused = resolve([*self.plugins_on(), plugin]).refused
            if record.name in refused:
                raise PluginError(refused[record.name])
        except PluginError as error:
            raise PluginError(f"{record.title} was refused: {error}") from error
        self._enter([record])

    def load(self, selection: PluginSelection, tables: Mapping[str, Mapping[str, Any]], lenient: bool) -> None:
        """Discover what is installed, import what is on, check it, validate its settings, order and register it.

        A plugin that cannot be used is recorded with the reason. Mistakes of the user are raised at the end, after
        everything else has been loaded.

        :param lenient: raise no mistake of the user's, so that what is wrong can be looked at and mended.
        :raises ConfigError: when settings of a plugin that is on are wrong; the plugin is off then.
        :raises BadInput: when somebody asked for a plugin, or asked to leave it out, that is not installed.
        :raises PluginError: in strict mode, at the first plugin that is refused.
        """
        found = discover(distributions=self._distributions)
        self.problems = found.problems
        for problem in found.problems:
            log_info(self._logger, "distribution_unreadable", problem=problem)
        mistakes = self._apply_tables(tables)
        mistakes.extend(unknown_names(selection, {*found.names(), *self._records}))
        ready: List[PluginRecord] = []
        for record, offers in self._new_records(found, tables):
            record.reason = selection.why_off(record.name)
            if not record.reason:
                error = self._prepare(record, offers)
                if error is None:
                    ready.append(record)
                elif isinstance(error, ConfigError):
                    mistakes.append(error)
        refused = resolve([*self.plugins_on(), *(record.plugin for record in ready if record.plugin)]).refused
        for record in ready:
            if record.name in refused:
                self._refuse(record, PluginError(refused[record.name]))
        self._enter([record for record in ready if record.name not in refused])
        if mistakes and not lenient:
            kind = ConfigError if any(isinstance(mistake, ConfigError) for mistake in mistakes) else BadInput
            raise mistakes[0] if len(mistakes) == 1 else kind("; ".join(str(mistake) for mistake in mistakes))

    def record(self, name: str) -> PluginRecord:
        """Return a plugin's record.

        :raises PluginError: when there is none of that name, or it could not be loaded.
        """
        record = self._records.get(name)
        if record is None:
            raise PluginError(f"no plugin named {name!r} is installed", did_you_mean(name, self._records))
        if record.settings is None:
            raise PluginError(f"{record.title} is not loaded: {record.reason}")
        return record

    def records(self) -> List[PluginRecord]:
        """Return all plugins: those that were registered in their order, then the others by name."""
        others = sorted(set(self._records).difference(self._order))
        return [self._records[name] for name in (*self._order, *others)]

    def plugins_on(self) -> List[Plugin]:
        """Return the plugins whose hooks are called, in no particular order."""
        return [record.plugin for record in self._records.values() if record.on and record.plugin is not None]

    def is_on(self, name: str) -> bool:
        """Return whether a plugin's hooks are called."""
        return self._records[name].on

    def implementations(self, hook: str) -> Sequence[HookImpl]:
        """Return a hook's implementations, wrappers first, each in plugin order: the first wrapper is the outermost."""
        found = self._cache.get(hook)
        if found is None:
            registered = [one for one in getattr(self._host.hook, hook).get_hookimpls() if self.is_on(one.plugin_name)]
            registered.sort(key=lambda one: (not one.wrapper, self._order.index(one.plugin_name)))
            found = self._cache[hook] = tuple(registered)
        return found

    def fail(self, name: str, hook: str, error: BaseException) -> PluginFailure:
        """Take note that a plugin raised in a hook, and switch it off for the session.

        :raises PluginError: in strict mode.
        """
        record = self._records[name]
        text, where = describe_error(error), place_of(error, record.plugin)
        failure = PluginFailure(name, record.distribution, record.version, hook, text, where)
        self.failures.append(failure)
        origin = {"plugin": name, "distribution": record.distribution, "version": record.version}
        log_error(self._logger, error, event="plugin_failed", hook=hook, **origin)
        self.switch_off(record, f"failed in {hook}: {text}", hook)
        self._tell(record, f"{failure}; it is switched off for this session", hook)
        if self._strict:
            raised = PluginError(str(failure), f"To go on without it: --no-plugin {name}")
            absolve(raised)
            raise raised from error
        return failure

    def overdue(self, name: str, hook: str, seconds: float, where: str) -> PluginFailure:
        """Take note that a plugin does not come back from a hook, and call it no more.

        It is cleaned up later, see :meth:`tidy`: this is called from another thread than the one it hangs in.
        """
        record = self._records[name]
        error = f"it has not come back for {seconds:.0f} s ({self.kinds[hook].limit_key})"
        failure = PluginFailure(name, record.distribution, record.version, hook, error, where)
        self.failures.append(failure)
        origin = {"plugin": name, "distribution": record.distribution, "version": record.version}
        log_error(self._logger, TimeoutError(error), event="plugin_hangs", hook=hook, where=where, **origin)
        self.switch_off(record, f"failed in {hook}: {error}", hook, clean_up=False)
        self._tell(record, f"{failure}; it is switched off for this session", hook)
        return failure

    def tidy(self, in_a_hook: Callable[[str], bool]) -> None:
        """Clean up after plugins that were switched off while they hung; called when no hook is running.

        :param in_a_hook: whether a plugin's code is still under way: then it is left alone.
        """
        for record in self._records.values():
            hook = record.cleaning_left
            if hook is not None and not in_a_hook(record.name):
                record.cleaning_left = None
                self._clean_up(record, hook)

    def switch_off(self, record: PluginRecord, reason: str, hook: str = "", clean_up: bool = True) -> None:
        """Stop calling a plugin, and every plugin that requires what only it provided.

        :param hook: the hook it failed in, which is not called again to clean up.
        :param clean_up: False to leave that to :meth:`tidy`.
        """
        with self._lock:
            if not record.on:
                return
            record.on, record.reason = False, reason
            self._cache.clear()
        log_info(self._logger, "plugin_switched_off", plugin=record.name, reason=reason)
        if clean_up:
            self._clean_up(record, hook)
        else:
            record.cleaning_left = hook
        for name, missing in resolve(self.plugins_on()).refused.items():
            reason = f"{missing} any more: {record.name} is switched off"
            self.switch_off(self._records[name], reason, clean_up=clean_up)

    def _clean_up(self, record: PluginRecord, failed_hook: str) -> None:
        """Take a plugin that was just switched off out of the models, and stop it: as if it were not installed."""
        left: List[Tuple[str, Tuple[Any, ...]]] = []
        if record.models is not None:
            left.append(("on_models_unloaded", (record.models,)))
        if record.started:
            left.append(("on_stop", ()))
        record.models, record.started = None, False
        for hook, arguments in left:
            if hook not in record.hooks or hook == failed_hook:
                continue
            try:
                getattr(record.plugin, hook)(*arguments)
            except Exception as error:  # it is off already, and what made it so has been reported
                log_error(self._logger, error, event="plugin_clean_up_failed", plugin=record.name, hook=hook)

    def _new_records(
        self, found: Discovery, tables: Mapping[str, Mapping[str, Any]]
    ) -> Iterator[Tuple[PluginRecord, Sequence[Candidate]]]:
        """Enter a record for every name that is installed; yield it with what is offered under the name."""
        for name in sorted(found.names()):
            offers = found.conflicts.get(name) or [found.candidates[name]]
            first = offers[0]
            if name in self._records:
                log_info(self._logger, "plugin_registered_by_hand", plugin=name, not_used=str(first))
                continue
            record = PluginRecord(name, first.distribution, first.version, first.summary, table=tables.get(name, {}))
            self._records[name] = record
            yield record, offers

    def _prepare(self, record: PluginRecord, offers: Sequence[Candidate]) -> Optional[SOVLError]:
        """Make the plugin behind a new record ready; return the error when that fails."""
        try:
            prepare(record, offers, self._host, self.kinds)
        except (ConfigError, PluginError) as error:
            self._refuse(record, error)
            return error
        return None

    def _enter(self, records: Sequence[PluginRecord]) -> None:
        for record in records:
            self._host.register(record.plugin, name=record.name)
            self._records[record.name] = record
            record.on = True
            deprecated = [(hook, self.kinds[hook].deprecated) for hook in record.hooks]
            record.notes = record.notes + [found.warning(hook) for hook, found in deprecated if found is not None]
            for note in record.notes:
                log_info(self._logger, "plugin_note", plugin=record.name, version=record.version, note=note)
            log_info(
                self._logger,
                "plugin_registered",
                plugin=record.name,
                distribution=record.distribution,
                version=record.version,
            )
        switched_off = [name for name in self._order if not self._records[name].on]
        self._order = resolve(self.plugins_on()).order + switched_off
        self._cache.clear()

    def _apply_tables(self, tables: Mapping[str, Mapping[str, Any]]) -> List[BadInput]:
        """Give plugins that were registered by hand what the config says about them."""
        mistakes: List[BadInput] = []
        for record in [record for record in self._records.values() if record.name in tables]:
            table = tables[record.name]
            try:
                record.settings = make_settings(record.name, type(record.settings), table)
                record.table = table
            except ConfigError as error:
                mistakes.append(error)
                self.switch_off(record, str(error))
        return mistakes

    def _refuse(self, record: PluginRecord, error: SOVLError) -> None:
        record.reason = str(error)
        message = f"{record.title} was refused: {error}"
        log_error(self._logger, error, event="plugin_refused", plugin=record.name, version=record.version)
        self._tell(record, message, "")
        if self._strict and not isinstance(error, ConfigError):
            raise PluginError(message, f"To go on without it: --no-plugin {record.name}") from error

    def _tell(self, record: PluginRecord, message: str, hook: str) -> None:
        if self._on_failure is not None:
            self._on_failure(ErrorEvent("plugin", message, plugin=record.name, hook=hook or None))
