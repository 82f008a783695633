"""Turns text typed at a command line or set in the environment into a setting's type."""

from __future__ import annotations

from enum import Enum
from typing import Any, Literal, get_args, get_origin

import tomlkit
from tomlkit.exceptions import TOMLKitError

from sovl_core.settings_info import without_optional

_LISTS = (list, tuple, set, frozenset)


def parse_text(text: str, annotation: Any) -> Any:
    """Return the value that a text stands for; what cannot be converted is left to validation.

    Lists are written ``a, b`` or as TOML (``["a", "b"]``), tables as TOML (``{a = 1}``), nothing as ``none``. Numbers
    and truth values are left as text, which pydantic reads (``on``, ``yes``, ``true``, ``1``).

    :param text: as it was typed.
    :param annotation: the setting's type; ``Any`` takes TOML where the text is TOML, otherwise the text itself.
    """
    plain = without_optional(annotation)
    if plain is not annotation and text.strip().lower() in ("", "none"):
        return None
    origin = get_origin(plain)
    if plain in _LISTS or origin in _LISTS:
        return _parse_list(text, (get_args(plain) or (Any,))[0])
    if origin is Literal:
        return next((choice for choice in get_args(plain) if str(choice) == text.strip()), text)
    if plain is Any or plain is dict or origin is dict:
        return _parse_toml(text)
    if isinstance(plain, type) and issubclass(plain, Enum):
        return next((member.value for member in plain if str(member.value) == text.strip()), text)
    if plain is str:
        return text
    return text.strip()


def _parse_list(text: str, item: Any) -> Any:
    if text.strip().startswith("["):
        return _parse_toml(text)
    return [parse_text(part.strip(), item) for part in text.split(",") if part.strip()]


def _parse_toml(text: str) -> Any:
    try:
        value = tomlkit.value(text.strip())
    except (TOMLKitError, ValueError, RecursionError):
        return text
    return value.unwrap() if hasattr(value, "unwrap") else value
