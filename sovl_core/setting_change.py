"""Changes settings of an opened life: in memory, in the plugin's own settings object, and in ``life.toml``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Mapping

from sovl_core.settings import SystemConfig
from sovl_core.system_config import describe_config, get_config_value, save_config, set_config_value

if TYPE_CHECKING:
    from sovl_core.plugin_manager import PluginManager


@dataclass(frozen=True)
class SettingChange:
    """A setting that was changed; ``live`` is False when that takes effect only at the next start."""

    key: str
    value: Any
    live: bool = True


def change_setting(config: SystemConfig, hooks: PluginManager, path: Path, key: str, value: Any) -> SettingChange:
    """Change one setting and save it; when it is refused nothing has changed.

    :param path: ``life.toml``.
    :param key: dotted key, ``plugins.<name>.<setting>`` for a plugin's.
    :param value: a value, or text that is converted to the setting's type.
    :raises ConfigError: for an unknown key or a refused value.
    :raises SOVLError: when the file cannot be written; the change holds until the life is closed.
    """
    return change_settings(config, hooks, path, {key: value})[0]


def change_settings(
    config: SystemConfig, hooks: PluginManager, path: Path, values: Mapping[str, Any]
) -> List[SettingChange]:
    """Change several settings and save them in one step; when one is refused nothing has changed.

    :param path: ``life.toml``.
    :param values: by dotted key, as for :func:`change_setting`.
    :raises ConfigError: for an unknown key or a refused value.
    :raises SOVLError: when the file cannot be written; the changes hold until the life is closed.
    """
    models = {info.name: info.settings_model for info in hooks.infos() if info.settings_model is not None}
    tried = config.model_copy(deep=True)
    for key, value in values.items():
        set_config_value(tried, key, value, models)
    changes = []
    for key, value in values.items():
        set_config_value(config, key, value, models)
        live = _apply(config, hooks, key.split("."), models)
        changes.append(SettingChange(key, get_config_value(config, key, None, models), live))
    save_config(config, path)
    return changes


def _apply(config: SystemConfig, hooks: PluginManager, parts: List[str], models: Dict[str, Any]) -> bool:
    """Bring the change to whoever holds a copy; return whether it takes effect at once."""
    if parts[0] != "plugins":
        # Sections of the kernel's settings are changed in place: whoever reads them has the new value already.
        return all(info.live for info in describe_config(SystemConfig) if info.key == ".".join(parts))
    name, setting = parts[1], parts[2:]
    if name not in models or setting == ["enabled"]:
        return False
    # From the table, where text has become what it stands for: "4,8" is no list to the plugin's own model.
    value: Any = config.plugins[name]
    for part in setting:
        value = value[part]
    return hooks.change_setting(name, ".".join(setting), value)
