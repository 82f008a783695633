"""Reads training and evaluation data: one JSON object a line, with a prompt and what should be answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple, Union

from sovl_core.error_handling import DataError
from sovl_core.system_logging import ThreadSafeLogger, log_error, log_info

#: Names under which the answer may stand, in the order they are looked for.
ANSWER_KEYS = ("response", "completion")
#: Bad lines that an error message quotes; the log holds them all.
QUOTED_PROBLEMS = 5
EXAMPLE = 'Each line must be like {"prompt": "What is my dog called?", "response": "Rex."}'


def load_jsonl(
    path: Union[str, Path], min_entries: int = 0, logger: Optional[ThreadSafeLogger] = None
) -> List[Dict[str, Any]]:
    """Read prompt/response pairs; lines that cannot be used are reported by number and skipped.

    The file is UTF-8, with or without a byte order mark, with LF or CRLF; blank lines are ignored. A lone surrogate
    (which no tokenizer can encode) becomes U+FFFD, a NUL is dropped from the text.

    :param path: the file. Each line is an object with a text ``prompt`` and a text ``response`` or ``completion``.
    :param min_entries: how many usable lines there must be.
    :param logger: receives one ``bad_line`` entry a skipped line (``file``, ``line``, ``problem``) and a summary.
    :return: a dict per usable line, in order, with its keys as in the file; text values are cleaned as above.
    :raises DataError: when the file cannot be read or holds fewer usable lines than ``min_entries``.
    """
    path = Path(path)
    entries: List[Dict[str, Any]] = []
    problems: List[str] = []
    for number, line in _numbered_lines(path):
        entry, problem = _parse(line)
        if entry is not None:
            entries.append(entry)
            continue
        problems.append(f"line {number}: {problem}")
        log_error(logger, "bad_line", file=str(path), line=number, problem=problem)
    log_info(logger, "jsonl_loaded", file=str(path), entries=len(entries), skipped=len(problems))
    if len(entries) < min_entries:
        raise DataError(_too_few(path, len(entries), min_entries, problems), EXAMPLE)
    return entries


def json_objects(path: Union[str, Path]) -> Iterator[Tuple[int, Optional[Dict[str, Any]], str]]:
    """Yield (line number, object, problem) for each line of a JSONL file that is not blank; reading goes line by line.

    :return: the object with its text values cleaned as :func:`load_jsonl` does and an empty problem, or None and what
        is wrong with the line.
    :raises DataError: when the file cannot be read.
    """
    for number, line in _numbered_lines(Path(path)):
        entry, problem = parse_object(line)
        yield number, entry, problem


def _numbered_lines(path: Path) -> Iterator[Tuple[int, bytes]]:
    # Bytes, split at LF only: U+2028 inside a string ends no line, and one broken byte costs its own line only.
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if number == 1 and line.startswith(b"\xef\xbb\xbf"):
                    line = line[3:]
                if line.strip():
                    yield number, line
    except FileNotFoundError:
        raise DataError(f"There is no file {path}", "Check the path and the folder you are in") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path} cannot be read: {reason}", "Give a readable JSONL file") from error


def _parse(line: bytes) -> Tuple[Optional[Dict[str, Any]], str]:
    entry, problem = parse_object(line)
    if entry is None:
        return None, problem
    problem = _missing(entry)
    return (None, problem) if problem else (entry, "")


def parse_object(line: bytes) -> Tuple[Optional[Dict[str, Any]], str]:
    """Return the object on a line with its text values cleaned and no problem, or None and what is wrong with it."""
    try:
        value = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        return None, f"not UTF-8 (byte {error.start + 1})"
    except RecursionError:
        return None, "nested too deeply"
    except ValueError as error:
        return None, f"not JSON ({error})"  # also a number of more digits than Python converts
    if not isinstance(value, dict):
        return None, f"an object is needed, this is {kind_of(value)}"
    return {key: clean_value(item) for key, item in value.items()}, ""


def _missing(entry: Dict[str, Any]) -> str:
    if "prompt" not in entry:
        return 'no "prompt"'
    answer = next((key for key in ANSWER_KEYS if key in entry), None)
    if answer is None:
        return 'neither "response" nor "completion"'
    for key in ("prompt", answer):
        if not isinstance(entry[key], str):
            return f'"{key}" must be text, this is {kind_of(entry[key])}'
        if not entry[key].strip():
            return f'"{key}" is empty'
    return ""


def clean_value(value: Any) -> Any:
    """Return text without what no tokenizer encodes (lone surrogates, NUL); anything else as it is."""
    if not isinstance(value, str):
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "")


def kind_of(value: Any) -> str:
    """Return what a JSON value is, in words for a message."""
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def texts_of(entry: Dict[str, Any], key: str, prefix: str = "") -> List[str]:
    """Return what an entry holds under a key as texts; a single one counts as a list of one, null and no key as none.

    :param prefix: stands before the key in messages.
    :raises ValueError: saying what is wrong.
    """
    value = entry.get(key)
    if value is None:
        return []
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list):
        raise ValueError(f'"{prefix}{key}" must be a list of texts, this is {kind_of(value)}')
    for item in items:
        if not isinstance(item, str):
            raise ValueError(f'"{prefix}{key}" must hold texts, there is {kind_of(item)} in it')
        if not item.strip():
            # It would occur in every reply.
            raise ValueError(f'"{prefix}{key}" holds an empty text')
    return [clean_value(item) for item in items]


def refuse_lines(problems: Sequence[str], example: str) -> None:
    """Refuse a file whose every line counts, where there are problems.

    :param problems: each with file and line.
    :param example: what a line must be like.
    :raises DataError: quoting the first of them.
    """
    if problems:
        more = f"; and {len(problems) - QUOTED_PROBLEMS} more" if len(problems) > QUOTED_PROBLEMS else ""
        raise DataError("; ".join(problems[:QUOTED_PROBLEMS]) + more, example)


def _too_few(path: Path, found: int, needed: int, problems: List[str]) -> str:
    message = f"{path} has {found} usable lines, {needed} are needed"
    if problems:
        message += "; " + "; ".join(problems[:QUOTED_PROBLEMS])
    if len(problems) > QUOTED_PROBLEMS:
        message += f"; and {len(problems) - QUOTED_PROBLEMS} more bad lines"
    return message
