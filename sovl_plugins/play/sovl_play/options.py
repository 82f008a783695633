"""Settings as options of a command, so that their ranges are stated once: in the settings model."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from pydantic import ValidationError

from sovl_core.error_handling import BadInput
from sovl_core.plugin import CommandOption
from sovl_core.settings_info import SettingInfo, describe_config
from sovl_play.settings import PlaySettings

#: An option of every command that draws lots; no setting, for each call draws anew.
SEED = CommandOption("seed", int, "Draw the same lots again.", minimum=0, maximum=2**31 - 1)
#: Options of every command that samples one text.
WRITING = ("tokens", "temperature")


def options_of(*names: str) -> Tuple[CommandOption, ...]:
    """Return one command option a setting, with its type, range and description, and ``seed`` after them."""
    infos = _infos()
    return (*(_option(infos[name]) for name in names), SEED)


def with_options(settings: PlaySettings, options: Dict[str, Any]) -> PlaySettings:
    """Return a copy of the settings in which the options of one call hold.

    The command line checks ranges by itself; a program that calls a command does not.

    :raises BadInput: naming the option and its range.
    """
    changed = settings.model_copy()
    for name, value in options.items():
        if name == SEED.name or value is None:
            continue
        info = _infos().get(name)
        if info is None:
            raise BadInput(f"There is no option {name!r}", f"There are: {', '.join(_infos())}")
        try:
            setattr(changed, name, value)
        except ValidationError as error:
            raise BadInput(f"--{name} cannot be {value!r}", f"It takes {info.kind}, {info.allowed}") from error
    return changed


def no_words(command: str, words: List[str]) -> None:
    """Refuse words after a command that takes none.

    :raises BadInput: when there are some.
    """
    if words:
        raise BadInput(f"{command} takes no words, but was given {' '.join(words)!r}", f"Type it alone: {command}")


def count(word: str, option: str, example: str) -> int:
    """Return a number that was typed as a word, within the range of a setting.

    :param example: what to type instead, for the message.
    :raises BadInput: when it is no whole number, or out of range.
    """
    info = _infos()[option]
    try:
        number = int(word)
        setattr(PlaySettings(), option, number)
    except ValueError as error:  # pydantic's ValidationError is one too
        raise BadInput(f"{word!r} is not a whole number, {info.allowed}", f"Say how many: {example}") from error
    return number


def _infos() -> Dict[str, SettingInfo]:
    return {info.key: info for info in describe_config(PlaySettings)}


def _option(info: SettingInfo) -> CommandOption:
    return CommandOption(
        name=info.key,
        type=type(info.default),
        help=info.description,
        minimum=info.minimum,
        maximum=info.maximum,
    )
