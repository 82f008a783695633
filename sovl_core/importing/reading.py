"""Opens a file of any known form and gives what was said in it."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Callable, Iterable, Iterator

from sovl_core.error_handling import BadInput, DataError
from sovl_core.importing.chatgpt_archive import opened_chatgpt_archive
from sovl_core.importing.chatgpt_export import read_chatgpt_export
from sovl_core.importing.found import Found
from sovl_core.importing.keys import Keys
from sovl_core.importing.llm_logs import opened_llm_log
from sovl_core.importing.pairs import read_pairs
from sovl_core.importing.plain_lines import read_plain_lines
from sovl_core.importing.recognition import CHATGPT, FORMATS, HEAD, LINES, LLM, PAIRS, ZIP, recognise
from sovl_core.spelling import did_you_mean


@dataclass
class Reading:
    """An opened file: ``found`` is read as it is walked through, ``share`` says how much of it has been, 0 to 1."""

    name: str
    form: str
    found: Iterable[Found] = field(default_factory=list)
    share: Callable[[], float] = lambda: 0.0


@contextlib.contextmanager
def opened_file(path: Path, form: str = "") -> Iterator[Reading]:
    """Open a file for the length of this block.

    :param path: the file; ``~`` is the home folder.
    :param form: one of ``FORMATS``; "" looks at what is in it.
    :raises DataError: when it cannot be read, or is in no known form.
    """
    path = Path(path).expanduser()
    with _open(path) as stream:
        head = _head(stream, path)
        form = _form(form, head, str(path))
        keys = Keys(path.name)
        if form == LLM:
            with opened_llm_log(path) as log:
                yield Reading(str(path), form, log.found(keys), log.share)
        elif form == CHATGPT and head.startswith(ZIP):
            with opened_chatgpt_archive(path) as archive:
                yield Reading(str(path), form, archive.found(), archive.share)
        else:
            yield _reading(stream, str(path), form, keys)


def read_bytes(raw: bytes, name: str, form: str = "") -> Reading:
    """Return what was said in a file that is in memory; it has no name of its own, so all of it is taken in each time.

    :param name: where it comes from, for messages.
    :raises DataError: when it is in no known form.
    """
    form = _form(form, raw[:HEAD], name)
    if form == LLM:
        raise DataError(f"{name} holds an SQLite database, which is read from a file only", "Give its path")
    if form == CHATGPT and raw.startswith(ZIP):
        raise DataError(f"{name} holds a zip archive, which is read from a file only", "Give its path")
    return _reading(io.BytesIO(raw), name, form, Keys(""))


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise _unreadable(path, error) from error


def _head(stream: BinaryIO, path: Path) -> bytes:
    try:
        head = stream.read(HEAD)
        stream.seek(0)
        return head
    except OSError as error:  # a pipe, which is read once only
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> DataError:
    reason = getattr(error, "strerror", None) or error
    hint = "Check the path and its rights"
    if isinstance(error, FileNotFoundError) and " " in path.name:
        # Somebody tells a sentence, as `sovl ask` takes it.
        hint += f". A sentence is told by standard input: echo '{path.name}' | sovl tell -"
    return DataError(f"{path} cannot be read: {reason}", hint)


def _form(form: str, head: bytes, name: str) -> str:
    if form and form not in FORMATS:
        raise BadInput(f"There is no format {form!r}", did_you_mean(form, FORMATS) or f"One of: {', '.join(FORMATS)}")
    return form or recognise(head, name)


def _reading(stream: BinaryIO, name: str, form: str, keys: Keys) -> Reading:
    size = max(1, stream.seek(0, io.SEEK_END))
    stream.seek(0)
    found: Iterable[Found]
    if form == LINES:
        found = read_plain_lines(stream.read(), name, keys)
    else:
        found = {PAIRS: read_pairs, CHATGPT: read_chatgpt_export}[form](stream, keys)
    return Reading(name, form, found, lambda: stream.tell() / size)
