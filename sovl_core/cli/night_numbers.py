"""Nights as they are typed: a number, or a word for before the first."""

from __future__ import annotations

from typing import Optional

import click

#: What is written instead of a number for before the first night.
BEFORE_ALL = ("none", "base", "0")
#: What SQLite can count to; a larger number cannot even be looked for.
LARGEST = 2**63 - 1


def parse_night(text: str) -> Optional[int]:
    """Return the number that was typed, None for before the first night.

    :raises click.BadParameter: when it is neither a number nor one of the words.
    """
    if text.lower() in BEFORE_ALL:
        return None
    if not text.isdecimal() or int(text) > LARGEST:
        raise click.BadParameter(f"{text!r} is no night: give its number, or none.", click.get_current_context())
    return int(text)
