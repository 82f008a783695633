"""The day calls on what a plugin can take part in."""

from __future__ import annotations

from typing import Any

import pytest

from sovl_core.testing.short_day import short_day

pytestmark = pytest.mark.no_torch


def test_it_calls_every_hook_but_those_of_work_and_mishap(sovl_life: Any, sovl_recorder: Any) -> None:
    life = sovl_life(reply="Yes.")
    short_day(life)
    assert {
        "on_start",
        "on_models_loaded",
        "on_generate",
        "on_journal",
        "on_feedback",
        "on_idle",
        "on_commands",
        "on_status",
        "on_forget",
        "on_save_state",
    } <= set(sovl_recorder.hooks)


def test_no_night_begins(sovl_life: Any) -> None:
    life = sovl_life(
        "gestation", reply="Yes.", plugins__gestation__minimum_memories=1, plugins__gestation__quiet_seconds=0
    )
    short_day(life)
    assert not life.asleep
    assert life.journal.nights() == []
