"""Small pieces of Markdown, and docstrings as Markdown."""

from __future__ import annotations

import inspect
import re
from typing import Iterable, List, Sequence, Tuple

NOTICE = "<!-- Written by `make docs` out of the code. Change it there. -->"


def page(title: str, *parts: str) -> str:
    """Return a whole page: its title, where it comes from, and its parts with a blank line between them."""
    return "\n\n".join([f"# {title}", NOTICE, *(part.strip("\n") for part in parts if part.strip())]) + "\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; pipes and line breaks within a cell are kept from ending it."""
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(_cell(text) for text in row) + " |" for row in rows]
    return "\n".join(lines)


def code(text: str) -> str:
    """Return text as code within a line, "" for none."""
    return f"`{text}`" if text else ""


def block(text: str, language: str = "") -> str:
    """Return text as a block of code."""
    return f"```{language}\n{text.strip()}\n```"


def from_docstring(text: str) -> Tuple[str, List[Tuple[str, str]]]:
    """Return a docstring's prose as Markdown, and its fields (``:param turn:``, ``:return:``) in order.

    :param text: a docstring in reStructuredText, as the code has it.
    """
    clean = inspect.cleandoc(text)
    head, *fields = re.split(r"^:(\w+(?: [\w.]+)?): ", clean, flags=re.MULTILINE)
    pairs = list(zip(fields[::2], fields[1::2]))
    return _inline(head).strip(), [(name, " ".join(_inline(said).split())) for name, said in pairs]


def _inline(text: str) -> str:
    """Return roles and literals of reStructuredText as Markdown's code."""
    text = re.sub(r":\w+:`~?([^`]+)`", lambda found: f"`{_last(found.group(1))}`", text)
    return re.sub(r"``([^`]+)``", r"`\1`", text)


def _last(dotted: str) -> str:
    """Return the name that a reader knows an object by: a class of this project without its module."""
    return dotted.rpartition(".")[2] if dotted.startswith("sovl_core.") else dotted


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
