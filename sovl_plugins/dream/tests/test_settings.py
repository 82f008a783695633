"""Settings: what they refuse."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from sovl_dream.settings import DreamSettings

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    "wrong",
    [
        {"taught": -1},
        {"dialogue": 1.1},
        {"held_out": 17},
        {"contrast": -0.5},
        {"contrast": 65},
        {"sampled_background": 1.1},
        {"background_tokens": 0},
        {"swing": "much"},
        {"dreams": 3},
    ],
)
def test_wrong_values_and_unknown_names_are_refused(wrong):
    with pytest.raises(ValidationError) as refusal:
        DreamSettings(**wrong)
    assert next(iter(wrong)) in str(refusal.value)


def test_every_setting_is_described():
    fields = DreamSettings.model_fields
    assert [name for name, field in fields.items() if not field.description] == []


def test_some_dreams_are_held_out_and_some_ask_for_what_was_never_told_by_default():
    assert DreamSettings().held_out > 0
    assert DreamSettings().contrast > 0
