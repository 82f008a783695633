"""A plugin that raises in one of its hooks, for each of them: who is named, and whether the rest of it can clean up."""

from __future__ import annotations

import inspect
from typing import Any, Callable, Dict, List, Type

from sovl_core.error_handling import SOVLError
from sovl_core.hookspecs import hookimpl
from sovl_core.night_weights import SCAFFOLD
from sovl_core.plugin import Plugin, PluginContext, PluginState
from sovl_core.plugin_check import HookHost, check_plugin
from sovl_core.plugin_kinds import hook_kinds
from sovl_core.plugin_manager import PluginManager
from sovl_core.system_logging import ThreadSafeLogger
from sovl_core.testing.model_shape import ModelShape

DETACHING = "on_models_unloaded"
#: What the broken hooks say.
MESSAGE = "raised to see who is named"


def complaints_when_raising(
    plugin: Type[Plugin], make_context: Callable[[Plugin, Any], PluginContext], models: Any, table: Dict[str, Any]
) -> List[str]:
    """Break each hook that a plugin implements, one at a time, and say what goes wrong beyond that.

    :param make_context: of a life without the plugin.
    :param models: of that life; what the plugin puts there is gone afterwards, or complained about.
    :param table: the plugin's settings.
    """
    found: List[str] = []
    for hook in check_plugin(plugin(), HookHost(), hook_kinds()):
        found += _complaints(_broken(plugin, hook), hook, make_context, models, table)
    return found


def _complaints(
    broken: Type[Plugin],
    hook: str,
    make_context: Callable[[Plugin, Any], PluginContext],
    models: Any,
    table: Dict[str, Any],
) -> List[str]:
    shape, trainables = ModelShape(models.base), set(models.trainables)
    logger = ThreadSafeLogger(None)
    manager = PluginManager(logger, distributions=lambda: ())
    manager.register(_provider(broken))
    manager.register(broken(), broken.__module__.split(".")[0], "", settings=table)
    manager.start(make_context)
    if hook != DETACHING:  # a plugin that cannot detach leaves everything where it is
        manager.on_models_loaded(models)
    if not manager.failures:
        _call(manager, broken.name, hook)
    manager.on_models_unloaded(models)
    manager.stop()
    found = [str(one) for one in manager.failures if MESSAGE not in one.error]
    if not any((one.plugin, one.hook) == (broken.name, hook) for one in manager.failures):
        found.append(f"what {hook} raises is reported of nobody")
    for entry in logger.read():
        # One that was never started has nothing to clean up with.
        if entry.get("event") == "plugin_clean_up_failed" and hook != "on_start":
            found.append(f"after {hook} raised, {entry['hook']} failed: {entry['error']}: {entry['message']}")
    # The scaffold is the kernel's; it is built when a plugin first asks for it.
    left = shape.changes() + [f"its trainable {name}" for name in set(models.trainables) - trainables - {SCAFFOLD}]
    return found + [f"after {hook} raised, something is left in the model: {change}" for change in left]


def _broken(plugin: Type[Plugin], hook: str) -> Type[Plugin]:
    """Return a subclass whose hook raises as soon as it is called."""
    original: Any = getattr(plugin, hook)

    def broken(*arguments: Any) -> Any:
        raise RuntimeError(MESSAGE)

    def broken_wrapper(*arguments: Any) -> Any:
        raise RuntimeError(MESSAGE)
        yield

    wrapper = inspect.isgeneratorfunction(original)
    function: Any = broken_wrapper if wrapper else broken
    function.__name__ = hook
    function.__signature__ = inspect.signature(original)
    body = {hook: hookimpl(function, wrapper=wrapper), "__module__": plugin.__module__}
    return type(plugin.__name__, (plugin,), body)


def _call(manager: PluginManager, name: str, hook: str) -> None:
    """Call a hook whose argument does not matter, because nobody gets to look at it."""
    facade = getattr(manager, hook, None)
    if facade is None:  # starting and stopping, which is done anyway
        return
    parameters = list(inspect.signature(facade).parameters)
    given: Dict[str, Any] = {"innermost": lambda argument: None, "states": {name: PluginState()}}
    try:
        facade(*(given.get(parameter) for parameter in parameters))
    except SOVLError:
        # A hook that may refuse (the journal's) hands a failure on to whoever called.
        return


def _provider(plugin: Type[Plugin]) -> Plugin:
    """Return a plugin that provides whatever this one requires, and does nothing."""
    made = Plugin()
    made.name = "conformance_provider"
    made.provides = tuple(plugin.requires)
    return made
