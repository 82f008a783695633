"""Episodes and nights as Markdown."""

from __future__ import annotations

from datetime import datetime
from typing import Any, List, Sequence

from sovl_core.events import Dream
from sovl_core.records import Episode, NightRecord
from sovl_diary.pages import PARENTS

#: How each source of an episode is introduced.
_SAID = {"tell": "you told", "answer": "you answered", "correction": "you corrected", "import": "taken in"}
_OUTCOMES = {
    "accepted": "was accepted",
    "partial": "was accepted in part",
    "set_aside": "was set aside",
    "nothing": "had nothing to learn",
    "failed": "failed",
    "undone": "was accepted, and undone later",
    "purged": "is no more",
}


def episode_text(episode: Episode, replies: bool) -> str:
    """Return what was said, quoted, with the reply when ``replies`` and there is one."""
    moment = datetime.fromtimestamp(episode.created).strftime("%H:%M")
    lines = [f"**{moment}** {_SAID.get(episode.source, 'you said')}:", "", _quoted(episode.prompt)]
    if replies and episode.reply:
        lines += ["", "it said:", "", _quoted(episode.reply)]
    return "\n".join(lines)


def night_text(night: NightRecord, dreams: Sequence[Dream], dreamed: int) -> str:
    """Return what became of a night.

    :param dreams: some of its dreams, to be told.
    :param dreamed: how many it had.
    """
    report = night.report
    kind = "Deep night" if night.deep else "Day training" if night.trigger == "train" else "Night"
    lines = [f"## {kind} {night.number} {_OUTCOMES.get(night.status, night.status)}", ""]
    reason = str(report.get("reason") or "")
    if reason:
        lines += [_flat(reason), ""]
    learned = len(report.get("learned") or ())
    if learned:
        lines += [f"It learned {learned} {'memory' if learned == 1 else 'memories'}.", ""]
    numbers = [f"- {name}: {_number(value)}" for name, value in _numbers(report)]
    if numbers:
        lines += [*numbers, ""]
    if dreams:
        lines += [f"It dreamed {dreamed} times, of this among others:", ""]
        lines += [_dream_line(dream) for dream in dreams]
    return "\n".join(lines).rstrip()


def _dream_line(dream: Dream) -> str:
    parents = PARENTS.format(" ".join(map(str, dream.parents)))
    return f"- {_flat(dream.prompt)} → {_flat(dream.completion)} {parents}"


def _numbers(report: Any) -> List[Any]:
    metrics = {name: report[name] for name in ("steps", "seconds") if name in report}
    metrics.update(report.get("metrics") or {})
    return [(name, value) for name, value in metrics.items() if isinstance(value, (int, float))]


def _number(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _quoted(text: str) -> str:
    # Quoted, nobody's words are taken for the diary's own comments or headings.
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines() or [""])


def _flat(text: str) -> str:
    return " ".join(text.replace("<!--", "<! --").split())
