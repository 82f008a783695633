from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from sovl_dream.claims.claim import Claim

pytestmark = pytest.mark.no_torch


def test_what_is_simply_said_holds_is_certain_and_is_no_news():
    claim = Claim("dog/name", "Rex")
    assert (claim.holds, claim.certain, claim.newly, claim.kind) == (True, True, False, "text")


def test_the_same_said_twice_is_one_claim_and_stays_as_it_was_said():
    claim = Claim("dog/name", "Rex")
    assert {claim, Claim("dog/name", "Rex")} == {claim}
    assert replace(claim, holds=False) != claim
    with pytest.raises(FrozenInstanceError):
        claim.value = "Biscuit"
