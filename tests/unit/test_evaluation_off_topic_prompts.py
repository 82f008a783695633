from __future__ import annotations

import random
import re
from typing import Set

import pytest

from sovl_core.evaluation.off_topic_prompts import OFF_TOPIC

pytestmark = pytest.mark.no_torch


def _keys(prompts: object) -> Set[str]:
    return {" ".join(re.findall(r"\w+", str(prompt).lower())) for prompt in prompts}  # type: ignore[attr-defined]


def test_there_are_enough_and_none_twice() -> None:
    assert len(OFF_TOPIC) >= 40
    assert len(_keys(OFF_TOPIC)) == len(OFF_TOPIC)


def test_none_of_them_is_trained_on_as_background() -> None:
    everyday = pytest.importorskip("sovl_dream.everyday_prompts").EVERYDAY
    framed = pytest.importorskip("sovl_dream.framed_prompts").framed_prompts(10_000, random.Random(0))
    assert min(len(everyday), len(framed)) > 40
    assert _keys(OFF_TOPIC) & _keys([*everyday, *framed]) == set()
