"""The area under the ROC curve against its definition by pairs."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_curiosity.ranking import auroc, auroc_error

scored = st.lists(st.tuples(st.integers(0, 5).map(float), st.booleans()), min_size=1, max_size=30)


@given(scored)
def test_it_is_the_share_of_pairs_that_are_in_order(items):
    scores, positive = zip(*items)
    pairs = [(a > b) + (a == b) / 2 for a, yes in items if yes for b, other in items if not other]
    if not pairs:
        assert math.isnan(auroc(scores, positive))
    else:
        assert auroc(scores, positive) == pytest.approx(sum(pairs) / len(pairs))


def test_the_error_is_that_of_hanley_and_mcneil():
    # Worked out by hand for an area of .8 of 10 and 20.
    alike, twice = 0.8 / 1.2, 2 * 0.64 / 1.8
    variance = (0.16 + 9 * (alike - 0.64) + 19 * (twice - 0.64)) / 200
    assert auroc_error(0.8, 10, 20) == pytest.approx(math.sqrt(variance))
    assert auroc_error(1.0, 10, 20) == 0.0
    assert math.isnan(auroc_error(0.5, 0, 3))
