from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.error_handling import ConfigError
from sovl_cross_attention.placement import choose_layers

pytestmark = pytest.mark.no_torch

TOTALS = st.integers(1, 80)
NAMED = st.sampled_from(["default", "early", "late", "balanced"])


@given(total=TOTALS, placement=NAMED)
def test_layers_exist_are_in_order_and_spare_the_bottom(total, placement):
    layers = choose_layers(total, placement)
    assert layers
    assert layers == sorted(set(layers))
    assert layers[0] >= 0
    assert layers[-1] < total
    assert 0 not in layers or total == 1


@given(total=st.integers(6, 80))
def test_each_placement_keeps_to_its_part(total):
    assert min(choose_layers(total, "default")) >= total // 3
    assert min(choose_layers(total, "late")) >= 2 * total // 3
    assert max(choose_layers(total, "early")) <= total / 3 + 1
    balanced = choose_layers(total, "balanced")
    assert min(balanced) < total / 2 < max(balanced) + 1
    assert len(balanced) >= max(len(choose_layers(total, p)) for p in ("early", "late"))


@given(total=st.integers(24, 80), placement=NAMED)
def test_in_a_deep_base_every_fourth_layer_listens(total, placement):
    layers = choose_layers(total, placement)
    assert {b - a for a, b in zip(layers, layers[1:])} <= {4}


def test_the_default_base_listens_at_five_layers():
    assert choose_layers(30) == [11, 15, 19, 23, 27]


@given(total=TOTALS, data=st.data())
def test_layers_named_by_hand_are_taken_as_they_are(total, data):
    named = data.draw(st.lists(st.integers(0, total - 1), min_size=1))
    assert choose_layers(total, "custom", named) == sorted(set(named))
    assert choose_layers(total, "fixed", named) == sorted(set(named))
    assert choose_layers(total, "mine", [0], {"mine": named, "other": [0]}) == sorted(set(named))


@pytest.mark.parametrize(
    ("named", "message"), [([], "no layer is named"), ([0, 12], "layer 12 does not exist"), ([-1], "layer -1")]
)
def test_layers_the_base_does_not_have_are_refused_with_those_it_has(named, message):
    with pytest.raises(ConfigError, match=message) as refused:
        choose_layers(12, "custom", named)
    assert "layers 0 to 11" in str(refused.value)


def test_a_preset_is_refused_by_its_own_name():
    with pytest.raises(ConfigError, match=r"plugins\.cross_attention\.presets\.mine: layer 12 does not exist"):
        choose_layers(12, "mine", (), {"mine": [3, 12]})
    with pytest.raises(ConfigError, match=r"'yours' is no placement\. There are: default, .*, custom, mine\."):
        choose_layers(12, "yours", (), {"mine": [3]})
