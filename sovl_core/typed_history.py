"""The lines that were typed in sessions, as prompt_toolkit keeps them: taken out where they say what was forgotten."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, List, Sequence

from sovl_core.durable import replace_file
from sovl_core.journal_forgetting import QUOTED_WORDS

#: A line that asks for something to be forgotten says what.
FORGETTING = "/forget"


def forget_typed(path: Path, texts: Sequence[str]) -> int:
    """Remove the entries that hold one of some texts, or that asked for something to be forgotten.

    The file holds a comment with the time for each entry, and its lines after a plus each.

    :param path: the file; nothing happens where there is none.
    :return: how many were removed.
    :raises OSError: when it cannot be written.
    """
    if not path.exists():
        return 0
    wanted = [text.strip() for text in texts if text.strip()]
    entries = list(_entries(path.read_text(encoding="utf-8", errors="replace")))
    kept = [entry for entry in entries if not _says(entry, wanted)]
    if len(kept) < len(entries):
        replace_file(path, "".join(kept).encode("utf-8"))
    return len(entries) - len(kept)


def _entries(content: str) -> Iterator[str]:
    """Yield each entry with the comment and the blank line before it."""
    entry: List[str] = []
    for line in content.splitlines(keepends=True):
        if not line.startswith("+") and any(known.startswith("+") for known in entry):
            yield "".join(entry)
            entry = []
        entry.append(line)
    if entry:
        yield "".join(entry)


def _says(entry: str, texts: Sequence[str]) -> bool:
    typed = "\n".join(line[1:] for line in entry.splitlines() if line.startswith("+")).strip()
    if typed.startswith(FORGETTING) or typed in texts:
        return True
    return any(text in typed for text in texts if len(text.split()) >= QUOTED_WORDS)
