"""Values and tables as text: numbers, times, rows and columns; everything cleaned before it is printed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Dict, Iterable, Mapping, Optional, Sequence, Tuple

from sovl_core.cli.progress import duration_text
from sovl_core.cli.terminal import clean

if TYPE_CHECKING:
    from rich.console import Console


def value_text(value: Any) -> str:
    """Return a value on one line, as a person writes it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {value_text(item)}" for key, item in value.items()) or "–"
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(value_text(item) for item in value) or "–"
    return clean(str(value), keep_lines=False)


def time_text(seconds: Optional[float], form: str = "%Y-%m-%d %H:%M") -> str:
    """Return a moment (seconds since the epoch) in local time, to the minute; "?" for a number that is none."""
    if seconds is None:
        return "–"
    try:
        return time.strftime(form, time.localtime(seconds))
    except (OverflowError, ValueError, OSError):  # damaged on the disk: it must not hide everything else
        return "?"


def size_text(size: float) -> str:
    """Return a number of bytes with the unit that suits it."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def span_text(start: Optional[float], end: Optional[float]) -> str:
    """Return how long something took, "–" while it has not ended."""
    return "–" if start is None or end is None else duration_text(end - start)


def print_table(console: Console, columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "") -> None:
    """Print rows under headings; cells are cleaned and wrap within their column."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=box.SIMPLE_HEAD,
        title=Text(clean(title)) if title else None,
        title_justify="left",
        pad_edge=False,
        show_edge=False,
    )
    for column in columns:
        table.add_column(Text(column), overflow="fold")
    for row in rows:
        table.add_row(*[_cell(value) for value in row])
    console.print(table)


def print_rows(console: Console, rows: Mapping[str, Any], title: str = "") -> None:
    """Print labels and values, one pair a line."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, value in rows.items():
        table.add_row(Text(clean(str(label), keep_lines=False)), _cell(value))
    if title:
        console.print(Text(clean(title, keep_lines=False), style="bold"))
    console.print(table)


def print_sections(console: Console, data: Mapping[str, Any]) -> None:
    """Print nested data: plain values first, then each nested table under its own title."""
    plain, nested = split_nested(data)
    if plain:
        print_rows(console, plain)
    for title, rows in nested.items():
        console.print()
        print_rows(console, flatten(rows), title)


def split_nested(data: Mapping[str, Any]) -> Tuple[Dict[str, Any], Dict[str, Mapping[str, Any]]]:
    """Return the plain values and the nested tables of a mapping; empty tables are left out."""
    plain = {readable(key): value for key, value in data.items() if not isinstance(value, Mapping)}
    nested = {readable(key): value for key, value in data.items() if isinstance(value, Mapping) and value}
    return plain, nested


def flatten(rows: Mapping[str, Any], prefix: str = "") -> Dict[str, Any]:
    """Return nested tables as one, with the keys joined by a space."""
    flat: Dict[str, Any] = {}
    for key, value in rows.items():
        label = f"{prefix}{readable(key)}"
        if isinstance(value, Mapping) and value:
            flat.update(flatten(value, f"{label} "))
        else:
            flat[label] = value
    return flat


def readable(key: Any) -> str:
    """Return a key as words."""
    return str(key).replace("_", " ")


def _cell(value: Any) -> Any:
    from rich.text import Text

    return value if isinstance(value, Text) else Text(clean(value) if isinstance(value, str) else value_text(value))
