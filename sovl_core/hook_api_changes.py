"""What has changed between two descriptions of the hook API, and which changes a version allows.

A plugin goes on working when something is added that it need not know of. Whatever else changes breaks plugins, and is
left for a major version; a hook goes away only after it was deprecated for :data:`sovl_core.hook_versions.GRACE` minor
versions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Mapping

from sovl_core.hook_versions import GRACE, parse_version

Description = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One change in words; ``breaks`` where a plugin written for the earlier version may no longer work."""

    text: str
    breaks: bool


def changes_between(before: Description, now: Description) -> List[Change]:
    """Return what has changed, hooks first.

    :param before: as ``sovl_core.hook_api.describe_hook_api`` returned it once; ``now`` likewise.
    """
    changes = [*_hooks(before["hooks"], now["hooks"]), *_types(before["types"], now["types"])]
    if before["version"] != now["version"]:
        changes.append(Change(f"the version is {now['version']}, was {before['version']}", False))
    return changes


def refusal(before: Description, now: Description) -> str:
    """Return why ``now`` may not follow ``before``, "" when it may."""
    earlier, later = parse_version(before["version"]), parse_version(now["version"])
    if later < earlier:
        return f"The hook API had version {before['version']}, and cannot go back to {now['version']}."
    breaking = [change.text for change in changes_between(before, now) if change.breaks]
    if breaking and later[0] == earlier[0]:
        return (
            f"This breaks plugins that were written for hook API {before['version']}: {'; '.join(breaking)}. Keep it, "
            f"or deprecate it first; it may go with version {earlier[0] + 1}.0 (docs/hook-versions.md)."
        )
    early = sorted(name for name in set(before["hooks"]).difference(now["hooks"]) if not _announced(name, before))
    if early:
        return (
            f"{', '.join(early)} may not go yet: a hook is deprecated for {GRACE} minor versions before it goes away "
            "(docs/hook-versions.md)."
        )
    return ""


def _announced(name: str, before: Description) -> bool:
    deprecated = before["hooks"][name].get("deprecated")
    if deprecated is None:
        return False
    since, last = parse_version(deprecated["since"]), parse_version(before["version"])
    # Called with a warning in the version that deprecates it, and in those up to the last one recorded.
    return since[0] < last[0] or last[1] - since[1] + 1 >= GRACE


def _hooks(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    for name in sorted({*before, *now}):
        if name not in now:
            yield Change(f"{name} was removed", True)
        elif name not in before:
            yield Change(f"{name} was added", False)
        else:
            yield from _hook(name, before[name], now[name])


def _hook(name: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    # A plugin's method takes exactly the arguments of its hook: an added one breaks it as well.
    for key, words in (("arguments", "takes"), ("returns", "returns"), ("composes", "composes by"), ("wrappers", "")):
        if before[key] != now[key]:
            if key == "wrappers":
                yield Change(f"{name} can {'' if now[key] else 'no longer '}be wrapped", not now[key])
            else:
                yield Change(f"{name} {words} {_shown(now[key])}, was {_shown(before[key])}", True)
    if before.get("deprecated") != now.get("deprecated"):
        yield Change(f"{name} is {'deprecated' if now.get('deprecated') else 'no longer deprecated'}", False)


def _types(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    for name in sorted({*before, *now}):
        if name not in now:
            yield Change(f"{name} was removed", True)
        elif name not in before:
            yield Change(f"{name} was added", False)
        else:
            yield from _fields(name, before[name]["fields"], now[name]["fields"])
            yield from _methods(name, before[name]["methods"], now[name]["methods"])


def _fields(owner: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    for name in [*before, *(name for name in now if name not in before)]:
        field = f"{owner}.{name}"
        if name not in now:
            yield Change(f"{field} was removed", True)
        elif name not in before:
            default = now[name]["default"]
            yield Change(f"{field} was added{'' if default else ' without a default'}", not default)
        elif before[name]["type"] != now[name]["type"]:
            yield Change(f"{field} is {now[name]['type']}, was {before[name]['type']}", True)
        elif before[name]["default"] != now[name]["default"]:
            kept = now[name]["default"]
            yield Change(f"{field} has {'a default' if kept else 'no default any more'}", not kept)


def _methods(owner: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    for name in sorted({*before, *now}):
        method = f"{owner}.{name}"
        if name not in now:
            yield Change(f"{method} was removed", True)
        elif name not in before:
            yield Change(f"{method} was added", False)
        elif before[name] != now[name]:
            yield Change(
                f"{method} takes {_shown(now[name])}, was {_shown(before[name])}",
                not _only_more(before[name], now[name]),
            )


def _only_more(before: Any, now: Any) -> bool:
    """Return whether a method takes what it took, in the same places, and what is new may be left out."""
    if isinstance(before, str) or isinstance(now, str):
        return False
    new = now[len(before) :]
    kept = all(old in (one, one.rstrip("=")) for old, one in zip(before, now)) and len(now) >= len(before)
    return kept and all(one.endswith("=") for one in new)


def _shown(value: Any) -> str:
    if isinstance(value, Dict):
        return "(" + ", ".join(f"{name}: {text}" for name, text in value.items()) + ")"
    return f"({', '.join(value)})" if isinstance(value, list) else str(value)
