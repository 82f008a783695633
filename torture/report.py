"""What came of the torture, as a table and as JSON."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, Dict, List, Tuple

from torture.blows import WAYS
from torture.damage import Damaged
from torture.rounds import Round


def as_values(rounds: List[Round], damaged: List[Damaged], seed: int, seconds: float) -> Dict[str, Any]:
    """Return the report as JSON-able values."""
    return {
        "seed": seed,
        "seconds": round(seconds, 1),
        "rounds": len(rounds),
        "kills": sum(each.killed for each in rounds),
        "table": table(rounds),
        "problems": [dataclasses.asdict(each) for each in (*rounds, *damaged) if each.problems],
        "damages": [dataclasses.asdict(each) for each in damaged],
        "all": [dataclasses.asdict(each) for each in rounds],
    }


def table(rounds: List[Round]) -> List[Dict[str, Any]]:
    """Return one row for each stage and way to strike it."""
    rows = []
    for stage in dict.fromkeys(each.stage for each in rounds):
        for way in WAYS:
            struck = [each for each in rounds if (each.stage, each.way) == (stage, way)]
            if struck:
                rows.append(
                    {
                        "stage": stage,
                        "blow": way,
                        "rounds": len(struck),
                        "killed": sum(each.killed for each in struck),
                        "ended before": sum(not each.killed and each.status == 0 for each in struck),
                        "failed readably": sum(not each.killed and each.status not in (0, None) for each in struck),
                        "nights gone on with": sum(each.went_on for each in struck),
                        "with a problem": sum(bool(each.problems) for each in struck),
                    }
                )
    return rows


def print_report(rounds: List[Round]) -> None:
    """Print the table, then every problem with what is needed to see it again."""
    _print_rows(table(rounds))
    for each in rounds:
        struck = f"{each.stage} {each.way} ({each.when}; {each.last_step})"
        for problem in each.problems:
            print(f"life {each.life}, round {each.number}, {struck}: {problem}")


def damage_table(damaged: List[Damaged]) -> List[Dict[str, Any]]:
    """Return one row for each part of a life and kind of damage."""
    rows: Dict[Tuple[str, str], Dict[str, Any]] = {}
    for each in damaged:
        part = "/".join(each.file.split("/")[: 2 if each.file.startswith("nights/") else 1])
        row = rows.setdefault(
            (part, each.kind),
            {"part": part, "damage": each.kind, "files": 0, "named": 0, "answers after": 0, "with a problem": 0},
        )
        row["files"] += 1
        row["named"] += bool(each.named)
        row["answers after"] += each.asked == 0
        row["with a problem"] += bool(each.problems)
    return list(rows.values())


def print_damages(damaged: List[Damaged]) -> None:
    """Print what became of damaged files, then every problem."""
    _print_rows(damage_table(damaged))
    for each in damaged:
        for problem in each.problems:
            print(f"{each.file} {each.kind}: {problem}")


def _print_rows(rows: List[Dict[str, Any]]) -> None:
    if not rows:
        return
    names = list(rows[0])
    cells = [names, *([str(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def write_report(path: Path, values: Dict[str, Any]) -> None:
    """Write the report as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
