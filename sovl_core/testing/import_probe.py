"""What importing a plugin costs and leaves behind, found out in a process of its own; one will do for many plugins.

Every command imports every plugin that is on, so an entry module must not bring in what takes seconds.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import Any, Dict, List, Sequence, Type

from sovl_core import plugin_import
from sovl_core.error_handling import PluginError
from sovl_core.plugin import Plugin

#: Packages that take long to import; a plugin imports them where it uses them, within functions.
HEAVY = (
    *plugin_import.HEAVY,
    "peft",
    "accelerate",
    "tokenizers",
    "huggingface_hub",
    "numpy",
    "scipy",
    "sklearn",
    "pandas",
)
#: Modules that a plugin may import at its start, its own among them, beside those that the kernel has there anyway.
MOST_MODULES = 200

_CHILD = "from sovl_core.testing.import_probe import answer; answer()"


@dataclass
class ImportReport:
    """What one import did: ``heavy`` packages and ``modules`` it brought, ``threads`` and ``variables`` it left."""

    heavy: List[str] = field(default_factory=list)
    modules: int = 0
    threads: List[str] = field(default_factory=list)
    variables: List[str] = field(default_factory=list)
    error: str = ""


def probe_imports(plugins: Sequence[Type[Plugin]]) -> Dict[str, ImportReport]:
    """Import the modules of plugins in a fresh Python, one after another, and return a report for each name.

    What two of them bring in is told of the first.

    :raises PluginError: when that Python does not answer.
    """
    asked = {plugin.name: [plugin.__module__, getattr(_module(plugin), "__file__", None)] for plugin in plugins}
    question = json.dumps({"path": sys.path, "plugins": asked})
    done = subprocess.run([sys.executable, "-c", _CHILD], input=question, capture_output=True, text=True, check=False)
    # What a plugin prints while it is imported comes before the answer.
    answered = done.stdout.strip().splitlines()
    try:
        return {name: ImportReport(**report) for name, report in json.loads(answered[-1]).items()}
    except (IndexError, ValueError, TypeError, AttributeError) as error:
        raise PluginError(
            f"Importing {', '.join(asked)} ended Python itself (status {done.returncode}): {done.stderr[-2000:]}"
        ) from error


def answer() -> None:
    """Read the question from standard input and print the reports; runs in the fresh Python."""
    # What every session has imported before its plugins.
    for module in ("plugin_manager", "system_config", "events", "records", "journal", "life"):
        importlib.import_module(f"sovl_core.{module}")
    question = json.loads(sys.stdin.read())
    sys.path[:] = question["path"]
    print(json.dumps({name: vars(_look_at(*where)) for name, where in question["plugins"].items()}))
    sys.stdout.flush()
    # A thread that a plugin has left must not keep this process.
    os._exit(0)


def _look_at(module: str, file: Any) -> ImportReport:
    modules, threads, variables = set(sys.modules), set(threading.enumerate()), dict(os.environ)
    report = ImportReport()
    try:
        _import(module, file)
    except (Exception, SystemExit) as error:
        report.error = f"{type(error).__name__}: {error}"
    new = set(sys.modules) - modules
    report.modules = len(new)
    report.heavy = sorted(new.intersection(HEAVY))
    report.threads = sorted(thread.name for thread in threading.enumerate() if thread not in threads)
    names = set(os.environ) | set(variables)
    report.variables = sorted(name for name in names if os.environ.get(name) != variables.get(name))
    return report


def _import(module: str, file: Any) -> None:
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        # A plugin that is written within a test: its module is known by its file alone.
        if file is None or error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise
        spec = importlib.util.spec_from_file_location("sovl_plugin_in_a_file", file)
        assert spec is not None
        assert spec.loader is not None
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


def _module(plugin: Type[Plugin]) -> Any:
    return sys.modules.get(plugin.__module__)
