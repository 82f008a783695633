"""What is asked of every plugin, one function each; ``sovl plugins check`` and :class:`PluginConformance` run them."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, Mapping, NamedTuple, Optional, Sequence, Tuple, Type

from pydantic import BaseModel

from sovl_core.error_handling import ConfigError, SOVLError
from sovl_core.plugin import Plugin
from sovl_core.plugin_check import HookHost, check_class, check_plugin
from sovl_core.plugin_kinds import hook_kinds
from sovl_core.plugin_records import describe_error, place_of
from sovl_core.plugin_settings import make_settings
from sovl_core.testing.broken_hooks import complaints_when_raising
from sovl_core.testing.import_probe import MOST_MODULES, probe_imports
from sovl_core.testing.lives import Given
from sovl_core.testing.observation import Observation, observe
from sovl_core.testing.short_day import short_day
from sovl_core.testing.workbench import Workbench

if TYPE_CHECKING:
    from sovl_core.system import SOVLSystem

_UNKNOWN_KEY = "no_such_setting"


class NotConforming(AssertionError):
    """A plugin does not do what is asked of every plugin; the message says what it does instead."""


class Subject:
    """The plugin that is looked at.

    :param plugin: its class.
    :param bench: where.
    :param settings: its table of the config.
    :param beside: plugins that provide what it requires.
    :param live: what is done with a life that has it.
    :param most_modules: how many modules importing it may bring in.
    """

    def __init__(
        self,
        plugin: Type[Plugin],
        bench: Workbench,
        settings: Optional[Mapping[str, Any]] = None,
        beside: Sequence[Given] = (),
        live: Callable[[SOVLSystem], None] = short_day,
        most_modules: int = MOST_MODULES,
    ) -> None:
        self.plugin = plugin
        self.bench = bench
        self.table: Dict[str, Any] = dict(settings or {})
        self.beside = tuple(beside)
        self.most_modules = most_modules
        self._live = live
        self._seen: Optional[Observation] = None

    @property
    def settings(self) -> Dict[str, Any]:
        """Its settings by dotted key."""
        return {f"plugins.{self.plugin.name}.{key}": value for key, value in self.table.items()}

    @property
    def seen(self) -> Observation:
        """What was seen of it in lives of its own, which are lived once.

        :raises SOVLError: when it is refused.
        """
        if self._seen is None:
            self._seen = observe(self.plugin, self.bench, self.settings, self.beside, self._live)
        return self._seen


class Check(NamedTuple):
    """One thing that is asked; ``run`` raises :class:`NotConforming` or a SOVLError.

    What is asked of a plugin's ``life`` cannot be told of one that does not keep the ``contract``: it is refused.
    """

    title: str
    run: Callable[[Subject], None]
    part: str = "life"


class Result(NamedTuple):
    """What came of a check: ``problem`` is "" where there is none, None where it was not tried."""

    title: str
    problem: Optional[str]


def imports_light(subject: Subject) -> None:
    """Fail unless the plugin's module imports without torch and its like, and starts and sets nothing."""
    plugin, imports = subject.plugin, subject.bench.imports
    if plugin.name not in imports:
        imports.update(probe_imports([plugin]))
    report = imports[plugin.name]
    module = plugin.__module__
    if report.error:
        raise NotConforming(f"{module} cannot be imported by itself: {report.error}")
    if report.heavy:
        raise NotConforming(
            f"importing {module} imports {', '.join(report.heavy)}, and so would every command: import it within the "
            "functions that use it, and under TYPE_CHECKING for annotations"
        )
    if report.modules > subject.most_modules:
        raise NotConforming(f"importing {module} imports {report.modules} modules; most are {subject.most_modules}")
    _none_left(f"importing {module}", "starts the thread", report.threads)
    _none_left(f"importing {module}", "sets the environment variable", report.variables)


def hooks_match(subject: Subject) -> None:
    """Fail unless it is a plugin, and every hook has the name, the arguments and the kind of its specification."""
    check_class(subject.plugin, subject.plugin.name)
    check_plugin(subject.plugin(), HookHost(), hook_kinds())


def settings_refuse_unknown_keys(subject: Subject) -> None:
    """Fail unless every setting has a default that fits, and no table, nested ones included, takes an unknown key."""
    plugin = subject.plugin
    make_settings(plugin.name, plugin.settings_model, subject.table)
    try:
        make_settings(plugin.name, plugin.settings_model, {**subject.table, _UNKNOWN_KEY: 1})
    except ConfigError as error:
        if _UNKNOWN_KEY not in str(error):
            raise
    else:
        raise NotConforming("its settings accept an unknown key; derive them from PluginSettings")
    for name, model in _tables(plugin.settings_model):
        if model.model_config.get("extra") != "forbid":
            raise NotConforming(f"the table {name} of its settings accepts unknown keys; derive it from PluginSettings")


def lives_a_day(subject: Subject) -> None:
    """Fail when it raises in a life that is told something, talked with, rated, looked at and forgotten from."""
    if subject.seen.failures:
        raise NotConforming("; ".join(subject.seen.failures))


def state_comes_back(subject: Subject) -> None:
    """Fail unless what it saves can be stored without pickle, and another object that is handed it saves the same."""
    saves, loads = (hasattr(subject.plugin, hook) for hook in ("on_save_state", "on_load_state"))
    if saves != loads:
        raise NotConforming(f"it has on_{'save' if saves else 'load'}_state and not the other one: nothing comes back")
    seen = subject.seen
    if seen.state_problem:
        raise NotConforming(seen.state_problem)
    if seen.state is None:
        return
    restored = seen.restored
    if restored is None:
        raise NotConforming("on_save_state fails after on_load_state")
    for name in _differing(seen.state.values, restored.values):
        raise NotConforming(
            f"values[{name!r}] is {restored.values.get(name)!r} after saving, loading and saving again, and was "
            f"{seen.state.values.get(name)!r}"
        )
    for name in _differing_tensors(seen.state.tensors, restored.tensors):
        raise NotConforming(f"tensors[{name!r}] is another after saving, loading and saving again")


def switched_off_is_absent(subject: Subject) -> None:
    """Fail unless a life in which it was switched off answers bit for bit as one that never had it."""
    seen = subject.seen
    if seen.off != seen.bare:
        assert seen.off is not None
        assert seen.bare is not None
        raise NotConforming(
            f"after it was switched off, a life says {seen.off.text!r}, and {seen.bare.text!r} where it never was (or "
            "the same words with other probabilities): take everything back in on_models_unloaded and on_stop"
        )


def leaves_nothing_behind(subject: Subject) -> None:
    """Fail when hooks, patches or modules are left in the model, or threads and variables in the process."""
    seen = subject.seen
    _none_left("on_models_unloaded", "leaves something in the base:", seen.left_in_models)
    _none_left("on_stop", "leaves something behind:", seen.left_behind)


def failures_are_named(subject: Subject) -> None:
    """Fail when something it raises is not reported with its name, or when it cannot be stopped after that."""
    life = subject.bench.open(*subject.beside)
    try:
        hooks: Any = life.plugins
        complaints = complaints_when_raising(subject.plugin, hooks.make_context, life.models(), subject.table)
    finally:
        life.close()
    if complaints:
        raise NotConforming("; ".join(complaints))


#: In the order in which they are run.
CHECKS: Tuple[Check, ...] = (
    Check("imports fast and without torch", imports_light, "import"),
    Check("every hook matches its specification", hooks_match, "contract"),
    Check("settings refuse unknown keys", settings_refuse_unknown_keys, "contract"),
    Check("lives a day without failing", lives_a_day),
    Check("state comes back, without pickle", state_comes_back),
    Check("switched off is as if not installed", switched_off_is_absent),
    Check("leaves nothing behind", leaves_nothing_behind),
    Check("what it raises is reported by name", failures_are_named),
)


def run_checks(subject: Subject) -> Iterator[Result]:
    """Run all checks, one after another."""
    refused = False
    for check in CHECKS:
        problem = None if refused and check.part == "life" else problem_of(check, subject)
        refused = refused or (bool(problem) and check.part == "contract")
        yield Result(check.title, problem)


def problem_of(check: Check, subject: Subject) -> str:
    """Run one check and return what is wrong, "" when nothing is."""
    try:
        check.run(subject)
    except (NotConforming, SOVLError) as problem:
        return str(problem)
    except Exception as error:  # code of the plugin that no hook call guards: its constructor, a command's making
        where = place_of(error, subject.plugin)
        return f"it raised {describe_error(error)}" + (f" ({where})" if where else "")
    return ""


def _none_left(who: str, does: str, what: Sequence[str]) -> None:
    if what:
        raise NotConforming(f"{who} {does} {'; '.join(what)}")


def _tables(model: Type[BaseModel]) -> Iterator[Tuple[str, Type[BaseModel]]]:
    for name, info in model.model_fields.items():
        if inspect.isclass(info.annotation) and issubclass(info.annotation, BaseModel):
            yield name, info.annotation
            yield from ((f"{name}.{inner}", table) for inner, table in _tables(info.annotation))


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    return (name for name in sorted({*one, *other}) if (name in one, one.get(name)) != (name in other, other.get(name)))


def _differing_tensors(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*one, *other}):
        # torch is there as soon as there is a tensor.
        if name not in one or name not in other or not one[name].cpu().equal(other[name].cpu()):
            yield name
