"""The hook API as it is in the code, as plain data: every hook, and every class that hooks take and return.

It is recorded in ``hook_api.json``. A test compares the two, so that nothing a plugin relies on goes away unnoticed;
``python -m sovl_core.hook_api`` records what was added (see ``hook_api_changes`` for what may change when).
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import json
import re
import sys
import textwrap
from pathlib import Path
from typing import Any, Dict, Iterator, List

from sovl_core import events, models, plugin, records, scaffold_context
from sovl_core.hook_api_changes import changes_between, refusal
from sovl_core.hookspecs import HOOK_API_VERSION, SOVLHookSpecs
from sovl_core.plugin_kinds import HookKind, hook_kinds

RECORD = Path(__file__).with_name("hook_api.json")

# The modules whose classes cross hooks; what else a context hands over (journal, settings) has the version of sovl.
_MODULES = (events, records, plugin, scaffold_context, models)


def describe_hook_api() -> Dict[str, Any]:
    """Return ``version``, ``hooks`` and ``types``, made of text, lists and dicts alone."""
    hooks = {name: _hook(getattr(SOVLHookSpecs, name), kind) for name, kind in sorted(hook_kinds().items())}
    annotations = [text for hook in hooks.values() for text in (*hook["arguments"].values(), hook["returns"])]
    return {
        "version": HOOK_API_VERSION,
        "hooks": hooks,
        "types": {found.__name__: _type(found) for found in _reached([*annotations, "Plugin"])},
    }


def recorded_hook_api(path: Path = RECORD) -> Dict[str, Any]:
    """Return what was recorded last."""
    found: Dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def record_hook_api(path: Path = RECORD) -> List[str]:
    """Record the API as it is now, and return what has changed since it was recorded last.

    :raises ValueError: where something was taken away that the version does not allow to be taken away.
    """
    before, now = recorded_hook_api(path), describe_hook_api()
    problem = refusal(before, now)
    if problem:
        raise ValueError(problem)
    path.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")
    return [change.text for change in changes_between(before, now)]


def _hook(function: Any, kind: HookKind) -> Dict[str, Any]:
    signature = inspect.signature(function)
    described: Dict[str, Any] = {
        "arguments": {name: str(one.annotation) for name, one in list(signature.parameters.items())[1:]},
        "returns": str(signature.return_annotation),
        "composes": _composition(function, kind),
        "wrappers": kind.wrappers,
    }
    if kind.deprecated is not None:
        described["deprecated"] = dataclasses.asdict(kind.deprecated)
    return described


def _composition(function: Any, kind: HookKind) -> str:
    if kind.result is None:
        return "all are told"
    # pluggy's marker leaves the options of a hook on the function.
    return "first result" if function.sovl_spec["firstresult"] else "all results"


def _reached(annotations: List[str]) -> List[type]:
    """Return every class that these annotations name, and the fields of dataclasses among them, by name."""
    known = {name: found for module in _MODULES for name, found in vars(module).items() if inspect.isclass(found)}
    found: Dict[str, type] = {}
    waiting = list(annotations)
    while waiting:
        for name in re.findall(r"\w+", waiting.pop()):
            one = known.get(name)
            if one is None or name in found or not one.__module__.startswith("sovl_core."):
                continue
            found[name] = one
            if dataclasses.is_dataclass(one):
                waiting.extend(str(field.type) for field in dataclasses.fields(one))
    return [found[name] for name in sorted(found)]


def _type(found: type) -> Dict[str, Any]:
    described: Dict[str, Any] = {}
    if dataclasses.is_dataclass(found):
        described["fields"] = {
            field.name: {"type": str(field.type), "default": _has_default(field)} for field in dataclasses.fields(found)
        }
    else:
        declared = getattr(found, "__annotations__", {})
        described["fields"] = {
            **{name: {"type": str(text), "default": True} for name, text in declared.items() if name[0] != "_"},
            **{name: {"type": "", "default": True} for name in _set_at_birth(found)},
        }
    described["methods"] = dict(_methods(found))
    return described


def _set_at_birth(found: type) -> List[str]:
    """Return the public attributes that a class's own constructor sets, in order."""
    if "__init__" not in vars(found):
        return []
    tree = ast.parse(textwrap.dedent(inspect.getsource(found.__init__)))  # type: ignore[misc]
    targets = [
        target
        for node in ast.walk(tree)
        if isinstance(node, (ast.Assign, ast.AnnAssign))
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    ]
    return [one.attr for one in targets if isinstance(one, ast.Attribute) and not one.attr.startswith("_")]


def _has_default(field: Any) -> bool:
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


def _methods(found: type) -> Iterator[Any]:
    """Yield name and parameters of each public method and property of its own; an optional one ends in ``=``."""
    for name, attribute in sorted(vars(found).items()):
        if name.startswith("_"):
            continue
        if isinstance(attribute, property):
            yield name, "property"
        elif inspect.isroutine(attribute):
            function = getattr(attribute, "__func__", attribute)
            parameters = list(inspect.signature(function).parameters.values())[1:]
            yield name, [one.name + ("" if one.default is one.empty else "=") for one in parameters]


def main() -> int:
    """Record the hook API and say what has changed; return exit status 1 when a change is not allowed."""
    try:
        changed = record_hook_api()
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 1
    print("\n".join(changed) or "Nothing has changed.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
