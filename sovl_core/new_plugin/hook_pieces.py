"""The pieces of a new plugin that a hook adds: its method, and the test of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Sequence

from sovl_core.error_handling import BadInput
from sovl_core.new_plugin.templates import read_template
from sovl_core.plugin_kinds import hook_kinds
from sovl_core.spelling import did_you_mean

#: Every new plugin has these.
ALWAYS = ("on_start", "on_save_state", "on_load_state")
_TEST_BEGINS = "# ---- its test\n"


@dataclass(frozen=True)
class HookPiece:
    """What one hook adds: a method of the class, and a test function."""

    hook: str
    method: str
    test: str


def hook_piece(hook: str) -> HookPiece:
    """Return what a hook adds."""
    method, test = read_template(f"hooks/{hook}.txt").split(_TEST_BEGINS)
    return HookPiece(hook, method.strip("\n"), test.strip("\n"))


def chosen_hooks(names: Sequence[str]) -> List[str]:
    """Return the hooks that were asked for, beyond those that every plugin has, in the order of the specification.

    :raises BadInput: when there is no such hook.
    """
    known = list(hook_kinds())
    for name in names:
        if name not in known:
            raise BadInput(f"There is no hook {name!r}", did_you_mean(name, known) or f"Hooks: {', '.join(known)}")
    return [hook for hook in known if hook in names and hook not in ALWAYS]
