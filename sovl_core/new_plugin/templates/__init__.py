"""The files of a new plugin, with ``${...}`` where its names go."""

from __future__ import annotations

from pathlib import Path


def read_template(name: str) -> str:
    """Return a template's text.

    :param name: path within this folder.
    """
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
