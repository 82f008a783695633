from __future__ import annotations

import pytest

from sovl_core.error_handling import BadInput
from sovl_cross_attention.settings import CrossAttentionSettings
from sovl_cross_attention.tuning_command import cross_command

pytestmark = pytest.mark.no_torch


def test_its_command_shows_and_changes_weights():
    settings = CrossAttentionSettings()
    command = cross_command(settings, str)
    assert command.name == "cross"
    assert command.run([], {}) == "weight 1.0, blend 1.0, layer-weights [], dynamic off, threshold 0.35"
    said = command.run([], {"weight": 0.5, "dynamic": "confidence", "threshold": 0.9, "blend": None})
    assert "weight 0.5" in said
    assert "config set plugins.cross_attention.relevance_threshold 0.9" in said
    assert (settings.weight, settings.blend) == (0.5, 1.0)
    assert (settings.dynamic, settings.relevance_threshold) == ("confidence", 0.9)
    assert all(option.name in command.usage for option in command.options)


def test_each_listening_layer_has_a_weight():
    settings = CrossAttentionSettings()
    said = cross_command(settings, str).run([], {"layer-weights": "1, 0.5,0"})
    assert settings.layer_weights == [1.0, 0.5, 0.0]
    assert "config set plugins.cross_attention.layer_weights [1.0, 0.5, 0.0]" in said
    with pytest.raises(BadInput, match="layer_weights"):
        cross_command(settings, str).run([], {"layer-weights": "loud"})
    assert settings.layer_weights == [1.0, 0.5, 0.0]


def test_a_program_is_told_the_range_too():
    with pytest.raises(BadInput, match=r"plugins\.cross_attention\.weight cannot be 3\. It takes 0 to 2"):
        cross_command(CrossAttentionSettings(), str).run([], {"weight": 3})


def test_layers_are_changed_by_whoever_holds_the_models():
    settings = CrossAttentionSettings()
    said = cross_command(settings, lambda wanted: f"{wanted} listen").run([], {"layers": "1,3", "weight": 0.5})
    assert said.splitlines()[:2] == [
        "weight 0.5, blend 1.0, layer-weights [], dynamic off, threshold 0.35",
        "1,3 listen",
    ]
    with pytest.raises(BadInput, match="one of --layers and --layer-weights"):
        cross_command(settings, str).run([], {"layers": "1", "layer-weights": "1"})
