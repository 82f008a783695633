"""The pages of hooks and of the objects that they carry."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any, Dict, List, Mapping, Tuple

from sovl_core import events, journal, models, plugin, records, scaffold_context, vitals
from sovl_core.hookspecs import HOOK_API_VERSION, SOVLHookSpecs
from sovl_core.plugin_kinds import HookKind, hook_kinds
from tools.reference.markdown import block, code, from_docstring, page, table

#: What is described on the page of objects, in the order in which an author meets them.
OBJECTS: Tuple[Any, ...] = (
    plugin.Plugin,
    plugin.PluginSettings,
    plugin.PluginContext,
    plugin.PluginState,
    plugin.Command,
    plugin.CommandOption,
    plugin.StatusPanel,
    events.Turn,
    events.Reply,
    events.Utterance,
    events.Idle,
    events.Feedback,
    events.Forgetting,
    events.JournalEntry,
    events.Night,
    events.NightReport,
    events.NightInterrupted,
    events.Progress,
    events.DreamRequest,
    events.Dream,
    events.TrainStep,
    events.StepResult,
    scaffold_context.ScaffoldContext,
    events.ModelRequest,
    events.ErrorEvent,
    records.Episode,
    records.Message,
    vitals.Vitals,
    journal.Journal,
    models.Models,
)


def hooks_page(plugins: Mapping[str, Any]) -> str:
    """Return the page of hooks: when each is called, with what, and what becomes of results.

    :param plugins: classes of plugins by name, whose capabilities are listed.
    """
    hooks = {name: function for name, function in vars(SOVLHookSpecs).items() if name.startswith("on_")}
    kinds = hook_kinds()
    prose, _ = from_docstring(inspect.getmodule(SOVLHookSpecs).__doc__ or "")
    # The first line is the module's own title.
    about = prose.partition("\n\n")[2]
    rows = [
        (f"[`{name}`](#{name})", _argument(function), _composition(function, kinds[name]))
        for name, function in hooks.items()
    ]
    parts = [about, f"The hook API has version {HOOK_API_VERSION}.", table(("hook", "argument", "results"), rows)]
    for name, function in hooks.items():
        parts += _hook(name, function, kinds[name])
    return page("Hooks", *parts, *_capabilities(plugins))


def objects_page() -> str:
    """Return the page of what hooks carry: each class with its fields."""
    about = (
        "What hooks are handed, what they return, and what a plugin reaches through its context. "
        "Shapes of tensors stand in brackets."
    )
    parts = [about]
    for described in OBJECTS:
        prose, _ = from_docstring(described.__doc__ or "")
        parts += [f"## `{described.__name__}`", f"`from {described.__module__} import {described.__name__}`", prose]
        if dataclasses.is_dataclass(described):
            parts.append(
                table(("field", "type", "default"), [_field(field) for field in dataclasses.fields(described)])
            )
        parts += _methods(described)
    return page("Objects that hooks carry", *parts)


def _capabilities(plugins: Mapping[str, Any]) -> List[str]:
    kinds = ("provides", "after", "before", "requires")
    rows = [
        [name, *(", ".join(map(code, getattr(plugin, kind))) for kind in kinds)] for name, plugin in plugins.items()
    ]
    about = (
        "A plugin stands in the order by names of capabilities, never of plugins. These are declared by SOVL's own; "
        "`sovl plugins order` shows what came of them."
    )
    return ["## Capabilities", about, table(("plugin", *kinds), rows)]


def _argument(function: Any) -> str:
    names = [name for name in inspect.signature(function).parameters if name != "self"]
    return ", ".join(code(f"{name}: {function.__annotations__[name]}") for name in names)


def _composition(function: Any, kind: HookKind) -> str:
    if kind.result is None:
        return "none; all are called"
    if function.sovl_spec.get("firstresult"):
        return f"`{kind.expected}`; the first wins"
    return f"{kind.expected}; all are gathered"


def _hook(name: str, function: Any, kind: HookKind) -> List[str]:
    prose, fields = from_docstring(function.__doc__ or "")
    signature = inspect.signature(function)
    arguments = [f"{key}: {function.__annotations__[key]}" for key in signature.parameters if key != "self"]
    declared = f"def {name}({', '.join(['self', *arguments])}) -> {function.__annotations__['return']}: ..."
    said = [f"- {_label(field)}: {text}" for field, text in fields]
    can_wrap = "May be a wrapper." if kind.wrappers else "Cannot be wrapped."
    return [f"## `{name}`", block(f"@hookimpl\n{declared}", "python"), prose, "\n".join(said), can_wrap]


def _label(field: str) -> str:
    word, _, name = field.partition(" ")
    return code(name) if word == "param" else "returns"


def _field(field: Any) -> List[str]:
    if field.default is not dataclasses.MISSING:
        default = "a function" if inspect.isfunction(field.default) else _plain(field.default)
    elif field.default_factory is not dataclasses.MISSING:
        default = {dict: "{}", list: "[]"}.get(field.default_factory, "made anew")
    else:
        default = ""
    plain = default in ("a function", "made anew", "")
    return [code(field.name), code(str(field.type)), default if plain else code(default)]


def _plain(value: Any) -> str:
    return value.__name__ if isinstance(value, type) else repr(value)


def _methods(described: Any) -> List[str]:
    """Return the public methods and properties, inherited ones first, each with its docstring's first words."""
    found: Dict[str, str] = {}
    own = [each for each in reversed(described.__mro__) if each.__module__.startswith("sovl_core")]
    for name, member in (pair for each in own for pair in vars(each).items()):
        function = getattr(member, "__func__", getattr(member, "fget", member))
        if name.startswith("_") or not inspect.isfunction(function) or not function.__doc__:
            continue
        names = [parameter for parameter in inspect.signature(function).parameters if parameter not in ("self", "cls")]
        call = "" if isinstance(member, property) else f"({', '.join(names)})"
        found[name + call] = from_docstring(function.__doc__)[0].partition("\n\n")[0]
    return ["\n".join(f"- `{name}`: {' '.join(said.split())}" for name, said in found.items())] if found else []
