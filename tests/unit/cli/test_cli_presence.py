from __future__ import annotations

import pytest

from sovl_core.cli.presence import Presence

pytestmark = pytest.mark.no_torch


def test_silence_is_counted_from_the_last_event() -> None:
    now = [100.0]
    presence = Presence(lambda: now[0])
    now[0] = 105.0
    assert presence.silence() == 5.0
    presence.touch()
    assert presence.silence() == 0.0
    now[0] = 107.5
    assert presence.silence() == 2.5


def test_listening_begins_a_new_silence() -> None:
    now = [0.0]
    presence = Presence(lambda: now[0])
    assert not presence.listening
    now[0] = 30.0
    presence.begin_listening()
    assert presence.listening
    assert presence.silence() == 0.0
    presence.end_listening()
    assert not presence.listening
