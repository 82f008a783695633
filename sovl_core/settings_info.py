"""Describes settings for people: keys, types in words, defaults, ranges, read from any pydantic model."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Dict, Iterator, List, Literal, Optional, Tuple, Type, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo


@dataclass(frozen=True)
class SettingInfo:
    """One setting for people: ``kind`` is its type in words, ``allowed`` its range or choices ("" for any value).

    A value with a ``pattern`` (a regular expression) is explained by its description. ``live`` is False when a
    change takes effect only at the next start.
    """

    key: str
    kind: str
    default: Any
    description: str = ""
    choices: Tuple[Any, ...] = ()
    minimum: Optional[float] = None
    maximum: Optional[float] = None
    above_minimum: bool = False
    below_maximum: bool = False
    pattern: str = ""
    live: bool = True

    @property
    def allowed(self) -> str:
        """What the value may be, in words."""
        if self.choices:
            return "one of " + ", ".join(str(choice) for choice in self.choices)
        parts = []
        if self.minimum is not None:
            parts.append(f"{'more than' if self.above_minimum else 'at least'} {self.minimum:.10g}")
        if self.maximum is not None:
            parts.append(f"{'less than' if self.below_maximum else 'at most'} {self.maximum:.10g}")
        if len(parts) == 2 and not self.above_minimum and not self.below_maximum:
            return f"{self.minimum:.10g} to {self.maximum:.10g}"
        return " and ".join(parts)


def describe_config(config_model: Type[BaseModel], prefix: str = "") -> List[SettingInfo]:
    """Describe every setting of a model, depth first in the order of declaration.

    :param config_model: ``SystemConfig`` or a plugin's settings model.
    :param prefix: dotted key under which the model stands, such as ``plugins.dream``.
    """
    return list(_describe(config_model, prefix + "." if prefix else ""))


def _describe(config_model: Type[BaseModel], prefix: str) -> Iterator[SettingInfo]:
    for name, field in config_model.model_fields.items():
        section = section_model(field.annotation)
        if section is not None:
            yield from _describe(section, f"{prefix}{name}.")
            continue
        limits = _limits(field.metadata)
        extra = field.json_schema_extra
        yield SettingInfo(
            key=prefix + name,
            kind=_kind(field.annotation),
            default=None if field.is_required() else field.get_default(call_default_factory=True),
            description=field.description or "",
            choices=_choices(field.annotation),
            live=not (isinstance(extra, dict) and extra.get("live") is False),
            **limits,
        )


def find_field(config_model: Type[BaseModel], parts: List[str]) -> Optional[FieldInfo]:
    """Return the field that a dotted key leads to, None when there is none."""
    field: Optional[FieldInfo] = None
    model: Optional[Type[BaseModel]] = config_model
    for part in parts:
        field = model.model_fields.get(part) if model is not None else None
        model = section_model(field.annotation) if field is not None else None
    return field


def section_model(annotation: Any) -> Optional[Type[BaseModel]]:
    """Return the settings model that an annotation names, None when it is a plain value."""
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def without_optional(annotation: Any) -> Any:
    """Return ``X`` for ``Optional[X]`` and anything else as it is."""
    if _is_union(annotation):
        inner = [part for part in get_args(annotation) if part is not type(None)]
        if len(inner) == 1:
            return inner[0]
    return annotation


def _is_union(annotation: Any) -> bool:
    # X | None (Python 3.10) has an origin of its own, named UnionType.
    origin = get_origin(annotation)
    return origin is Union or getattr(origin, "__name__", "") == "UnionType"


def _limits(metadata: List[Any]) -> Dict[str, Any]:
    limits: Dict[str, Any] = {}
    for item in metadata:
        for attribute, target, strict in (
            ("ge", "minimum", ""),
            ("gt", "minimum", "above_minimum"),
            ("le", "maximum", ""),
            ("lt", "maximum", "below_maximum"),
        ):
            value = getattr(item, attribute, None)
            if value is not None:
                limits[target] = value
                if strict:
                    limits[strict] = True
        if isinstance(getattr(item, "pattern", None), str):
            limits["pattern"] = item.pattern
    return limits


def _choices(annotation: Any) -> Tuple[Any, ...]:
    annotation = without_optional(annotation)
    if get_origin(annotation) is Literal:
        return tuple(get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(member.value for member in annotation)
    return ()


def _kind(annotation: Any) -> str:
    plain = without_optional(annotation)
    if plain is not annotation:
        return _kind(plain) + " or nothing"
    names = {bool: "true or false", int: "whole number", float: "number", str: "text", Any: "anything"}
    if plain in names:
        return names[plain]
    origin, arguments = get_origin(plain), get_args(plain)
    if _choices(plain):
        return "choice"
    if origin in (list, tuple, set, frozenset):
        return "list of " + (_kind(arguments[0]) if arguments else "anything")
    if origin is dict or plain is dict:
        return "table"
    if _is_union(plain):
        return " or ".join(_kind(part) for part in arguments)
    return getattr(plain, "__name__", str(plain))
