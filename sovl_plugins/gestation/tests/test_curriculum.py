from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_gestation.curriculum import Curriculum, steps_for

pytestmark = pytest.mark.no_torch


def build(tonight, replayed, background, answers=8, background_count=3, replay=0.25, seed=0):
    kinds = [[(kind, n) for n in range(count)] for kind, count in zip("trb", (tonight, replayed, background))]
    return Curriculum(*kinds, answers, background_count, replay, random.Random(seed))


def kinds(batch):
    return "".join(kind for kind, _ in batch)


def test_a_batch_holds_tonights_first_then_replayed_ones_then_background():
    assert kinds(build(20, 20, 20).batch()) == "ttttttrrbbb"


@pytest.mark.parametrize(
    ("replayed", "background", "expected"), [(0, 5, "ttttttttbbb"), (5, 0, "ttttttrr"), (0, 0, "tttttttt")]
)
def test_what_is_not_there_is_left_out(replayed, background, expected):
    assert kinds(build(5, replayed, background).batch()) == expected


def test_tonight_is_never_crowded_out():
    assert kinds(build(5, 5, 0, answers=1, replay=0.9).batch()) == "t"
    assert kinds(build(5, 5, 0, answers=3, replay=0.9).batch()) == "trr"


def test_order_depends_on_the_random_generator_alone():
    first, same, other = (build(30, 9, 9, seed=seed) for seed in (1, 1, 2))
    drawn = [[c.batch() for _ in range(5)] for c in (first, same, other)]
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]


@given(
    sizes=st.tuples(st.integers(1, 25), st.integers(0, 25), st.integers(0, 25)),
    answers=st.integers(1, 20),
    background_count=st.integers(0, 6),
    replay=st.floats(0, 0.9),
    batches=st.integers(1, 12),
    seed=st.integers(0, 2**32),
)
def test_every_dream_comes_up_once_before_any_comes_up_again(sizes, answers, background_count, replay, batches, seed):
    curriculum = build(*sizes, answers, background_count, replay, seed)
    drawn = []
    for _ in range(batches):
        batch = curriculum.batch()
        assert sum(kind != "b" for kind, _ in batch) == answers
        assert kinds(batch).count("b") == (background_count if sizes[2] else 0)
        assert kinds(batch).count("r") == (min(round(answers * replay), answers - 1) if sizes[1] else 0)
        drawn += batch
        for kind, size in zip("trb", sizes):
            seen = Counter(n for k, n in drawn if k == kind)
            if seen:
                least = min(seen.values()) if len(seen) == size else 0
                assert max(seen.values()) - least <= 1


@given(
    dreams=st.integers(0, 10**5),
    answers=st.integers(0, 100),
    passes=st.floats(0.01, 100),
    bounds=st.tuples(st.integers(1, 1000), st.integers(0, 1000)),
)
def test_steps_stay_within_bounds(dreams, answers, passes, bounds):
    least, most = bounds[0], sum(bounds)
    assert least <= steps_for(dreams, answers, passes, least, most) <= most


@pytest.mark.parametrize(("dreams", "expected"), [(0, 10), (40, 10), (80, 20), (160, 40), (10000, 100)])
def test_steps_let_each_dream_be_seen_so_often(dreams, expected):
    assert steps_for(dreams, 8, 2.0, 10, 100) == expected


def test_steps_without_answers_in_a_step_count_dreams():
    assert steps_for(30, 0, 1.0, 1, 100) == 30
