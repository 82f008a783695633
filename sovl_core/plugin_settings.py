"""A plugin's settings: its table in the config validated by its own model, with full keys in every message."""

from __future__ import annotations

import reprlib
from typing import Any, List, Mapping, Sequence, Type

from pydantic import BaseModel, ValidationError

from sovl_core.error_handling import ConfigError, PluginError
from sovl_core.plugin_check import ENABLED_KEY
from sovl_core.spelling import did_you_mean


def make_settings(plugin: str, model: Type[BaseModel], table: Mapping[str, Any]) -> Any:
    """Validate a plugin's table.

    :param plugin: the plugin's name.
    :param model: the plugin's ``settings_model``.
    :param table: what the config has under ``plugins.<name>``; ``enabled`` belongs to the kernel and is left out.
    :return: an instance of ``model``.
    :raises ConfigError: naming each wrong key as ``plugins.<name>.<key>``, and the nearest right one.
    :raises PluginError: when the model itself raises something else.
    """
    values = {key: value for key, value in table.items() if key != ENABLED_KEY}
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ConfigError("; ".join(_explain(plugin, model, item) for item in error.errors())) from error
    except Exception as error:  # a validator of the plugin's own that breaks
        raise PluginError(f"its settings model raised {type(error).__name__}: {error}") from error


def change_setting(plugin: str, settings: BaseModel, table: Mapping[str, Any], key: str, value: Any) -> bool:
    """Change one setting in place, so that whoever holds ``settings`` sees it.

    :param plugin: the plugin's name.
    :param settings: its settings object.
    :param table: the table that ``settings`` was made from.
    :param key: key below ``plugins.<name>``, dotted for a table within the table.
    :param value: a value, or text that is parsed to the field's type.
    :return: True when it holds at once, False when it takes effect at the next start only (``enabled``, and fields that
        say so); then ``settings`` keeps the old value.
    :raises ConfigError: when there is no such key, or the value does not fit.
    """
    if key == ENABLED_KEY:
        return False
    path = key.split(".")
    changed = make_settings(plugin, type(settings), with_value(table, path, value))
    target: Any = settings
    for position, name in enumerate(path):
        if not is_live(type(target), name):
            return False
        inner = getattr(target, name)
        if position == len(path) - 1 or not isinstance(inner, BaseModel):
            setattr(target, name, getattr(changed, name))
            break
        target, changed = inner, getattr(changed, name)
    return True


def with_value(table: Mapping[str, Any], path: Sequence[str], value: Any) -> Any:
    """Return a copy of a nested table in which ``path`` holds ``value``."""
    copy = dict(table)
    inner = copy.get(path[0])
    if len(path) > 1:
        value = with_value(inner if isinstance(inner, Mapping) else {}, path[1:], value)
    copy[path[0]] = value
    return copy


def is_live(model: Type[BaseModel], field: str) -> bool:
    """Return whether a change of this field holds at once (``json_schema_extra={"live": False}`` says no)."""
    extra = model.model_fields[field].json_schema_extra
    return not (isinstance(extra, dict) and extra.get("live") is False)


def _explain(plugin: str, model: Type[BaseModel], item: Any) -> str:
    location = [str(part) for part in item["loc"]]
    key = ".".join(["plugins", plugin, *location])
    if item["type"] == "extra_forbidden":
        prefix = key[: len(key) - len(location[-1])]
        hint = did_you_mean(location[-1], _fields_at(model, location), prefix)
        return f"{key}: there is no such setting. {hint}".strip()
    if item["type"] == "missing":
        return f"{key}: this setting has no default and must be given"
    return f"{key} = {reprlib.repr(item['input'])}: {item['msg']}" if location else f"{key}: {item['msg']}"


def _fields_at(model: Any, location: Sequence[str]) -> List[str]:
    """Return the keys that could stand in the place of the last part of ``location``."""
    for name in location[:-1]:
        field = getattr(model, "model_fields", {}).get(name)
        model = field.annotation if field is not None else None
    return list(getattr(model, "model_fields", {}))
