"""Two nights side by side: ``nights diff``."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence

import click

from sovl_core.cli.measurements import measured_pairs
from sovl_core.cli.memory_lines import memory_text
from sovl_core.cli.night_numbers import parse_night
from sovl_core.cli.tables import print_table, value_text

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext
    from sovl_core.journal import Journal
    from sovl_core.night_difference import Movement, NightDifference, Pair
    from sovl_core.records import Episode

#: Memories that are listed of each night; all of them are in the JSON.
MEMORIES_LISTED = 20
WIDTH = 120


@click.command("diff")
@click.argument("first", metavar="A|none")
@click.argument("second", metavar="B|none")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_obj
def diff(app: AppContext, first: str, second: str, as_json: bool) -> None:
    """Show what one night knows or does that another does not; "none" is before the first.

    Memories that one has learned (or a night it builds on) and the other has not, what each was measured at, plugins
    and settings that differ, and how far the weights moved.
    """
    system = app.system(read_only=True)
    difference = system.compare_nights(parse_night(first), parse_night(second))
    if as_json:
        app.print_json(_as_data(difference))
        return
    names = (_name(difference.first), _name(difference.second))
    if difference.first == difference.second:
        app.print(f"These are the same: {names[0]}.")
        return
    for name, memories in zip(names, (difference.only_first, difference.only_second)):
        if memories:
            app.print(f"Known in {name} alone: {len(memories)}", "bold")
            print_memories(app, system.journal, memories)
    if not difference.only_first and not difference.only_second:
        app.print("Both know the same memories.")
    _print_pairs(app, ["measured", *names], measured_pairs(difference.metrics))
    _print_pairs(app, ["plugin", *names], difference.plugins)
    _print_pairs(app, ["setting", *names], {key: _as_set(key, pair) for key, pair in difference.settings.items()})
    if difference.weights:
        app.print()
        rows = [(one.trainable, _moved(one), one.only_first, one.only_second) for one in difference.weights]
        print_table(app.out, ("weights of", "moved by", f"parameters only {names[0]}", f"only {names[1]}"), rows)
    for problem in difference.problems:
        app.print(f"\nNot compared: {problem}", "dim")


def _as_data(difference: NightDifference) -> Dict[str, Any]:
    data = dataclasses.asdict(difference)
    for side in ("only_first", "only_second"):
        data[side] = [{"episode": one["id"], "prompt": one["prompt"]} for one in data[side]]
    for one in data["weights"]:
        # JSON has no infinity.
        one["relative"] = one["relative"] if one["relative"] is None or math.isfinite(one["relative"]) else None
    return data


def print_memories(app: AppContext, journal: Journal, memories: Sequence[Episode]) -> None:
    """Print memories, one a line, the first :data:`MEMORIES_LISTED` of them."""
    for memory in memories[:MEMORIES_LISTED]:
        app.print(f"  #{memory.id}  {memory_text(journal, memory, WIDTH)}")
    if len(memories) > MEMORIES_LISTED:
        app.print(f"  … and {len(memories) - MEMORIES_LISTED} more: --json lists them all", "dim")


def _print_pairs(app: AppContext, columns: List[str], pairs: Dict[str, Any]) -> None:
    if pairs:
        app.print()
        rows = [(key, value_text(first), value_text(second)) for key, (first, second) in pairs.items()]
        print_table(app.out, columns, rows)


def _as_set(key: str, pair: Pair) -> Pair:
    # Of a plugin's settings only those are written down that were not at their default.
    if not key.startswith("plugins."):
        return pair
    first, second = ("default" if value is None else value for value in pair)
    return first, second


def _moved(one: Movement) -> str:
    if one.relative is None:
        return "–"
    if math.isinf(one.relative):
        return "from zero"
    return f"{one.relative:.2%}"


def _name(number: Optional[int]) -> str:
    return "before the first" if number is None else f"night {number}"
