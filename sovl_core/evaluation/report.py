"""What an evaluation found, for people: a table of the arms, what must be known with it, and the nights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from sovl_core.cli.progress import duration_text
from sovl_core.cli.tables import print_table, value_text

if TYPE_CHECKING:
    from rich.console import Console


def _share(value: float) -> str:
    return f"{value:.2f}"


def _figure(value: float) -> str:
    return f"{value:.4f}"


#: Figure, heading, and how a person writes it.
COLUMNS: Sequence[Tuple[str, str, Callable[[float], str]]] = (
    ("recall_before", "recall before", _share),
    ("recall", "recall", _share),
    ("reverse_recall", "reverse", _share),
    ("false_recall", "false", _share),
    ("kl", "KL", _figure),
    ("perplexity_ratio", "perplexity", _figure),
    ("bit_exact_off_topic", "bit-exact", _share),
    ("backward_transfer", "backward", "{:+.2f}".format),
    ("seconds", "time", duration_text),
    ("trainable_parameters", "parameters", "{:,.0f}".format),
)
NIGHT_COLUMNS = ("arm", "night", "told", "status", "steps", "time", "recall next morning", "at the end")
LEGEND = (
    "recall: share of right answers, mean over facts; false: never-told questions answered with something told; "
    "KL: to the base, nats a token, on unrelated prompts; perplexity: of background text, over the base's; "
    "bit-exact: unrelated prompts whose logits are the base's; backward: recall at the end minus the morning after"
)


def print_evaluation(console: Console, values: Mapping[str, Any]) -> None:
    """Print an evaluation as tables and notes.

    :param values: as :meth:`EvaluationResult.values` and :func:`sovl_core.evaluation.seeds.merged` make them.
    """
    arms: Mapping[str, Dict[str, Any]] = values["arms"]
    spread = values.get("spread", {})
    rows = [_row(name, arm, spread.get(name, {})) for name, arm in arms.items()]
    print_table(console, ("arm", *(heading for _, heading, _ in COLUMNS)), rows, title(values))
    nights = [_night(name, night) for name, arm in arms.items() for night in arm.get("nights") or ()]
    if nights:
        console.print()
        print_table(console, NIGHT_COLUMNS, nights, "Nights")
    console.print()
    for line in notes(values):
        console.print(line, soft_wrap=True)


def title(values: Mapping[str, Any]) -> str:
    """Return what was asked about, and over how many seeds."""
    parts = [_count(values["facts"], "fact")]
    seeds = values.get("seeds", {})
    some = next((arm for one in (*seeds.values(), values) for arm in one["arms"].values() if "per_fact" in arm), None)
    if some is not None:
        asked = sum(len(fact["ask"]) + len(fact["reverse"]) for fact in some["per_fact"])
        parts += [_count(asked, "question"), f"{len(some.get('never_told', ()))} about what was never told"]
    text = ", ".join(parts)
    if len(seeds) > 1:
        text += f"; mean of the seeds {', '.join(seeds)}, and the least and the greatest of them"
    return text


def notes(values: Mapping[str, Any]) -> List[str]:
    """Return what a reader of the table must know."""
    lines = [LEGEND]
    if not values.get("complete", True):
        lines.append("Unfinished: this is what was measured so far")
    seeds: Mapping[str, Mapping[str, Any]] = values.get("seeds", {})
    for name, arm in values["arms"].items():
        measured = [seed for seed, one in seeds.items() if name in one["arms"]]
        if len(measured) < len(seeds):
            lines.append(f"{name}: of the seeds {', '.join(measured)} alone")
        lines += [f"{name}: {note}" for note in arm.get("notes") or ()]
        if arm.get("coinciding_questions"):
            lines.append(f"{name}: {_count(arm['coinciding_questions'], 'question')} in the words of a trained dream")
    return lines


def _row(name: str, arm: Mapping[str, Any], spread: Mapping[str, Sequence[float]]) -> Tuple[str, ...]:
    return (name, *(_cell(arm.get(figure), spread.get(figure), text) for figure, _, text in COLUMNS))


def _cell(value: Optional[float], ends: Optional[Sequence[float]], text: Callable[[float], str]) -> str:
    if value is None:
        return value_text(None)
    if ends is None or text(ends[0]) == text(ends[1]):
        return text(value)
    return f"{text(value)}\n{text(ends[0])} to {text(ends[1])}"


def _night(arm: str, night: Mapping[str, Any]) -> Tuple[Any, ...]:
    recalled = (_cell(night.get(name), None, _share) for name in ("recall", "recall_at_end"))
    time = _cell(night.get("seconds"), None, duration_text)
    return (arm, *(night.get(name) for name in ("night", "told", "status", "steps")), time, *recalled)


def _count(number: float, noun: str) -> str:
    return f"{number:g} {noun}" if number == 1 else f"{number:g} {noun}s"
