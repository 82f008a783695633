"""Carries the settings of a classic ``config.json`` over: each is taken, or named with the reason why not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Iterable, List, Mapping

from sovl_core.classic_file import read_classic_file
from sovl_core.classic_settings import ClassicFile, ClassicSetting, LeftOut, classic_settings
from sovl_core.config_errors import nearest_key
from sovl_core.error_handling import ConfigError
from sovl_core.settings import SystemConfig
from sovl_core.system_config import PluginModels, get_config_value, set_config_value

if TYPE_CHECKING:
    from sovl_core.plugin_records import PluginInfo

#: What becomes of a setting: it changes today's, agrees with it, has no counterpart, is out of range or of another
#: type, belongs to a plugin that is not there, or is no classic setting.
CHANGED, SAME, REPLACED, REFUSED, ABSENT, UNKNOWN = "changed", "same", "replaced", "refused", "absent", "unknown"


@dataclass(frozen=True)
class ImportedSetting:
    """What became of one setting: ``why`` tells what is not plain from key and value."""

    old: str
    value: Any
    outcome: str
    new: str = ""
    new_value: Any = None
    why: str = ""


def read_classic(path: Path) -> ClassicFile:
    """Return the settings of a classic file by key in full.

    :param path: ``config.json``.
    :raises BadInput: when it cannot be read, or is no JSON object; says where.
    """
    return read_classic_file(path, classic_settings())


def import_settings(config: SystemConfig, file: ClassicFile, plugins: Iterable[PluginInfo]) -> List[ImportedSetting]:
    """Return what becomes of each setting of a classic file; what is within today's ranges is taken.

    :param config: today's settings; they are left as they are, :func:`changes_of` says what to change.
    :param file: settings by key in full.
    :param plugins: those that are installed.
    :return: a record for each setting, in the order of the file.
    """
    known, present, tried = classic_settings(), list(plugins), config.model_copy(deep=True)
    models = {info.name: info.settings_model for info in present if info.settings_model is not None}
    enabled = {info.name: info.enabled for info in present}
    return [
        _take(tried, known[key], file, models, enabled) if key in known else _unknown(key, value, known)
        for key, value in file.items()
    ]


def changes_of(records: List[ImportedSetting]) -> Dict[str, Any]:
    """Return what changes in today's settings, by today's key."""
    return {record.new: record.new_value for record in records if record.outcome == CHANGED}


def _unknown(key: str, value: Any, known: Mapping[str, ClassicSetting]) -> ImportedSetting:
    near = nearest_key(key, known)
    return ImportedSetting(key, value, UNKNOWN, why=f"did you mean {near}?" if near else "no setting is like it")


def _take(
    config: SystemConfig, setting: ClassicSetting, file: ClassicFile, models: PluginModels, enabled: Mapping[str, bool]
) -> ImportedSetting:
    old, value = setting.key, file[setting.key]
    if not setting.new:
        return ImportedSetting(old, value, REPLACED, why=setting.why)
    new_value = setting.convert(value, file)
    if isinstance(new_value, LeftOut):
        return ImportedSetting(old, value, REPLACED, setting.new, why=new_value.why)
    if new_value is None:
        return ImportedSetting(old, value, REPLACED, setting.new, why="it says nothing")
    absent = _absent(setting.new, models, enabled)
    if absent:
        return ImportedSetting(old, value, ABSENT, setting.new, new_value, absent)
    before = get_config_value(config, setting.new, None, models)
    try:
        set_config_value(config, setting.new, new_value, models)
    except ConfigError as error:
        return ImportedSetting(old, value, REFUSED, setting.new, new_value, error.message)
    after = get_config_value(config, setting.new, None, models)
    return ImportedSetting(old, value, SAME if after == before else CHANGED, setting.new, after, setting.why)


def _absent(key: str, models: PluginModels, enabled: Mapping[str, bool]) -> str:
    """Return why a plugin's setting cannot be checked now, "" when it can."""
    section, name, setting = [*key.split(".", 2), "", ""][:3]
    if section != "plugins" or name in models or (setting == "enabled" and name in enabled):
        return ""
    if name in enabled:
        return (
            f"the plugin {name} is off: switch it on with `sovl config set plugins.{name}.enabled true`, import again"
        )
    return f'the plugin {name} is not installed: `pip install "sovl[{name.replace("_", "-")}]"`, then import again'
