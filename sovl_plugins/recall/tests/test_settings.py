"""The settings refuse what makes no sense."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from sovl_recall import RecallSettings


def test_the_defaults_are_within_their_ranges():
    assert RecallSettings.model_validate(RecallSettings().model_dump()) == RecallSettings()


@pytest.mark.parametrize(
    "wrong", [{"rows": 0}, {"recalled": 0}, {"doubt": 0}, {"sharpness": 0.5}, {"estranged": 1.1}, {"row": 8}]
)
def test_what_is_out_of_range_or_unknown_is_refused(wrong):
    with pytest.raises(ValidationError):
        RecallSettings(**wrong)
