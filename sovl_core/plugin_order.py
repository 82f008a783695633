"""Orders plugins by the capabilities they declare, so that none has to name another.

A plugin comes after every plugin that provides what it is ``after`` or what it ``requires``, and before every plugin
that provides what it is ``before``. Where nothing decides, names do: the order is the same on every machine.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import Dict, List, Mapping, Optional, Protocol, Sequence, Set, Tuple


class Constrained(Protocol):
    """What is ordered: anything with a name and tuples of capability names."""

    name: str
    provides: Tuple[str, ...]
    after: Tuple[str, ...]
    before: Tuple[str, ...]
    requires: Tuple[str, ...]


@dataclass
class Resolution:
    """``order`` names the plugins that can be used, first to last; ``refused`` gives a reason for each other one."""

    order: List[str] = field(default_factory=list)
    refused: Dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """A plugin's place in the order: ``why`` holds the declarations that put it behind others, in words."""

    name: str
    why: Tuple[str, ...] = ()


#: For each plugin the plugins that come directly before it, each with the declaration that says so.
Edges = Dict[str, Dict[str, str]]


def resolve(plugins: Sequence[Constrained]) -> Resolution:
    """Order plugins; refuse those that miss a required capability and those that form a cycle.

    Refusing one plugin may take away what another requires, so both checks are repeated until nothing changes.

    :param plugins: plugins with distinct names.
    """
    remaining = {plugin.name: plugin for plugin in plugins}
    refused: Dict[str, str] = {}
    while True:
        missing = _missing_requirements(remaining)
        found = missing or _members_of_a_cycle(_edges(remaining))
        if not found:
            return Resolution(_sorted(_edges(remaining)), refused)
        refused.update(found)
        for name in found:
            del remaining[name]


def places(plugins: Sequence[Constrained]) -> List[Place]:
    """Return the plugins that can be used in calling order, each with what decided its place.

    :param plugins: plugins with distinct names.
    """
    order = resolve(plugins).order
    edges = _edges({plugin.name: plugin for plugin in plugins if plugin.name in order})
    return [Place(name, tuple(edges[name][earlier] for earlier in order if earlier in edges[name])) for name in order]


def dependants(plugins: Sequence[Constrained], name: str) -> List[str]:
    """Return which of these plugins cannot be used without the one of that name, directly or not."""
    return sorted(resolve([plugin for plugin in plugins if plugin.name != name]).refused)


def _missing_requirements(plugins: Mapping[str, Constrained]) -> Dict[str, str]:
    provided = {capability for plugin in plugins.values() for capability in plugin.provides}
    refused: Dict[str, str] = {}
    for name, plugin in plugins.items():
        missing = [repr(capability) for capability in plugin.requires if capability not in provided]
        if missing:
            refused[name] = f"requires {' and '.join(missing)}, which no plugin that is on provides"
    return refused


def _edges(plugins: Mapping[str, Constrained]) -> Edges:
    providers: Dict[str, List[str]] = {}
    for name in sorted(plugins):
        for capability in plugins[name].provides:
            providers.setdefault(capability, []).append(name)
    edges: Edges = {name: {} for name in sorted(plugins)}

    def put(earlier: str, later: str, declaration: str) -> None:
        # A plugin may provide what it is ordered by; that orders it against the other providers only.
        if earlier != later:
            edges[later].setdefault(earlier, declaration)

    for name in edges:
        plugin = plugins[name]
        for capability in (*plugin.after, *plugin.requires):
            for provider in providers.get(capability, ()):
                put(provider, name, f"{name} is after {capability!r}, which {provider} provides")
        for capability in plugin.before:
            for provider in providers.get(capability, ()):
                put(name, provider, f"{name} is before {capability!r}, which {provider} provides")
    return edges


def _members_of_a_cycle(edges: Edges) -> Dict[str, str]:
    cycle = _find_cycle(edges)
    if cycle is None:
        return {}
    steps = [edges[later][earlier] for earlier, later in zip(cycle, cycle[1:])]
    reason = f"ordering cycle {' -> '.join(cycle)}: {'; '.join(steps)}"
    return dict.fromkeys(cycle, reason)


def _find_cycle(edges: Edges) -> Optional[List[str]]:
    """Return the names along one cycle, earlier before later, the first repeated at the end; None without one."""
    # What is left when plugins with nothing before them are taken away again and again lies on or behind a cycle.
    waiting = _behind_a_cycle(edges)
    if not waiting:
        return None
    path: List[str] = [min(waiting)]
    while True:
        earlier = min(name for name in edges[path[-1]] if name in waiting)
        if earlier in path:
            cycle = [*path[path.index(earlier) :], earlier][::-1]
            # Begin with the first name, so that the same cycle always reads the same.
            start = cycle.index(min(cycle[:-1]))
            return [*cycle[start:-1], *cycle[: start + 1]]
        path.append(earlier)


def _behind_a_cycle(edges: Edges) -> Set[str]:
    return set(edges) - set(_sorted(edges))


def _sorted(edges: Edges) -> List[str]:
    """Return the names of which all predecessors are placed, in topological order, ties by name (Kahn 1962)."""
    followers: Dict[str, List[str]] = {name: [] for name in edges}
    for later, predecessors in edges.items():
        for earlier in predecessors:
            followers[earlier].append(later)
    open_count = {name: len(predecessors) for name, predecessors in edges.items()}
    ready = sorted(name for name, count in open_count.items() if count == 0)
    order: List[str] = []
    while ready:
        name = heapq.heappop(ready)
        order.append(name)
        for later in followers[name]:
            open_count[later] -= 1
            if open_count[later] == 0:
                heapq.heappush(ready, later)
    return order
