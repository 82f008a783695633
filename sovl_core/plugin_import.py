"""Imports a plugin and notices what that costs everybody: a plugin's module is imported by each command."""

from __future__ import annotations

import sys
import time
from typing import Any, Callable, List, Tuple

from sovl_core.plugin_discovery import Candidate, import_plugin

#: Packages that take seconds to import and that a plugin needs only once there is a model.
HEAVY = ("torch", "transformers", "tensorflow", "jax")


def import_and_measure(candidate: Candidate, clock: Callable[[], float] = time.perf_counter) -> Tuple[Any, List[str]]:
    """Import what a candidate's entry point names.

    :param clock: seconds from any fixed point.
    :return: the object, and what its author should know of the import.
    :raises PluginError: when importing raises.
    """
    before, started = set(sys.modules), clock()
    found = import_plugin(candidate)
    heavy = [name for name in HEAVY if name in sys.modules and name not in before]
    if not heavy:
        return found, []
    note = (
        f"importing it took {clock() - started:.1f} s, because it imports {' and '.join(heavy)}, and every command "
        "waits for that: import it within the functions that use it"
    )
    return found, [note]
