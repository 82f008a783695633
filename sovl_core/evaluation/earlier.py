"""Results of earlier evaluations: read from their files, checked, and several of them made one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sovl_core.error_handling import DataError
from sovl_core.evaluation.results import json_safe
from sovl_core.evaluation.seeds import merged

WRITE_ONE = "Give a file that sovl eval FACTS.jsonl --json OUT has written"
APART = "Results of other facts or settings have no common mean: show them one at a time"
#: What differs between seeds without harm.
OF_SEEDS = ("seed", "seeds")


class _Known(BaseModel):
    """What is looked at must be of its kind; whatever stands beside it is let be."""

    model_config = ConfigDict(strict=True)


class _Questions(_Known):
    """What was answered about a fact, as far as it is looked at."""

    tell: str
    ask: List[Dict[str, Any]] = []
    reverse: List[Dict[str, Any]] = []


class _Night(_Known):
    """A night, as far as it is looked at."""

    status: str = ""
    night: Optional[float] = None
    told: Optional[float] = None
    steps: Optional[float] = None
    seconds: Optional[float] = None
    recall: Optional[float] = None
    recall_at_end: Optional[float] = None
    recall_of_nights: List[Optional[float]] = []


class _Arm(_Known):
    """An arm, as far as it is looked at."""

    recall_before: Optional[float] = None
    recall: Optional[float] = None
    reverse_recall: Optional[float] = None
    false_recall: Optional[float] = None
    kl: Optional[float] = None
    perplexity_ratio: Optional[float] = None
    bit_exact_off_topic: Optional[float] = None
    backward_transfer: Optional[float] = None
    seconds: Optional[float] = None
    trainable_parameters: Optional[float] = None
    nights: List[_Night] = []
    notes: List[str] = []
    coinciding_questions: Optional[float] = None
    per_fact: List[_Questions] = []
    never_told: List[Dict[str, Any]] = []


class _Result(_Known):
    """What a file holds, as far as it is looked at."""

    facts: int
    arms: Dict[str, _Arm] = Field(min_length=1)
    about: Dict[str, Any] = {}
    complete: bool = True


class _Several(_Result):
    """The same of several seeds."""

    seeds: Dict[str, _Result] = Field(min_length=1)


def read_results(paths: Sequence[Path]) -> Dict[str, Any]:
    """Return the results of earlier evaluations as one: a single file as it is, several as seeds.

    Of the same seed arms are put together; what is unfinished gives way to what is finished.

    :raises DataError: when a file cannot be read or is no result, when facts or settings of two differ, or when the
        same arm of the same seed stands in two.
    """
    results = [(path, read_result(path)) for path in paths]
    if len(results) == 1:
        return results[0][1]
    seeds: Dict[str, Dict[str, Any]] = {}
    origin: Dict[str, Path] = {}
    first_path, first = results[0]
    for path, values in results:
        difference = _difference(first, values)
        if difference:
            raise DataError(f"{path} cannot be put together with {first_path}: {difference}", APART)
        for seed, one in _by_seed(path, values):
            seeds[seed] = one if seed not in seeds else _together(seed, (origin[seed], seeds[seed]), (path, one))
            origin[seed] = path
    return merged(seeds, all(one.get("complete", True) for one in seeds.values()))


def read_result(path: Path) -> Dict[str, Any]:
    """Return what a file holds; means over seeds are taken anew.

    :raises DataError: when it cannot be read or is no result of an evaluation.
    """
    try:
        values = json_safe(json.loads(path.read_text(encoding="utf-8-sig")))
        (_Several if isinstance(values, dict) and "seeds" in values else _Result).model_validate(values)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}", WRITE_ONE) from None
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(map(str, problem["loc"]))
        reason = f"{place}: {problem['msg']}" if place else problem["msg"]
        raise DataError(f"{path} is no result of an evaluation: {reason}", WRITE_ONE) from None
    except (ValueError, RecursionError) as error:  # neither UTF-8 nor JSON
        raise DataError(f"{path} is not JSON ({error})", WRITE_ONE) from None
    if "seeds" in values:
        return merged(values["seeds"], values.get("complete", True))
    return dict(values)


def _by_seed(path: Path, values: Dict[str, Any]) -> List[Tuple[str, Dict[str, Any]]]:
    if "seeds" in values:
        return list(values["seeds"].items())
    # A result that names no seed still is one of its own.
    return [(str(values.get("about", {}).get("seed", path)), values)]


def _difference(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Return what two results disagree about, empty for nothing that is known of both."""
    asked, asked_other = _asked(one), _asked(other)
    if one["facts"] != other["facts"] or (asked and asked_other and asked != asked_other):
        return "the facts are others"
    about, about_other = one.get("about", {}), other.get("about", {})
    for key in about:
        if key in about_other and key not in OF_SEEDS and about[key] != about_other[key]:
            return f"{key} is {about_other[key]}, not {about[key]}"
    return ""


def _asked(values: Mapping[str, Any]) -> List[Any]:
    """Return everything told and asked, empty where the file does not say."""
    for one in (*values.get("seeds", {}).values(), values):
        for arm in one["arms"].values():
            if "per_fact" in arm:
                ways = ("ask", "reverse")
                told = [
                    (f["tell"], *([q.get("question") for q in f.get(way, [])] for way in ways)) for f in arm["per_fact"]
                ]
                return [*told, *(never.get("question") for never in arm.get("never_told", []))]
    return []


def _together(seed: str, one: Tuple[Path, Dict[str, Any]], other: Tuple[Path, Dict[str, Any]]) -> Dict[str, Any]:
    """Return the arms of two results of the same seed as one result."""
    (path, values), (path_other, values_other) = one, other
    finished, finished_other = values.get("complete", True), values_other.get("complete", True)
    if finished != finished_other:
        less, more = (values, values_other) if finished_other else (values_other, values)
        return {**more, "arms": {**less["arms"], **more["arms"]}}
    twice = sorted(set(values["arms"]) & set(values_other["arms"]))
    if twice:
        raise DataError(f"Seed {seed} of {twice[0]} stands in {path} and in {path_other}", "Leave one of them out")
    return {**values, "arms": {**values["arms"], **values_other["arms"]}}
