"""Token weights: the rule against numbers, bounds, lazy fading that equals fading step by step, state."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_memory import MemorySettings, TokenMap
from sovl_memory.token_map import ROOM

pytestmark = pytest.mark.no_torch

turns = st.lists(st.tuples(st.sets(st.integers(0, 5)), st.floats(0, 1)), max_size=30)


def test_a_used_token_rises_by_a_tenth_of_the_confidence():
    token_map = TokenMap(MemorySettings())
    token_map.use([3, 3, 4], 0.5)
    assert token_map.weight(3) == pytest.approx(1.05)
    assert token_map.weight(4) == pytest.approx(1.05)
    assert token_map.weight(5) == 1.0


def test_what_is_above_neutral_fades():
    token_map = TokenMap(MemorySettings())
    token_map.use([3], 1.0)
    for _ in range(2):
        token_map.use([], 1.0)
    assert token_map.weight(3) == pytest.approx(1 + 0.1 * 0.95**2)


def test_weights_stop_at_the_cap():
    token_map = TokenMap(MemorySettings(token_cap=1.3))
    for _ in range(50):
        token_map.use([3], 1.0)
    assert token_map.weight(3) == 1.3


def test_a_changed_setting_holds_at_once():
    settings = MemorySettings()
    token_map = TokenMap(settings)
    token_map.use([3], 1.0)
    settings.token_decay = 0.0
    token_map.use([], 1.0)
    assert token_map.weight(3) == 1.0


@given(turns)
def test_fading_on_reading_equals_fading_every_token_every_turn(history):
    token_map, eager = TokenMap(MemorySettings()), dict.fromkeys(range(6), 1.0)
    for used, confidence in history:
        token_map.use(used, confidence)
        eager = {token: 1 + (weight - 1) * 0.95 for token, weight in eager.items()}
        for token in used:
            eager[token] = min(2.0, eager[token] + 0.1 * confidence)
    for token, weight in eager.items():
        assert token_map.weight(token) == pytest.approx(weight)
        assert 1.0 <= token_map.weight(token) <= 2.0


@given(turns)
def test_state_round_trips_through_json(history):
    token_map, again = TokenMap(MemorySettings()), TokenMap(MemorySettings())
    for used, confidence in history:
        token_map.use(used, confidence)
    again.load_dict(json.loads(json.dumps(token_map.to_dict())))
    assert again.to_dict() == token_map.to_dict()
    assert all(again.weight(token) == pytest.approx(token_map.weight(token), abs=0.01) for token in range(6))


def test_an_empty_state_is_an_empty_map():
    token_map = TokenMap(MemorySettings())
    token_map.use([3], 1.0)
    token_map.load_dict({})
    assert (len(token_map), token_map.turn, token_map.weight(3)) == (0, 0, 1.0)


def test_there_is_room_for_so_many_and_the_latest_stay():
    token_map = TokenMap(MemorySettings())
    for start in range(0, 10 * ROOM, ROOM // 10):
        token_map.use(range(start, start + ROOM // 10), 1.0)
    assert len(token_map) <= ROOM
    assert token_map.weight(10 * ROOM - 1) == pytest.approx(1.1)
