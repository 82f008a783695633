"""What an evaluation found, for people: a table of the arms, what must be known with it, and the nights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

from sovl_core.cli.progress import duration_text
from sovl_core.cli.tables import print_table, value_text

if TYPE_CHECKING:
    from rich.console import Console

    from sovl_core.evaluation.results import ArmResult, EvaluationResult

COLUMNS = (
    "arm",
    "recall before",
    "recall",
    "reverse",
    "false",
    "KL",
    "perplexity",
    "bit-exact",
    "backward",
    "time",
    "parameters",
)
NIGHT_COLUMNS = ("arm", "night", "told", "status", "steps", "time", "recall next morning", "at the end")


def print_evaluation(console: Console, result: EvaluationResult) -> None:
    """Print an evaluation as tables and notes."""
    never = len(next(iter(result.arms.values())).examination.never_told)
    title = f"{_count(result.facts, 'fact')}, {_count(result.questions, 'question')}, {never} about what was never told"
    print_table(console, COLUMNS, [_row(name, arm) for name, arm in result.arms.items()], title)
    nights = [
        (
            name,
            night.night,
            night.told,
            night.status,
            night.steps,
            duration_text(night.seconds),
            _share(night.recall),
            _share(night.recall_at_end),
        )
        for name, arm in result.arms.items()
        for night in arm.nights
    ]
    if nights:
        console.print()
        print_table(console, NIGHT_COLUMNS, nights, "Nights")
    console.print()
    for line in notes(result):
        console.print(line, soft_wrap=True)


def notes(result: EvaluationResult) -> List[str]:
    """Return what a reader of the table must know."""
    lines = [
        "recall: share of right answers, mean over facts; false: never-told questions answered with something told; "
        "KL: to the base, nats a token, on unrelated prompts; perplexity: of background text, over the base's; "
        "bit-exact: unrelated prompts whose logits are the base's; backward: recall at the end minus the morning after"
    ]
    for name, arm in result.arms.items():
        lines += [f"{name}: {note}" for note in arm.notes]
        if arm.coinciding:
            lines.append(f"{name}: {_count(len(arm.coinciding), 'question')} in the words of a trained dream")
    return lines


def _row(name: str, arm: ArmResult) -> Tuple[Any, ...]:
    values: Dict[str, Any] = arm.values()
    parameters: int = arm.trainable_parameters
    return (
        name,
        _share(values["recall_before"]),
        _share(values["recall"]),
        _share(values["reverse_recall"]),
        _share(values["false_recall"]),
        _figure(arm.kl),
        _figure(arm.perplexity_ratio),
        _share(values["bit_exact_off_topic"]),
        "–" if arm.backward_transfer is None else f"{arm.backward_transfer:+.2f}",
        duration_text(arm.seconds),
        f"{parameters:,}",
    )


def _share(value: Optional[float]) -> str:
    return value_text(None) if value is None else f"{value:.2f}"


def _figure(value: float) -> str:
    return f"{value:.4f}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
