"""What one night knows or does that another does not, from the journal and the files; no model is loaded."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Tuple

from sovl_core.error_handling import BadInput, LifeDamaged
from sovl_core.journal_nights import ACCEPTED
from sovl_core.records import Episode, NightRecord

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_core.journal import Journal
    from sovl_core.night_store import NightStore

    Weights = Mapping[str, Mapping[str, Tensor]]

#: Statuses of nights whose weights were kept.
KEPT = (*ACCEPTED, "undone")
#: Settings that are part of a night's report by themselves.
MODELS = ("base_model", "scaffold_model")
#: A value of the first night and the one of the second; None where a night has none.
Pair = Tuple[Any, Any]


@dataclass(frozen=True)
class Movement:
    """How far the numbers of one trainable are apart.

    ``relative`` is the L2 norm of the difference over that of the first night's numbers, taken over parameters that
    both have in the same shape (0 where nothing moved, infinite where the first were all zero, None where they share
    none); ``shared``, ``only_first`` and ``only_second`` count parameters.
    """

    trainable: str
    relative: Optional[float]
    shared: int = 0
    only_first: int = 0
    only_second: int = 0


@dataclass(frozen=True)
class NightDifference:
    """Two nights side by side; None stands for the life before its first night.

    ``only_first`` and ``only_second`` are memories that one night or those it builds on have learned and the other's
    have not. ``metrics`` holds all that either measured; ``plugins`` and ``settings`` (by dotted key, base and scaffold
    among them) hold what differs. ``problems`` says what could not be compared.
    """

    first: Optional[int]
    second: Optional[int]
    only_first: List[Episode] = field(default_factory=list)
    only_second: List[Episode] = field(default_factory=list)
    metrics: Dict[str, Pair] = field(default_factory=dict)
    plugins: Dict[str, Pair] = field(default_factory=dict)
    settings: Dict[str, Pair] = field(default_factory=dict)
    weights: List[Movement] = field(default_factory=list)
    problems: List[str] = field(default_factory=list)


def compare_nights(journal: Journal, store: NightStore, first: Optional[int], second: Optional[int]) -> NightDifference:
    """Compare two nights.

    :param first: number of a night, None for the life before its first.
    :raises BadInput: when there is no such night.
    """
    before, after = (_record(journal, number) for number in (first, second))
    problems: List[str] = []
    weights = [_weights(store, record, problems) for record in (before, after)]
    return NightDifference(
        first,
        second,
        only_first=journal.learned_beyond(first, second),
        only_second=journal.learned_beyond(second, first),
        metrics=_paired(_metrics(before), _metrics(after)),
        plugins=_differing(before.plugins if before else {}, after.plugins if after else {}),
        settings=_settings(before, after),
        weights=movements(*weights),  # type: ignore[arg-type]
        problems=problems,
    )


def movements(first: Optional[Weights], second: Optional[Weights]) -> List[Movement]:
    """Return how far each trainable moved; nothing where the weights of a night could not be read.

    :param first: ``{trainable: {parameter: tensor}}``, empty for a night that has none.
    """
    if first is None or second is None:
        return []
    names = sorted({*first, *second})
    return [_movement(name, first.get(name, {}), second.get(name, {})) for name in names]


def _movement(name: str, first: Mapping[str, Tensor], second: Mapping[str, Tensor]) -> Movement:
    shared = [key for key in first if key in second and first[key].shape == second[key].shape]
    moved = length = 0.0
    for key in shared:
        before, after = first[key].double(), second[key].double()
        moved += float((after - before).pow(2).sum())
        length += float(before.pow(2).sum())
    relative: Optional[float] = None
    if shared:
        relative = math.sqrt(moved / length) if length else (math.inf if moved else 0.0)
    return Movement(name, relative, len(shared), len(first) - len(shared), len(second) - len(shared))


def _record(journal: Journal, number: Optional[int]) -> Optional[NightRecord]:
    if number is None:
        return None
    record = journal.night(number)
    if record is None:
        raise BadInput(f"There is no night {number}", "See them all: sovl nights list")
    return record


def _weights(store: NightStore, record: Optional[NightRecord], problems: List[str]) -> Optional[Weights]:
    """Return a night's weights, none for before the first, None with the reason among ``problems``."""
    if record is None:
        return {}
    if record.status not in KEPT:
        problems.append(f"night {record.number} left no weights: {record.status.replace('_', ' ')}")
        return None
    try:
        return store.load(record.number)[0]
    except LifeDamaged as damage:
        problems.append(f"the weights of night {record.number} cannot be read: {damage.message}")
        return None


def _metrics(record: Optional[NightRecord]) -> Dict[str, Any]:
    return {} if record is None else flattened(record.report.get("metrics") or {})


def _settings(first: Optional[NightRecord], second: Optional[NightRecord]) -> Dict[str, Pair]:
    """Return the settings that differ, of those that were written down with both nights."""
    if first is None or second is None:
        return {}
    both: List[Dict[str, Any]] = [{}, {}]
    for found, report, other in zip(both, (first.report, second.report), (second.report, first.report)):
        found.update({f"core.{name}": report[name] for name in MODELS if name in report and name in other})
        if "settings" in other:
            found.update(flattened(report.get("settings") or {}))
    return _differing(*both)


def flattened(values: Mapping[str, Any], prefix: str = "") -> Dict[str, Any]:
    """Return nested values by dotted key."""
    flat: Dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat.update(flattened(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _paired(first: Mapping[str, Any], second: Mapping[str, Any]) -> Dict[str, Pair]:
    return {key: (first.get(key), second.get(key)) for key in dict.fromkeys((*first, *second))}


def _differing(first: Mapping[str, Any], second: Mapping[str, Any]) -> Dict[str, Pair]:
    return {key: pair for key, pair in sorted(_paired(first, second).items()) if pair[0] != pair[1]}
