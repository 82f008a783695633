"""Puts a new plugin together out of templates and the hooks that were asked for, and writes it into a folder."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import Dict, List, Sequence

from sovl_core import __version__
from sovl_core.error_handling import BadInput
from sovl_core.new_plugin.hook_pieces import ALWAYS, HookPiece, chosen_hooks, hook_piece
from sovl_core.new_plugin.imports import imports_for
from sovl_core.new_plugin.names import PluginNames
from sovl_core.new_plugin.templates import read_template
from sovl_core.plugin_kinds import hook_kinds


def write_distribution(names: PluginNames, hooks: Sequence[str], into: Path) -> Path:
    """Write a new plugin.

    :param hooks: those it implements, beside those of every plugin.
    :param into: folder that its own is made in.
    :return: its folder.
    :raises BadInput: when that exists already, or there is no such hook; nothing is written then.
    """
    folder = into / names.distribution
    files = distribution_files(names, hooks)
    if folder.exists():
        raise BadInput(f"{folder} exists already", f"Choose another folder: sovl plugins new {names.name} --into DIR")
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def distribution_files(names: PluginNames, hooks: Sequence[str]) -> Dict[str, str]:
    """Return the text of each file by its path within the folder.

    :raises BadInput: when there is no such hook.
    """
    pieces = [hook_piece(hook) for hook in chosen_hooks(hooks)]
    implemented = [hook for hook in hook_kinds() if hook in ALWAYS or any(hook == piece.hook for piece in pieces)]
    values = {
        **names.values(),
        "sovl_version": ".".join(__version__.split(".")[:2]),
        "hooks": ", ".join(f"`{hook}`" for hook in implemented),
    }
    package = names.package
    return {
        "pyproject.toml": _filled("pyproject.toml.txt", values),
        "README.md": _filled("README.md.txt", values),
        f"{package}/__init__.py": _filled("init.py.txt", values),
        f"{package}/plugin.py": _plugin(values, pieces),
        f"{package}/settings.py": _filled("settings.py.txt", values),
        f"{package}/state.py": _filled("state.py.txt", values),
        f"{package}/py.typed": "",
        "tests/test_conformance.py": _filled("test_conformance.py.txt", values),
        "tests/test_plugin.py": _tests(values, pieces),
    }


def _plugin(values: Dict[str, str], pieces: List[HookPiece]) -> str:
    methods = "".join(f"\n{piece.method}\n" for piece in pieces)
    body = _filled("plugin.py.txt", {**values, "methods": Template(methods).substitute(values)})
    own = {f"{values['package']}.{part}": [values[part]] for part in ("settings", "state")}
    return _filled("plugin_head.py.txt", {**values, "imports": imports_for(body, own)}) + body


def _tests(values: Dict[str, str], pieces: List[HookPiece]) -> str:
    functions = "".join(f"\n\n{piece.test}\n" for piece in pieces)
    body = _filled("test_plugin.py.txt", {**values, "functions": Template(functions).substitute(values)})
    own = {values["package"]: [values["plugin"]]}
    return _filled("test_head.py.txt", {**values, "imports": imports_for(body, own)}) + body


def _filled(template: str, values: Dict[str, str]) -> str:
    return Template(read_template(template)).substitute(values)
