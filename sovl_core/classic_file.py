"""The classic program's ``config.json`` as settings by their keys in full, however the file writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, Mapping, Tuple

from sovl_core.data_loader import kind_of
from sovl_core.error_handling import BadInput

_EXAMPLE = 'It is an object of sections: {"core_config": {"base_model_name": "gpt2"}}'


def read_classic_file(path: Path, known: Iterable[str]) -> Dict[str, Any]:
    """Return the settings that a file holds, by key in full.

    Sections may be nested or dotted; a key may stand without its section where one section alone has it.

    :param path: the file.
    :param known: the keys in full that are known.
    :raises BadInput: when it cannot be read, or is no JSON object; says where.
    """
    path = Path(path).expanduser()
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}: not UTF-8 (byte {error.start + 1})", "Save the file as UTF-8") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise BadInput(f"{path} cannot be read: {reason}", "Check the path and its rights") from error
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadInput(f"{path}, line {error.lineno}, column {error.colno}: {error.msg}", "Mend that line") from None
    except (ValueError, RecursionError) as error:  # a number of thousands of digits; thousands of brackets
        raise BadInput(f"{path}: no JSON that can be read ({error})", _EXAMPLE) from None
    if not isinstance(values, dict):
        raise BadInput(f"{path}: an object is needed, this is {kind_of(values)}", _EXAMPLE)
    return in_full(values, known)


def in_full(values: Mapping[str, Any], known: Iterable[str]) -> Dict[str, Any]:
    """Return nested, dotted and bare settings by their keys in full; a key that is not known stays as it is."""
    full = list(known)
    by_name: Dict[str, str] = {}
    for key in full:
        # A bare name that several sections have is taken for the first of them, which is the older form.
        by_name.setdefault(key.rpartition(".")[2], key)
    return {key if key in full else by_name.get(key, key): value for key, value in _leaves(values)}


def _leaves(values: Mapping[str, Any]) -> Iterator[Tuple[str, Any]]:
    waiting = [("", values)]
    while waiting:  # no recursion: a file may be nested deeper than Python recurses
        above, table = waiting.pop(0)
        for name, value in table.items():
            if isinstance(value, dict):
                waiting.append((f"{above}{name}.", value))
            else:
                yield f"{above}{name}", value
