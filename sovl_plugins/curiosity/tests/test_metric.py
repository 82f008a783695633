"""The metric: classic formula against numbers, rank among earlier scores, novelty against memory."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sovl_curiosity import CuriositySettings, TrueCuriosity
from sovl_curiosity.metric import REMEMBERED_SCORES, ignorance, novelty, rank

EAST, NORTH = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
share = st.floats(0, 1)


def test_ignorance_is_what_the_surer_of_the_two_does_not_know():
    assert ignorance(0.3, 0.9) == pytest.approx(0.1)
    assert ignorance(0.6, 0.0) == pytest.approx(0.4)


def test_novelty_is_distance_to_the_nearest():
    assert novelty(EAST, [NORTH]) == pytest.approx(1.0)
    assert novelty(EAST, [NORTH, 3 * EAST]) == pytest.approx(0.0)
    assert novelty(EAST, [-EAST]) == 1.0


@pytest.mark.parametrize("memory", [[], [torch.zeros(5)]])
def test_what_cannot_be_compared_is_new(memory):
    assert novelty(EAST, memory) == 1.0
    assert novelty(None, [EAST]) == 1.0


def test_classic_score_is_the_weighted_sum():
    curiosity = TrueCuriosity(CuriositySettings(metric="classic"))
    interest = curiosity.interest(0.2, 0.4, EAST, [(EAST + NORTH)])
    assert interest.raw == interest.score == pytest.approx(0.7 * 0.6 + 0.3 * (1 - 0.5**0.5))


def test_ignorance_from_elsewhere_is_weighed_alike():
    curiosity = TrueCuriosity(CuriositySettings(metric="classic"))
    assert curiosity.weigh(0.6, EAST, [EAST]).score == curiosity.interest(0.2, 0.4, EAST, [EAST]).score
    assert TrueCuriosity(CuriositySettings(), scores=[0.1]).weigh(0.0, EAST, [EAST]).score == 0.5


def test_what_surprises_nobody_is_less_new():
    interest = TrueCuriosity(CuriositySettings(metric="classic")).weigh(0.5, EAST, [EAST + NORTH], surprise=0.5)
    assert interest.novelty == pytest.approx(0.5 * (1 - 0.5**0.5))
    assert interest.raw == pytest.approx(0.7 * 0.5 + 0.3 * interest.novelty)


@given(share, share, share, share)
def test_scores_are_shares(base, scaffold, ignorance_weight, novelty_weight):
    settings = CuriositySettings(ignorance_weight=ignorance_weight, novelty_weight=novelty_weight)
    interest = TrueCuriosity(settings).interest(base, scaffold)
    assert 0 <= interest.raw <= 1 + 1e-12
    assert interest.score == 1.0


def test_ranked_score_is_the_place_among_earlier_ones():
    curiosity = TrueCuriosity(CuriositySettings(), scores=[0.1, 0.2, 0.3, 0.4])
    assert curiosity.interest(0.9, 0.9, EAST, [EAST]).score == pytest.approx(1 / 5)  # raw 0.07
    assert curiosity.interest(0.0, 0.0, EAST, [NORTH]).score == 1.0
    assert len(curiosity.scores) == 6


def test_the_first_question_of_a_life_does_not_stand_above_all_others():
    curiosity = TrueCuriosity(CuriositySettings())
    assert curiosity.interest(0.5, 0.5, EAST, []).score == 1.0
    assert curiosity.interest(0.5, 0.5, EAST, [EAST]).score == 1.0
    assert curiosity.interest(0.6, 0.5, EAST, [EAST]).score == 0.5


def test_ranks_of_equals_are_in_the_middle():
    assert rank(0.5, [0.5] * 9) == pytest.approx(5.5 / 10)
    assert rank(0.5, []) == 1.0


@given(st.lists(share, max_size=30), share, share)
def test_rank_never_falls_as_the_score_rises(earlier, one, other):
    low, high = sorted((one, other))
    assert 0 < rank(low, earlier) <= rank(high, earlier) <= 1


def test_only_so_many_scores_are_remembered():
    curiosity = TrueCuriosity(CuriositySettings())
    for _ in range(REMEMBERED_SCORES + 5):
        curiosity.interest(0.5, 0.5, EAST, [EAST])
    assert len(curiosity.scores) == REMEMBERED_SCORES
