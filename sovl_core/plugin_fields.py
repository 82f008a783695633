"""Whether the fields of what hooks carry still hold what they are declared to hold: text, numbers, lists, tables.

The kernel goes on with whatever a plugin leaves in a field; a number in the place of a prompt would fail far from the
plugin, in the name of nobody.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Tuple


def wrong_field(carried: Any, before: Optional[Mapping[str, Any]] = None) -> str:
    """Return what is wrong with a field, such as ``"Reply.text is int and has to be str"``; "" when nothing is.

    :param carried: an object that a hook takes or returns; one that is no dataclass has no declared fields.
    :param before: fields as they were, by name; those that have not changed are not looked at.
    """
    return _told(carried, list(_wrong(carried, before or {})))


def put_back(carried: Any, before: Mapping[str, Any]) -> str:
    """Give fields that hold something wrong back what they held, and return what was wrong as :func:`wrong_field`."""
    found = list(_wrong(carried, before))
    for name, _, _ in found:
        setattr(carried, name, before[name])
    return _told(carried, found)


def _told(carried: Any, found: List[Tuple[str, str, str]]) -> str:
    if not found:
        return ""
    name, has, wanted = found[0]
    # By the name that its author knows, not that of a class of the kernel's own.
    declared = next(kind for kind in type(carried).__mro__ if "__dataclass_fields__" in vars(kind))
    return f"{declared.__name__}.{name} is {has} and has to be {wanted}"


def _wrong(carried: Any, before: Mapping[str, Any]) -> Iterator[Tuple[str, str, str]]:
    # Most of what is looked at has not changed, and has no need of its declarations.
    changed = [
        (name, value)
        for name, value in getattr(carried, "__dict__", {}).items()
        if name not in before or before[name] is not value
    ]
    if not changed or not dataclasses.is_dataclass(carried):
        return
    declared = {field.name: str(field.type) for field in dataclasses.fields(carried)}
    for name, value in changed:
        words = re.split(r"\W", declared.get(name, ""))
        optional = words[0] == "Optional"
        kind = words[1] if optional else words[0]
        if kind in _HOLDS and not (value is None and optional) and not _HOLDS[kind](value):
            yield name, type(value).__name__, kind.lower()


def _is_number(value: Any) -> bool:
    # Numbers of numpy and tensors of one element are as good as Python's own.
    return hasattr(value, "__float__") or hasattr(value, "__index__")


def _is_list(value: Any) -> bool:
    return hasattr(value, "__iter__") and not isinstance(value, (str, bytes))


_HOLDS: Dict[str, Callable[[Any], bool]] = {
    "str": lambda value: isinstance(value, str),
    "int": _is_number,
    "float": _is_number,
    "List": _is_list,
    "Tuple": _is_list,
    "Dict": lambda value: isinstance(value, dict),
}
