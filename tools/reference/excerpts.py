"""Pieces of files shown in pages: what stands between two marks in a page is what the file has, or a test fails.

In a page ``<!-- from FILE -->`` begins a block of code that is the file, ``<!-- from FILE NAME -->`` one that is the
part of it between the lines ``# [NAME]`` and ``# [end NAME]`` (in Markdown ``<!-- NAME -->`` and
``<!-- end of NAME -->``) or else the class, function or method of that dotted name; ``<!-- end -->`` ends it.
"""

from __future__ import annotations

import ast
import re
import textwrap
from pathlib import Path
from typing import Any

MARK = re.compile(r"(<!-- from (\S+?)(?: ([^>]+?))? -->\n).*?(<!-- end -->)", re.DOTALL)
LANGUAGES = {".py": "python", ".toml": "toml", ".md": "text", ".json": "json", ".jsonl": "json"}


def with_excerpts(text: str, root: Path) -> str:
    """Return a page's text with every excerpt as the file has it today.

    :param root: the folder that the files' paths begin at.
    :raises ValueError: when a file has no part of that name.
    """

    def fill(found: re.Match) -> str:
        start, name, part, end = found.groups()
        source = root / name
        shown = source.read_text(encoding="utf-8")
        if part:
            shown = _part(shown, part, name)
        shown = shown.strip("\n")
        # A part of a Markdown page is a block of code already.
        fenced = shown if shown.startswith("```") else f"```{LANGUAGES.get(source.suffix, 'text')}\n{shown}\n```"
        return f"{start}{fenced}\n{end}"

    return MARK.sub(fill, text)


def _part(text: str, part: str, name: str) -> str:
    marks = re.escape(part)
    in_code = rf"^ *# \[{marks}\]\n(.*?)^ *# \[end {marks}\]"
    in_markdown = rf"^<!-- {marks} -->\n(.*?)^<!-- end of {marks} -->"
    for pattern in (in_code, in_markdown):
        found = re.search(pattern, text, re.DOTALL | re.MULTILINE)
        if found:
            return textwrap.dedent(re.sub(r"^ *# \[.*\]\n", "", found.group(1), flags=re.MULTILINE))
    defined = _definition(text, part) if name.endswith(".py") else ""
    if not defined:
        raise ValueError(f"{name} has no part {part!r}")
    return defined


def _definition(text: str, dotted: str) -> str:
    """Return the source of a class, function or method with its decorators, "" when there is none of that name."""
    found: Any = ast.parse(text)
    for word in dotted.split("."):
        found = next((node for node in getattr(found, "body", ()) if getattr(node, "name", "") == word), None)
    if found is None:
        return ""
    first = min([found.lineno, *(decorator.lineno for decorator in found.decorator_list)])
    return textwrap.dedent("\n".join(text.splitlines()[first - 1 : found.end_lineno]))
