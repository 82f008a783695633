"""Options of a plugin's command as a program gives them: held to what the command line holds typed ones to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Mapping

from sovl_core.error_handling import BadInput
from sovl_core.settings_info import SettingInfo
from sovl_core.spelling import did_you_mean

if TYPE_CHECKING:
    from sovl_core.plugin import Command, CommandOption

_KINDS: Dict[Any, str] = {bool: "true or false", int: "whole number", float: "number"}


def checked_options(command: Command, given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return options by the names that the command declares, with the defaults of those that were not given.

    :param given: values by name, with dashes or underscores; None counts as not given.
    :raises BadInput: for a name that is no option of the command, or a value that the option does not take.
    """
    declared = {_plain(option.name): option for option in command.options}
    chosen = {option.name: option.default for option in command.options if option.default is not None}
    for name, value in given.items():
        option = declared.get(_plain(name))
        if option is None:
            known = sorted(each.name for each in command.options)
            hint = did_you_mean(name, known) or (f"It takes: {', '.join(known)}" if known else "It takes no options")
            raise BadInput(f"{command.name} has no option {name!r}", hint)
        if value is not None:
            chosen[option.name] = _checked(command, option, value)
    return chosen


def _plain(name: str) -> str:
    return name.lstrip("-").replace("-", "_")


def _checked(command: Command, option: CommandOption, value: Any) -> Any:
    """Return a value as the option's type, where that is a number."""
    kind = _KINDS.get(option.type, "text")
    takes = SettingInfo(option.name, kind, None, "", option.choices, option.minimum, option.maximum)
    refusal = BadInput(f"{command.name}: {option.name} cannot be {value!r}", f"It takes {takes.allowed or takes.kind}")
    if option.choices:
        right = value in option.choices
    elif option.type is bool:
        right = isinstance(value, bool)
    elif option.type in (int, float):
        if isinstance(value, bool):
            raise refusal
        try:
            number = option.type(value)
            right = number == float(value) and _within(option, number)
        except (TypeError, ValueError, OverflowError) as error:
            raise refusal from error
        value = number
    else:
        right = True
    if not right:
        raise refusal
    return value


def _within(option: CommandOption, number: float) -> bool:
    above = option.minimum is None or number >= option.minimum
    return above and (option.maximum is None or number <= option.maximum)
