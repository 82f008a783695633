"""What can be said of a stored router by its values alone: its tensors, and torch, are for whoever has it route.

The keys are those that ``MemoryRouter.save`` writes: no tensor of gate or probe is stored without one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Set

if TYPE_CHECKING:
    from sovl_core.plugin import PluginState


def holds_routing(state: PluginState) -> bool:
    """Return True when a gate or a probe is in the state."""
    return any(key.startswith(("relevance.", "probe.")) for key in state.values)


def stored_memories(state: PluginState) -> Set[int]:
    """Return the memories that the gate's remembered prompts are about."""
    return {int(memory) for memory in state.values.get("relevance.memories", ())}


def stored_skill(state: PluginState) -> Optional[float]:
    """Return the probe's skill, None where no probe is stored."""
    skill = state.values.get("probe.skill")
    return None if skill is None else float(skill)
