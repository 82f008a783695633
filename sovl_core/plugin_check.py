"""Decides whether an object may be registered as a plugin: base class, hook API version, declarations, every hook.

pluggy itself is silent about a misspelt hook and about a method that lacks ``@hookimpl``; here both are refused.
"""

from __future__ import annotations

import inspect
import re
from typing import Any, Dict, Iterator, List, Mapping, Optional

import pluggy
from pydantic import BaseModel

from sovl_core.error_handling import PluginError
from sovl_core.hook_versions import version_problem
from sovl_core.hookspecs import HOOK_API_VERSION, PROJECT_NAME, SOVLHookSpecs
from sovl_core.plugin import Plugin
from sovl_core.plugin_kinds import HookKind
from sovl_core.plugin_selection import NO_PLUGIN
from sovl_core.spelling import did_you_mean

HOOK_PREFIX = "on_"
#: Key of a plugin's config table that belongs to the kernel.
ENABLED_KEY = "enabled"
# The name is a key of the config, a part of environment variables and the name of a file.
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_CAPABILITY_FIELDS = ("provides", "after", "before", "requires")


class HookHost(pluggy.PluginManager):
    """pluggy's registry, which looks at plugins without evaluating their properties.

    ``arguments`` holds the argument names of each hook.
    """

    def __init__(self) -> None:
        super().__init__(PROJECT_NAME)
        self.add_hookspecs(SOVLHookSpecs)
        self.arguments: Dict[str, List[str]] = {
            name: list(inspect.signature(method).parameters)[1:]
            for name, method in inspect.getmembers(SOVLHookSpecs, inspect.isfunction)
            if self.parse_hookspec_opts(SOVLHookSpecs, name) is not None
        }

    def parse_hookimpl_opts(self, plugin: Any, name: str) -> Any:
        """Return the options of a hook implementation, None for any other attribute."""
        # pluggy before 1.7 calls getattr() on every attribute, and with it every property of the plugin.
        return super().parse_hookimpl_opts(plugin, name) if _is_method(plugin, name) else None


def check_class(found: Any, name: str) -> None:
    """Check what an entry point names.

    :raises PluginError: unless it is a subclass of :class:`Plugin` that has the entry point's name.
    """
    if not (inspect.isclass(found) and issubclass(found, Plugin)):
        raise PluginError(f"its entry point names {found!r}, which is no subclass of sovl_core.plugin.Plugin")
    if found.name != name:
        raise PluginError(f"its entry point is called {name!r}, but its class has name = {found.name!r}")


def check_plugin(plugin: Plugin, host: HookHost, kinds: Mapping[str, HookKind]) -> List[str]:
    """Check everything a plugin declares and implements.

    :param plugin: the instance that is to be registered.
    :param host: reads the options of hook implementations.
    :param kinds: rules of each hook.
    :return: names of the hooks it implements, in the order of ``kinds``.
    :raises PluginError: with every complaint, each naming the method or attribute.
    """
    complaints = list(_declarations(plugin))
    implemented: List[str] = []
    for method in dir(plugin):
        if not _is_method(plugin, method):
            continue
        options = host.parse_hookimpl_opts(plugin, method)
        if options is None and not method.startswith(HOOK_PREFIX):
            continue
        kind = kinds.get(method)
        if kind is None:
            complaints.extend(_unknown(method, options, kinds))
        elif options is None:
            complaints.append(f"{method} lacks @hookimpl, so it would never be called")
        else:
            implemented.append(method)
            complaints.extend(_implementation(getattr(plugin, method), options, kind, host.arguments[method]))
    if complaints:
        raise PluginError("; ".join(complaints))
    return [name for name in kinds if name in implemented]


def _declarations(plugin: Plugin) -> Iterator[str]:
    if not isinstance(plugin, Plugin):
        yield f"{plugin!r} is no instance of sovl_core.plugin.Plugin"
        return
    if not isinstance(plugin.name, str) or not _NAME.fullmatch(plugin.name) or plugin.name == NO_PLUGIN:
        yield f"name {plugin.name!r} is not made of lower-case letters, digits and underscores, or is {NO_PLUGIN!r}"
    problem = version_problem(plugin.hook_api, HOOK_API_VERSION)
    if problem:
        yield problem
    for field in _CAPABILITY_FIELDS:
        value = getattr(plugin, field)
        if not isinstance(value, (tuple, list)) or not all(isinstance(word, str) for word in value):
            yield f"{field} is {value!r}, not a tuple of capability names such as ('model.precision',)"
    yield from _settings_model(plugin.settings_model)


def _settings_model(model: Any) -> Iterator[str]:
    if not (inspect.isclass(model) and issubclass(model, BaseModel)):
        yield f"settings_model is {model!r}, not a subclass of PluginSettings"
    elif ENABLED_KEY in model.model_fields:
        yield f"its settings have a field {ENABLED_KEY!r}, which every plugin's table has already"
    elif model.model_config.get("extra") != "forbid":
        yield "settings_model accepts unknown keys; derive it from PluginSettings"


def _unknown(method: str, options: Optional[Any], kinds: Mapping[str, HookKind]) -> Iterator[str]:
    if options is not None and options.get("specname") in kinds:
        yield f"{method} implements {options['specname']} by specname; give the method the hook's own name"
    elif options is None or not options.get("optionalhook"):
        # An optional hook is one that a newer SOVL may have; pluggy leaves it alone, and so does the facade.
        yield f"there is no hook {method}. {did_you_mean(method, kinds) or 'Hooks: ' + ', '.join(kinds)}"


def _implementation(method: Any, options: Any, kind: HookKind, expected: List[str]) -> Iterator[str]:
    name = kind.name
    function = inspect.unwrap(getattr(method, "__func__", method))
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        yield f"{name} is async; hooks are called synchronously"
    elif options.get("hookwrapper"):
        yield f"{name} is an old-style hookwrapper; use @hookimpl(wrapper=True)"
    elif options.get("wrapper") and not kind.wrappers:
        yield f"{name} cannot be wrapped; implement it with plain @hookimpl"
    elif options.get("wrapper") and not inspect.isgeneratorfunction(function):
        yield f"{name} is declared a wrapper but has no yield"
    elif inspect.isgeneratorfunction(function) and not options.get("wrapper"):
        yield f"{name} has a yield but is not declared @hookimpl(wrapper=True)"
    if options.get("tryfirst") or options.get("trylast"):
        yield f"{name} uses tryfirst or trylast; order plugins by provides, after and before"
    if options.get("specname") not in (None, name):
        yield f"{name} implements {options['specname']} by specname; give the method the hook's own name"
    yield from _signature(method, name, expected)


def _signature(method: Any, name: str, expected: List[str]) -> Iterator[str]:
    right = f"{name}({', '.join(['self', *expected])})"
    seen: List[str] = []
    try:
        parameters = inspect.signature(method).parameters
    except ValueError:  # a method that takes nothing cannot be given its object
        yield f"{name} does not take self: write it as {right}"
        return
    for parameter in parameters.values():
        if parameter.name not in expected:
            hint = did_you_mean(parameter.name, expected) or f"Write it as {right}."
            yield f"{name} takes {parameter}, which this hook does not have. {hint}"
            continue
        seen.append(parameter.name)
        if parameter.kind is not parameter.POSITIONAL_OR_KEYWORD or parameter.default is not parameter.empty:
            yield f"{name} must take {parameter.name} as a plain argument without a default: {right}"
    missing = [argument for argument in expected if argument not in seen]
    if missing and len(seen) == len(parameters):
        yield f"{name} does not take {' and '.join(missing)}: write it as {right}"


def _is_method(plugin: Any, name: str) -> bool:
    # Most of what an object has it has from Python, and looking an attribute up without evaluating it is slow.
    if name.startswith("__"):
        return False
    attribute = inspect.getattr_static(plugin, name, None)
    return inspect.isroutine(attribute) or isinstance(attribute, (staticmethod, classmethod))
