"""``life.toml`` on disk: read with the place of every syntax error, written in one step, comments and order kept."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Dict, Iterator, MutableMapping, Optional, Tuple

import tomlkit
from tomlkit.exceptions import ParseError, TOMLKitError, UnexpectedEofError
from tomlkit.items import InlineTable

from sovl_core.durable import replace_file
from sovl_core.error_handling import ConfigError, SOVLError
from sovl_core.settings import CONFIG_VERSION, SystemConfig

HEADER = f"""\
# Settings of this SOVL life. Whatever is not written here has its default.
#
#   sovl config describe                      every setting: type, range, default, what it does
#   sovl config set generation.temperature 0  writes a setting into this file
#
# A plugin's settings stand in a table named after it: [plugins.dream]

version = {CONFIG_VERSION}
"""

FILE_MODE = 0o600


def create_config(path: Path) -> bool:
    """Write a config file that holds nothing but the commented header, unless there is one.

    :return: True when it was written.
    :raises SOVLError: when it cannot be written.
    """
    if path.exists():
        return False
    _write(path, HEADER)
    return True


def read_toml(path: Path) -> Dict[str, Any]:
    """Return what a TOML file holds as plain dicts; a missing file holds nothing.

    :raises ConfigError: when it cannot be read or is not TOML, with file, line and column.
    """
    text = _read_text(path)
    return {} if text is None else dict(_parse(text, path).unwrap())


def save_config(config: SystemConfig, path: Path) -> None:
    """Write the settings into a file, in one step: it holds either the old settings or the new ones.

    Comments, order and spelling of an existing file are kept. A setting that the file names is brought up to date; any
    other is added only where it differs from its default, so that later defaults reach old lives. Values that came
    from the environment or the command line are not written. Tables of plugins that are absent are left as they are.

    :raises ConfigError: when the existing file is no longer readable TOML; it is left as it is.
    :raises SOVLError: when the file cannot be written.
    """
    text = _read_text(path)
    document = _parse(HEADER if text is None else text, path)
    values = config.model_dump(exclude={"plugins"})
    defaults = SystemConfig().model_dump(exclude={"plugins"})
    values["plugins"], defaults["plugins"] = config.plugins, {}
    for key, value in _leaves(values):
        written = _look_up(document, key)
        passing = config.passing.get(".".join(key), _NOTHING) == value
        wanted = written is not _NOTHING or _look_up(defaults, key) != value
        if written != value and wanted and not passing:
            _put(document, key, value, path)
    updated = tomlkit.dumps(document)
    if updated != text:
        _write(path, updated)


class _Nothing:
    """Stands for a key that is not there: None cannot, a plugin may use it."""


_NOTHING = _Nothing()


def _leaves(table: Dict[str, Any], above: Tuple[str, ...] = ()) -> Iterator[Tuple[Tuple[str, ...], Any]]:
    for name, value in table.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*above, name))
        elif value is not None and value != {}:  # TOML has no null: what is nothing is not written
            yield (*above, name), value


def _look_up(table: Any, key: Tuple[str, ...]) -> Any:
    for name in key:
        if not isinstance(table, MutableMapping) or name not in table:
            return _NOTHING
        table = table[name]
    return table.unwrap() if hasattr(table, "unwrap") else table


def _put(document: MutableMapping[str, Any], key: Tuple[str, ...], value: Any, path: Path) -> None:
    table = document
    for depth, name in enumerate(key[:-1]):
        if not isinstance(table.get(name), MutableMapping):
            # [plugins] alone says nothing; as a super table only [plugins.dream] is written.
            outer = depth < len(key) - 2
            inline = isinstance(table, InlineTable)
            table[name] = tomlkit.inline_table() if inline else tomlkit.table(is_super_table=outer)
        table = table[name]
    try:
        table[key[-1]] = value
    except (TypeError, ValueError) as error:  # a plugin's own value that has no TOML form
        raise ConfigError(f"{path}: {'.'.join(key)} = {value!r} cannot be written as TOML") from error


def _read_text(path: Path) -> Optional[str]:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        hint = "Move it away; the settings are a file" if path.is_dir() else "Check its permissions"
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}", hint) from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise ConfigError(f"{path}, line {line}, column {column}: not UTF-8", "Save the file as UTF-8") from None


def _parse(text: str, path: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(text)
    except (TOMLKitError, RecursionError) as error:
        if not text.endswith("\n"):  # tomlkit gives no column for what ends with the file
            return _parse(text + "\n", path)
        reason, line, column = _explain(error, text)
        raise ConfigError(f"{path}, line {line}, column {column}: {reason}", "Mend that line") from None


def _explain(error: BaseException, text: str) -> Tuple[str, int, int]:
    reason = re.sub(r" at line \d+ col \d+$", "", str(error)) or "nested too deeply"
    if isinstance(error, UnexpectedEofError) or ("'\\x00'" in reason and "\x00" not in text):
        lines = text.rstrip("\n").split("\n")
        return "the file ends in the middle of a value", len(lines), len(lines[-1]) + 1
    if isinstance(error, ParseError):
        return reason, error.line, error.col + 1
    # A table that collides with a key is reported without its place: find the last line that names the key.
    name = re.search(r'"(.+)"', reason)
    lines = text.splitlines()
    for number in range(len(lines), 0, -1):
        if name is not None and name.group(1) in lines[number - 1]:
            return reason, number, lines[number - 1].index(name.group(1)) + 1
    return reason, 1, 1


def _write(path: Path, text: str) -> None:
    # A link is followed, so that a config kept elsewhere stays there.
    target = Path(os.path.realpath(str(path)))
    if "\r\n" in text:
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError as error:
        broken = text[max(0, error.start - 20) : error.end]
        raise ConfigError(f"{path}: {broken!r} is no valid text; nothing was written", "Type it again") from None
    try:
        replace_file(target, data)
        os.chmod(str(target), FILE_MODE)
    except OSError as error:
        raise SOVLError(
            f"{path} cannot be written: {error.strerror or error}; it is as it was",
            "Free some space, or give a life in a folder you may write to: --life PATH",
        ) from error
