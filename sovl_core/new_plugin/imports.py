"""Writes the imports that a piece of code needs, in the order and the form that ruff gives them."""

from __future__ import annotations

import ast
import inspect
from typing import Any, Dict, Iterable, List, Mapping, Set

from sovl_core import events

WIDTH = 120


def is_of_the_kernel(item: Any) -> bool:
    """Return whether something is a class of the contract, and not one that its module has imported."""
    return inspect.isclass(item) and item.__module__.startswith("sovl_core.")


_STANDARD = {"pathlib": ("Path",), "typing": ("Any", "Callable", "Dict", "Generator", "List", "Optional")}
_KERNEL: Mapping[str, Iterable[str]] = {
    "sovl_core": ("SOVLSystem",),
    "sovl_core.error_handling": ("ConfigError",),
    "sovl_core.events": [name for name, item in vars(events).items() if is_of_the_kernel(item)],
    "sovl_core.hookspecs": ("hookimpl",),
    "sovl_core.models": ("Models",),
    "sovl_core.plugin": ("Command", "Plugin", "PluginContext", "PluginState", "StatusPanel"),
    "sovl_core.system_logging": ("log_info",),
}


def imports_for(code: str, own: Mapping[str, Iterable[str]]) -> str:
    """Return import statements for what a piece of code uses of Python, of pytest, of the kernel, and of its own.

    :param code: Python that parses by itself.
    :param own: modules of the plugin itself, and the names that each offers.
    """
    used = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    sections = [
        _whole(used, "random") + _parts(used, _STANDARD),
        _whole(used, "pytest") + _parts(used, _KERNEL),
        _parts(used, own),
    ]
    return "\n\n".join("\n".join(section) for section in sections if section)


def _whole(used: Set[str], module: str) -> List[str]:
    return [f"import {module}"] if module in used else []


def _parts(used: Set[str], offered: Mapping[str, Iterable[str]]) -> List[str]:
    found: Dict[str, List[str]] = {module: sorted(used.intersection(names)) for module, names in offered.items()}
    return [_statement(module, found[module]) for module in sorted(found) if found[module]]


def _statement(module: str, names: List[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"from {module} import (", *(f"    {name}," for name in names), ")"])
