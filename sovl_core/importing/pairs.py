"""Prompt and response pairs, one JSON object a line: the classic program's seed and log, and any such file."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator

from sovl_core.data_loader import ANSWER_KEYS, kind_of, parse_object
from sovl_core.importing.found import Found, Unusable
from sovl_core.importing.keys import Keys
from sovl_core.importing.moments import seconds_of
from sovl_core.records import Exchange

#: Names under which a line may say when it was said, and in which conversation.
TIME_KEYS = ("timestamp", "created")
CONVERSATION_KEYS = ("conversation_id", "conversation")
#: Before the name of a conversation, so that it is no other's.
PREFIX = "pairs-"

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_pairs(lines: Iterable[bytes], keys: Keys) -> Iterator[Found]:
    """Yield the pair on each line that is not blank; a line without an answer is something told.

    :param lines: UTF-8, each ended by LF or CRLF. ``prompt`` is text, ``response`` or ``completion`` text where there
        is one; ``timestamp`` and ``conversation_id`` may say when it was said and in which conversation.
    """
    for number, line in enumerate(lines, start=1):
        if number == 1 and line.startswith(BYTE_ORDER_MARK):
            line = line[len(BYTE_ORDER_MARK) :]
        if line.strip():
            yield _pair(line, f"line {number}", keys)


def _pair(line: bytes, place: str, keys: Keys) -> Found:
    entry, problem = parse_object(line)
    if entry is None:
        return Unusable(place, problem)
    prompt, answer = entry.get("prompt"), _first(entry, ANSWER_KEYS)
    if "prompt" not in entry:
        return Unusable(place, 'no "prompt"')
    if not isinstance(prompt, str):
        return Unusable(place, f'"prompt" must be text, this is {kind_of(prompt)}')
    if not prompt.strip():
        return Unusable(place, '"prompt" is empty')
    if answer is not None and not isinstance(answer, str):
        return Unusable(place, f"the answer must be text, this is {kind_of(answer)}")
    reply = (answer or "").strip()
    conversation = _first(entry, CONVERSATION_KEYS)
    return Exchange(
        prompt.strip(),
        reply,
        f"{PREFIX}{conversation}" if isinstance(conversation, str) and conversation else "",
        seconds_of(_first(entry, TIME_KEYS)),
        keys.key(prompt.strip(), reply),
        details={"from": "pairs"},
    )


def _first(entry: Dict[str, Any], names: Iterable[str]) -> Any:
    return next((entry[name] for name in names if entry.get(name) is not None), None)
