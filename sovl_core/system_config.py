"""The settings of a life: loaded from file, environment and command line, validated, read and changed by dotted key."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Tuple, Type, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from sovl_core.config_errors import DESCRIBE_HINT, config_error, nearest_key, unknown_key
from sovl_core.config_file import create_config, read_toml, save_config
from sovl_core.config_text import parse_text
from sovl_core.constants import ENVIRONMENT_PREFIX
from sovl_core.error_handling import ConfigError
from sovl_core.settings import (
    CONFIG_VERSION,
    CoreSettings,
    GenerationSettings,
    LifecycleSettings,
    LoraSettings,
    SystemConfig,
    TrainingSettings,
)
from sovl_core.settings_info import SettingInfo, describe_config, find_field, section_model

__all__ = [
    "CONFIG_VERSION",
    "NOT_SETTINGS",
    "CoreSettings",
    "GenerationSettings",
    "LifecycleSettings",
    "LoraSettings",
    "SettingInfo",
    "SystemConfig",
    "TrainingSettings",
    "create_config",
    "describe_config",
    "get_config_value",
    "known_keys",
    "load_config",
    "save_config",
    "set_config_value",
    "validate_config",
    "validate_settings",
]

#: Environment variables that begin like a setting's and are none.
NOT_SETTINGS = frozenset({"SOVL_PLUGINS", "SOVL_LIFE", "SOVL_DEBUG"})

#: Settings models of the plugins that are present, by plugin name.
PluginModels = Mapping[str, Type[BaseModel]]

AnyModel = TypeVar("AnyModel", bound=BaseModel)

_MISSING: Any = object()


def load_config(
    path: Optional[Path] = None,
    environ: Optional[Mapping[str, str]] = None,
    overrides: Optional[Mapping[str, Any]] = None,
) -> SystemConfig:
    """Return the settings of a life: defaults, then file, then environment, then overrides; the later wins.

    :param path: ``life.toml``; None or a missing file leave the defaults.
    :param environ: environment variables; ``SOVL_CORE__BASE_MODEL`` sets ``core.base_model``.
    :param overrides: ``{"core.base_model": ...}``; text is converted to the setting's type, None is passed over.
    :raises ConfigError: unreadable file, syntax error, unknown key or refused value; names where it came from, the full
        key and the nearest right one.
    """
    config = validate_config(read_toml(path), str(path)) if path is not None else SystemConfig()
    for key, (variable, text) in _from_environment(environ or {}, config).items():
        set_config_value(config, key, text, source=f"environment variable {variable}")
        config.passing[key] = get_config_value(config, key)
    for key, value in (overrides or {}).items():
        if value is not None:
            set_config_value(config, key, value)
            config.passing[key] = get_config_value(config, key)
    return config


def validate_config(values: Mapping[str, Any], source: str = "") -> SystemConfig:
    """Return validated settings.

    :param values: nested tables as in ``life.toml``.
    :param source: where they came from, for messages.
    :raises ConfigError: for every unknown key and refused value, by full key.
    """
    version = values.get("version", CONFIG_VERSION)
    if isinstance(version, int) and version > CONFIG_VERSION:
        raise ConfigError(
            f"{source or 'the configuration'}: its layout is version {version}, this SOVL knows {CONFIG_VERSION}",
            "Install the newer SOVL that wrote it",
        )
    return validate_settings(SystemConfig, values, source)


def validate_settings(model: Type[AnyModel], values: Mapping[str, Any], source: str = "", prefix: str = "") -> AnyModel:
    """Return validated settings of any model, such as a plugin's.

    :param model: the settings model.
    :param values: its table, for a plugin without ``enabled``.
    :param source: where it came from, for messages.
    :param prefix: dotted key under which the table stands, such as ``plugins.dream``.
    :raises ConfigError: for every unknown key and refused value, by full key.
    """
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        raise config_error(error, model, source, prefix) from None


def get_config_value(
    config: SystemConfig, key: str, default: Any = _MISSING, plugin_models: Optional[PluginModels] = None
) -> Any:
    """Return a copy of a setting by dotted key; a section is returned as a dict.

    :param config: the settings.
    :param key: such as ``training.epochs``, ``plugins.dream.noise`` or ``training``.
    :param default: returned for a key that is unknown or, in a plugin's table, not written.
    :param plugin_models: with it, what a plugin's table leaves out has its default.
    :raises ConfigError: when the key is unknown and no default is given; names the nearest right key.
    """
    name, inner = _plugin_key(key)
    model = (plugin_models or {}).get(name)
    if model is None:
        found = _look_up(config, key.split("."))
    else:
        table = config.plugins.get(name, {})
        settings = _plugin_settings(model, table, name).model_dump()
        found = _look_up({"enabled": table.get("enabled", True), **settings}, inner)
    if found is not _MISSING:
        return found.model_dump() if isinstance(found, BaseModel) else copy.deepcopy(found)
    if default is not _MISSING:
        return default
    raise unknown_key(key, known_keys(config, plugin_models))


def set_config_value(
    config: SystemConfig, key: str, value: Any, plugin_models: Optional[PluginModels] = None, source: str = ""
) -> SystemConfig:
    """Change one setting in place; when it is refused nothing has changed.

    :param config: the settings; sections keep their identity, so that whoever holds one sees the change.
    :param key: dotted key; ``plugins.<name>.<setting>`` for a plugin's.
    :param value: text is converted to the setting's type.
    :param plugin_models: a plugin's key and value are checked where its model is given, else taken as they are.
    :param source: where the value came from, for messages.
    :return: ``config``.
    :raises ConfigError: unknown key or refused value; names the nearest right key or the allowed range.
    """
    name, inner = _plugin_key(key)
    if inner:
        table = _changed_table(config, name, inner, value, plugin_models, source)
        config.plugins[name] = table
    else:
        _set_kernel_value(config, key, value, plugin_models, source)
    # Whatever is set by hand from now on is meant to stay.
    config.passing.pop(key, None)
    return config


def known_keys(config: SystemConfig, plugin_models: Optional[PluginModels] = None) -> List[str]:
    """Return every dotted key that can be set: the kernel's, those of the given models, those written in tables."""
    keys = [info.key for info in describe_config(SystemConfig) if info.key != "plugins"]
    for name, model in (plugin_models or {}).items():
        keys.append(f"plugins.{name}.enabled")
        keys += [info.key for info in describe_config(model, f"plugins.{name}")]
    keys += [f"plugins.{name}.{part}" for name, table in config.plugins.items() for part in table]
    return list(dict.fromkeys(keys))


def _from_environment(environ: Mapping[str, str], config: SystemConfig) -> Dict[str, Tuple[str, str]]:
    found = {}
    for variable in sorted(environ):
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable in NOT_SETTINGS:
            continue
        key = variable[len(ENVIRONMENT_PREFIX) :].lower().replace("__", ".")
        if not _plugin_key(key)[1] and find_field(SystemConfig, key.split(".")) is None:
            # A plugin without a setting of its own named is like no setting of the kernel's.
            near = None if _plugin_key(key)[0] else nearest_key(key, known_keys(config))
            meant = f"Did you mean {ENVIRONMENT_PREFIX}{near.upper().replace('.', '__')}?" if near else DESCRIBE_HINT
            raise ConfigError(f"environment variable {variable} names no setting", meant)
        found[key] = (variable, environ[variable])
    return found


def _plugin_key(key: str) -> Tuple[str, List[str]]:
    parts = key.split(".")
    return (parts[1], parts[2:]) if parts[0] == "plugins" and len(parts) > 1 else ("", [])


def _look_up(found: Any, parts: List[str]) -> Any:
    for part in parts:
        if isinstance(found, BaseModel) and part in type(found).model_fields:
            found = getattr(found, part)
        elif isinstance(found, dict) and part in found:
            found = found[part]
        else:
            return _MISSING
    return found


def _set_kernel_value(
    config: SystemConfig, key: str, value: Any, plugin_models: Optional[PluginModels], source: str
) -> None:
    parts = key.split(".")
    field = find_field(SystemConfig, parts)
    if parts[0] == "plugins" or (field is not None and section_model(field.annotation) is not None):
        below = [known for known in known_keys(config, plugin_models) if known.startswith(key + ".")]
        example = below[0] if below else "plugins.dream.enabled"
        raise ConfigError(
            f"{source + ': ' if source else ''}{key} is a section", f"Set one of its keys, like {example}"
        )
    if field is None:
        raise unknown_key(key, known_keys(config, plugin_models), source)
    section: Any = config
    for part in parts[:-1]:
        section = getattr(section, part)
    try:
        setattr(section, parts[-1], parse_text(value, field.annotation) if isinstance(value, str) else value)
    except ValidationError as error:
        raise config_error(error, type(section), source, ".".join(parts[:-1])) from None


def _changed_table(
    config: SystemConfig, name: str, inner: List[str], value: Any, plugin_models: Optional[PluginModels], source: str
) -> Dict[str, Any]:
    key = ".".join(["plugins", name, *inner])
    table = copy.deepcopy(config.plugins.get(name, {}))
    model = (plugin_models or {}).get(name)
    if inner == ["enabled"]:
        table["enabled"] = _boolean(key, value, source)
        return table
    field = find_field(model, inner) if model is not None else None
    if model is not None and field is None:
        raise unknown_key(key, known_keys(config, plugin_models), source)
    annotation: Any = field.annotation if field is not None else Any
    _put(table, inner, parse_text(value, annotation) if isinstance(value, str) else value, key)
    if model is not None:
        checked = _plugin_settings(model, table, name, source)
        # The form that TOML can hold: 0.05 for "0.05", a member's value for an enum.
        _put(table, inner, _look_up(checked.model_dump(mode="json"), inner), key)
    return table


def _plugin_settings(model: Type[AnyModel], table: Mapping[str, Any], name: str, source: str = "") -> AnyModel:
    settings = {part: value for part, value in table.items() if part != "enabled"}
    return validate_settings(model, settings, source, f"plugins.{name}")


def _put(table: Dict[str, Any], parts: List[str], value: Any, key: str) -> None:
    for part in parts[:-1]:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise ConfigError(f'"{key}" cannot be set: "{part}" is no section', DESCRIBE_HINT)
    table[parts[-1]] = value


def _boolean(key: str, value: Any, source: str) -> bool:
    try:
        return TypeAdapter(bool).validate_python(value.strip() if isinstance(value, str) else value)
    except ValidationError:
        message = f"{source + ': ' if source else ''}{key} = {value!r}: must be true or false"
        raise ConfigError(message, DESCRIBE_HINT) from None
