"""Says what is wrong with a setting: where it stands, its full key, what it may be, and the nearest right key."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any, Iterable, List, Mapping, Optional, Type

from pydantic import BaseModel, ValidationError

from sovl_core.error_handling import ConfigError
from sovl_core.settings_info import SettingInfo, describe_config

#: How alike two names must be, 0 to 1, for one to be proposed for the other.
LIKENESS = 0.6
#: Mistakes that one message lists.
LISTED_MISTAKES = 5
#: Characters of a refused value that a message shows.
SHOWN_VALUE = 60
DESCRIBE_HINT = "All settings with their ranges: sovl config describe"


def config_error(error: ValidationError, model: Type[BaseModel], source: str = "", prefix: str = "") -> ConfigError:
    """Return a ConfigError that lists what pydantic found.

    :param error: what ``model_validate`` or an assignment raised.
    :param model: the model that was validated.
    :param source: where the values came from; put in front.
    :param prefix: dotted key under which the model stands.
    """
    infos = describe_config(model, prefix)
    # Unknown keys first: a mistyped key is often the cause of what else is wrong.
    found = sorted(error.errors(include_url=False), key=lambda details: details["type"] != "extra_forbidden")
    mistakes = [_mistake(details, infos, prefix) for details in found]
    listed = "; ".join(mistakes[:LISTED_MISTAKES])
    if len(mistakes) > LISTED_MISTAKES:
        listed += f"; and {len(mistakes) - LISTED_MISTAKES} more"
    return ConfigError(f"{source}: {listed}" if source else listed, DESCRIBE_HINT)


def unknown_key(key: str, candidates: Iterable[str], source: str = "") -> ConfigError:
    """Return a ConfigError for a key that does not exist.

    :param key: the full dotted key as it was given.
    :param candidates: the keys that exist.
    :param source: where the key came from; put in front.
    """
    message = _unknown(key, candidates)
    return ConfigError(f"{source}: {message}" if source else message, DESCRIBE_HINT)


def nearest_key(key: str, candidates: Iterable[str]) -> Optional[str]:
    """Return the existing key that was probably meant, None when none is like it.

    A key of the same name in another section comes first, then the likest one; a whole section counts as a key.
    """
    existing = list(candidates)
    existing += [section for candidate in existing for section in _sections(candidate)]
    name = _last(key)
    namesakes = [candidate for candidate in existing if _last(candidate) == name]
    alike = namesakes or [candidate for candidate in existing if _likeness(_last(candidate), name) >= LIKENESS]
    return max(alike, key=lambda candidate: _likeness(candidate, key), default=None)


def _unknown(key: str, candidates: Iterable[str], value: Any = None) -> str:
    is_section = isinstance(value, dict) and "." not in key
    if is_section:
        # What holds settings is no single one, however alike their names.
        candidates = [section for candidate in candidates for section in _sections(candidate)]
    near = nearest_key(key, candidates)
    if near is not None:
        return f'unknown key "{key}", did you mean "{near}"?'
    if is_section:
        return f'unknown section "{key}" (the settings of a plugin of that name stand under [plugins.{key}])'
    return f'unknown key "{key}"'


def _mistake(details: Mapping[str, Any], infos: List[SettingInfo], prefix: str) -> str:
    key = _dotted(details["loc"], prefix)
    problem, value = details["type"], details["input"]
    if problem == "extra_forbidden":
        return _unknown(key, [info.key for info in infos], value)
    if problem == "missing":
        return f'"{key}" is missing'
    if problem in ("value_error", "assertion_error"):
        text = details["msg"].split(", ", 1)[-1]
        return text if key in text else f"{key}: {text}"
    if problem in ("model_type", "model_attributes_type", "dict_type"):
        return f"{key} = {_shown(value)}: must be a table, written as [{key}]"
    return f"{key} = {_shown(value)}: {_expected(key, infos, details['msg'])}"


def _expected(key: str, infos: List[SettingInfo], otherwise: str) -> str:
    # The location of an item or of a union's member is longer than the setting's key.
    info = next((info for info in infos if key == info.key or key.startswith((info.key + ".", info.key + "["))), None)
    if info is None:
        return otherwise
    kind = info.kind if info.kind.startswith(("text", "true")) else f"a {info.kind}"
    if info.choices:
        return f"must be {info.allowed}"
    if key != info.key:
        return f"{info.key} must be {kind}"
    if info.pattern or not info.allowed:
        explanation = (info.description if info.pattern else "") or otherwise
        return f"must be {kind} ({explanation.rstrip('.')})"
    return f"must be {kind}, {info.allowed}"


def _dotted(location: Iterable[Any], prefix: str) -> str:
    key = prefix
    for part in location:
        if isinstance(part, int):
            key += f"[{part}]"
        else:
            key += f".{part}" if key else str(part)
    return key or "settings"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN_VALUE else text[: SHOWN_VALUE - 3] + "..."


def _sections(key: str) -> List[str]:
    parts = key.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]


def _last(key: str) -> str:
    return key.rsplit(".", 1)[-1]


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()
