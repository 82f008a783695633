from __future__ import annotations

import pytest
from pydantic import ValidationError

from sovl_gestation import GestationSettings

pytestmark = pytest.mark.no_torch


def test_defaults_agree_with_each_other():
    settings = GestationSettings()
    assert settings.least_steps <= settings.most_steps
    assert settings.checkpoint_steps <= settings.least_steps


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("minimum_memories", 0),
        ("minimum_confidence", 1.1),
        ("replay", 0.95),
        ("learning_rate", 0),
        ("batch_answers", 0),
        ("most_steps", 0),
        ("checkpoint_steps", 0),
        ("least_recall", -0.1),
        ("drift_budget", -1),
        ("forgetting_budget", -0.1),
        ("forgetting_budget", 1.1),
        ("no_such_setting", 1),
    ],
)
def test_what_no_night_can_be_lived_by_is_refused(key, value):
    with pytest.raises(ValidationError, match=key):
        GestationSettings(**{key: value})


def test_every_setting_is_described():
    assert [name for name, field in GestationSettings.model_fields.items() if not field.description] == []
