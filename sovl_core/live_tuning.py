"""A plugin's settings as options of its command: read from the settings model, so that command and schema agree."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence, Tuple, Type

from pydantic import ValidationError

from sovl_core.error_handling import BadInput
from sovl_core.plugin import CommandOption, PluginSettings
from sovl_core.settings_info import SettingInfo, describe_config

#: How long what a plugin's command tuned holds; the same command is typed in a session and in a shell.
HOLDS = "In a session this holds until its end, in a shell for this command alone."


def tuning_options(model: Type[PluginSettings], names: Sequence[str]) -> Tuple[CommandOption, ...]:
    """Return one command option a setting, with its type, bounds and description.

    :param names: settings to offer, in this order; ``_`` becomes ``-`` in the option's name.
    """
    return tuple(_option(model, info) for info in _infos(model, names))


def tune(plugin: str, settings: PluginSettings, options: Dict[str, Any]) -> List[str]:
    """Change settings in place and return a line for each change.

    :param plugin: name under which the settings stand in the config, for messages.
    :param options: values by option name; None means not given, names that are no setting are left alone.
    :raises BadInput: naming the setting's full key and its range; settings named after it are not changed.
    """
    lines = []
    for option, value in options.items():
        name = option.replace("-", "_")
        if value is None or name not in type(settings).model_fields:
            continue
        before = getattr(settings, name)
        try:
            setattr(settings, name, value)
        except ValidationError as error:
            info = _infos(type(settings), [name])[0]
            raise BadInput(
                f"plugins.{plugin}.{name} cannot be {value!r}", f"It takes {info.allowed or info.kind}"
            ) from error
        lines.append(f"{name}: {_text(before)} -> {_text(getattr(settings, name))}")
    return lines


def listing(settings: PluginSettings, names: Sequence[str]) -> List[str]:
    """Return a line for each setting: value, range, description."""
    return [
        f"{info.key} = {_text(getattr(settings, info.key))}  ({info.allowed or info.kind})  {info.description}"
        for info in _infos(type(settings), names)
    ]


def keep_hint(plugin: str, changes: Sequence[str]) -> str:
    """Return what to type so that tuned values outlive the session.

    :param changes: what :func:`tune` returned.
    """
    commands = []
    for line in changes:
        name, _, values = line.partition(": ")
        commands.append(f"  config set plugins.{plugin}.{name} {values.split(' -> ')[-1]}")
    return "\n".join([f"{HOLDS} To keep it:", *commands])


def _text(value: Any) -> str:
    # As it is typed: what is shown must be right for `config set` too.
    return str(value).lower() if isinstance(value, bool) else str(value)


def _infos(model: Type[PluginSettings], names: Sequence[str]) -> List[SettingInfo]:
    infos = {info.key: info for info in describe_config(model)}
    return [infos[name] for name in names]


def _option(model: Type[PluginSettings], info: SettingInfo) -> CommandOption:
    annotation = model.model_fields[info.key].annotation
    return CommandOption(
        name=info.key.replace("_", "-"),
        type=annotation if annotation in (int, float, bool) else str,  # type: ignore[arg-type]
        help=info.description,
        choices=tuple(str(choice) for choice in info.choices),
        minimum=info.minimum,
        maximum=info.maximum,
    )
