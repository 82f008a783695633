from __future__ import annotations

import pytest

from sovl_cross_attention.settings import CrossAttentionSettings
from sovl_cross_attention.tuning_command import cross_command

pytestmark = pytest.mark.no_torch


def test_its_command_shows_and_changes_weights():
    settings = CrossAttentionSettings()
    command = cross_command(settings)
    assert command.name == "cross"
    assert "weight 1.0" in command.run([], {})
    said = command.run([], {"weight": 0.5, "dynamic": "confidence", "threshold": 0.9, "blend": None})
    assert "weight 0.5" in said
    assert (settings.weight, settings.blend) == (0.5, 1.0)
    assert (settings.dynamic, settings.relevance_threshold) == ("confidence", 0.9)
    assert all(option.name in command.usage for option in command.options)
