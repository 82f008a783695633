"""The figures of a run: kept as they are measured, shown as a table, written as JSON."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

#: What is wanted to be known, by number.
ROWS = {
    1: "a turn with no plugins / bare generate",
    2: "a turn with all plugins, encoder scaffold / bare generate",
    3: "bare generate / a reply decoded faster",
    4: "a night / the same under PEFT LoRA and Trainer",
    5: "a night / the classic algorithm",
    6: "answer tokens trained a second, each optimisation switched off in turn",
    7: "peak memory of a chat / of the base alone",
    8: "a turn at 1,000,000 episodes / at 1,000",
    9: "sovl status at 1,000,000 episodes beyond sovl --version",
    10: "first token after sovl ask / of the bare script",
}


@dataclass
class Figure:
    """One measured figure.

    ``wanted`` None for a figure that is only told; it is the most that ``value`` may be, or with ``at_least`` the
    least. ``seconds`` are raw, by what was timed.
    """

    row: int
    what: str
    value: Optional[float]
    unit: str = "times"
    wanted: Optional[float] = None
    at_least: bool = False
    seconds: Dict[str, List[float]] = field(default_factory=dict)
    details: Dict[str, Any] = field(default_factory=dict)

    @property
    def met(self) -> Optional[bool]:
        """True or False where something was measured and wanted."""
        if self.wanted is None or self.value is None:
            return None
        return self.value >= self.wanted if self.at_least else self.value <= self.wanted


class Figures:
    """Collects the figures of a run.

    :param surroundings: what they were measured with: model, threads, versions.
    """

    def __init__(self, surroundings: Dict[str, Any]) -> None:
        self.surroundings = surroundings
        self.all: List[Figure] = []

    def ratio(
        self,
        row: int,
        what: str,
        ours: Sequence[float],
        other: Sequence[float],
        at_most: Optional[float] = None,
        at_least: Optional[float] = None,
        **details: Any,
    ) -> Figure:
        """Keep ``ours / other``, the median of the ratios of pairs; with ``at_least`` it is ``other / ours``.

        :param ours: seconds of SOVL, one a round.
        :param other: seconds of what it is compared with, measured in the same rounds.
        """
        pairs = zip(other, ours) if at_least is not None else zip(ours, other)
        ratios = [above / below for above, below in pairs]
        seconds = {"ours": list(ours), "other": list(other)}
        details["ratios"] = ratios
        return self.add(row, what, statistics.median(ratios), "times", at_most, at_least, seconds, **details)

    def add(
        self,
        row: int,
        what: str,
        value: Optional[float],
        unit: str,
        at_most: Optional[float] = None,
        at_least: Optional[float] = None,
        seconds: Optional[Dict[str, List[float]]] = None,
        **details: Any,
    ) -> Figure:
        """Keep a figure; ``value`` None is one that was left out, ``details`` should say why."""
        if row not in ROWS:
            raise ValueError(f"there is no row {row} in benchmarks.figures.ROWS")
        wanted = at_most if at_least is None else at_least
        figure = Figure(row, what, value, unit, wanted, at_least is not None, dict(seconds or {}), details)
        self.all.append(figure)
        return figure

    def rows(self) -> List[Dict[str, Any]]:
        """Return every figure as plain data, in the order of the rows; a row that was not run says so."""
        found = sorted(self.all, key=lambda figure: figure.row)
        measured = {figure.row for figure in found}
        told: List[Dict[str, Any]] = [
            {**asdict(figure), "met": figure.met, "rounds": _rounds(figure)} for figure in found
        ]
        told += [{"row": row, "what": what, "not_run": True} for row, what in ROWS.items() if row not in measured]
        return sorted(told, key=lambda row: int(row["row"]))

    def write(self, path: Path) -> None:
        """Write everything as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            json.dumps({**self.surroundings, "rows": self.rows()}, indent=1, default=str) + "\n", encoding="utf-8"
        )

    def table(self) -> str:
        """Return the figures as a table for people."""
        lines = [("row", "figure", "value", "wanted", "", "median seconds")]
        for row in self.rows():
            if row.get("not_run"):
                lines.append((str(row["row"]), row["what"], "not run", "", "", ""))
                continue
            lines.append((str(row["row"]), row["what"], *_cells(row)))
        widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
        return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def _cells(row: Dict[str, Any]) -> Sequence[str]:
    value = "left out" if row["value"] is None else f"{row['value']:.3g} {row['unit']}"
    bound = "at least" if row["at_least"] else "at most"
    wanted = "" if row["wanted"] is None else f"{bound} {row['wanted']:g}"
    met = {True: "met", False: "missed", None: ""}[row["met"]]
    seconds = ", ".join(f"{name} {statistics.median(timed):.3g}" for name, timed in row["seconds"].items() if timed)
    return value, wanted, met, seconds


def _rounds(figure: Figure) -> int:
    return max((len(timed) for timed in figure.seconds.values()), default=0)
