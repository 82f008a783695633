"""Silences: each second counts once, and only the user's words end one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_curiosity.silence import Silence

pytestmark = pytest.mark.no_torch


def test_each_second_counts_once():
    silence = Silence()
    assert [silence.notice(seconds) for seconds in (1.0, 2.5, 2.5, 4.0)] == [1.0, 1.5, 0.0, 1.5]


def test_a_key_begins_counting_anew_but_is_not_a_word():
    silence = Silence()
    silence.notice(30.0)
    silence.eruptions = 2
    assert silence.notice(0.5) == 0.5
    assert silence.eruptions == 2
    silence.end()
    assert silence.eruptions == 0
    assert silence.notice(1.0) == 1.0


@given(st.lists(st.floats(0, 1e6)))
def test_no_silence_is_negative(moments):
    silence = Silence()
    assert all(0 <= silence.notice(seconds) <= seconds for seconds in moments)
