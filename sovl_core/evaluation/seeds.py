"""Several seeds as one result: the mean of each figure, how far the seeds lie apart, and each seed's whole result."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Sequence

from sovl_core.evaluation.arms import ARMS
from sovl_core.evaluation.questions import mean
from sovl_core.evaluation.results import FIGURES

#: Figures of a night that have a mean.
NIGHT_FIGURES = ("steps", "seconds", "recall", "recall_at_end", "recall_of_nights")


def merged(seeds: Mapping[str, Dict[str, Any]], complete: bool = True) -> Dict[str, Any]:
    """Return one result, as :meth:`EvaluationResult.values` does, out of those of several seeds.

    A figure is the mean over the seeds to which it applies, None where it applies to none. ``seeds`` holds the results
    as they are, ``spread`` for each arm and figure the least and the greatest.

    :param seeds: results by seed, at least one; the seeds may have different arms.
    :param complete: False where arms or seeds are still missing.
    """
    results = list(seeds.values())
    arms = {
        name: {seed: one["arms"][name] for seed, one in seeds.items() if name in one["arms"]} for name in _arms(results)
    }
    values: Dict[str, Any] = {
        "facts": results[0]["facts"],
        "arms": {name: _arm(by_seed) for name, by_seed in arms.items()},
        "about": {**_agreed([one.get("about") or {} for one in results]), "seeds": list(seeds)},
        "spread": {name: _spread(list(by_seed.values())) for name, by_seed in arms.items()},
        "seeds": dict(seeds),
    }
    return values if complete else {**values, "complete": False}


def mean_of(values: Sequence[Any]) -> Any:
    """Return the mean of numbers, or of lists of them place by place; what is None does not count, None of nothing."""
    known = [value for value in values if value is not None]
    if any(isinstance(value, list) for value in known):
        lists = [value for value in known if isinstance(value, list)]
        return [
            mean_of([items[place] for items in lists if place < len(items)]) for place in range(max(map(len, lists)))
        ]
    # Numbers that are all the same stay what they are: a count stays whole, and no digit is lost.
    return known[0] if known and all(value == known[0] for value in known) else mean(known)


def _arms(results: Iterable[Dict[str, Any]]) -> List[str]:
    found = dict.fromkeys(name for one in results for name in one["arms"])
    return [*(name for name in ARMS if name in found), *(name for name in found if name not in ARMS)]


def _arm(by_seed: Mapping[str, Dict[str, Any]]) -> Dict[str, Any]:
    arms = list(by_seed.values())
    nights = [arm.get("nights") or [] for arm in arms]
    return {
        **{name: mean_of([arm.get(name) for arm in arms]) for name in FIGURES},
        "nights": [
            _night([each[index] for each in nights if index < len(each)]) for index in range(max(map(len, nights)))
        ],
        "coinciding_questions": mean_of([arm.get("coinciding_questions") for arm in arms]),
        "notes": _notes(by_seed),
    }


def _night(nights: Sequence[Dict[str, Any]]) -> Dict[str, Any]:
    """Return one night of all seeds; its metrics and reasons stand in theirs."""
    statuses = dict.fromkeys(str(night.get("status", "")) for night in nights)
    return {
        **_agreed([{name: night.get(name) for name in ("night", "told")} for night in nights]),
        "status": " / ".join(statuses),
        **{name: mean_of([night.get(name) for night in nights]) for name in NIGHT_FIGURES},
    }


def _notes(by_seed: Mapping[str, Dict[str, Any]]) -> List[str]:
    """Return what holds of all seeds as it is, and what holds of some with their names."""
    said: Dict[str, List[str]] = {}
    for seed, arm in by_seed.items():
        for note in arm.get("notes") or []:
            said.setdefault(note, []).append(seed)
    return [note if len(of) == len(by_seed) else f"seed {', '.join(of)}: {note}" for note, of in said.items()]


def _spread(arms: Sequence[Dict[str, Any]]) -> Dict[str, List[Any]]:
    known = {name: [arm[name] for arm in arms if arm.get(name) is not None] for name in FIGURES}
    return {name: [min(values), max(values)] for name, values in known.items() if values}


def _agreed(parts: Sequence[Mapping[str, Any]]) -> Dict[str, Any]:
    """Return what is the same in all of them."""
    return {key: value for key, value in parts[0].items() if all(key in p and p[key] == value for p in parts)}
