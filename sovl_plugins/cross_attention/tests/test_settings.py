from __future__ import annotations

import pytest
from pydantic import ValidationError

from sovl_cross_attention import CrossAttentionSettings

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("placement", "middle"),
        ("scaffold_mode", "decoder"),
        ("heads", -1),
        ("gate_learning_rate", 0),
        ("read_dropout", 0.95),
        ("weight", 2.1),
        ("blend", 1.1),
        ("dynamic", "always"),
        ("relevance_threshold", 1.1),
        ("relevance_layer", -0.1),
        ("no_such_setting", 1),
    ],
)
def test_what_makes_no_sense_is_refused(key, value):
    with pytest.raises(ValidationError, match=key):
        CrossAttentionSettings(**{key: value})


def test_every_setting_is_described_and_shapes_wait_for_the_next_start():
    fields = CrossAttentionSettings.model_fields
    assert [name for name, field in fields.items() if not field.description] == []
    fixed = {name for name, field in fields.items() if (field.json_schema_extra or {}).get("live") is False}
    assert fixed == {"presets", "placement", "layers", "heads", "head_width", "scaffold_mode"}


def test_a_placement_is_one_of_the_named_or_a_preset():
    settings = CrossAttentionSettings(placement="upper", presets={"upper": [8, 9]})
    for placement in ("fixed", "balanced", "upper"):
        settings.placement = placement
    with pytest.raises(ValidationError, match=r"must be one of default, .*, custom, upper; presets may name more"):
        settings.placement = "lower"
    assert settings.placement == "upper"
    with pytest.raises(ValidationError, match="'early' is a placement already"):
        settings.presets = {"early": [1]}
