"""The time that plugins take, and the trace of calls."""

from __future__ import annotations

from typing import Any, List

import pytest

from sovl_core.events import Reply, Turn
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin
from tests.unit.plugin_manager.plugins import failing_in, generate, hosted, pair

pytestmark = pytest.mark.no_torch


def test_time_is_kept_by_plugin_and_hook_without_what_is_inside() -> None:
    now = [0.0]

    def generate_slowly(turn: Turn) -> Reply:
        now[0] += 100.0
        return Reply("x")

    class Slow(Plugin):
        name = "slow"

        @hookimpl(wrapper=True)
        def on_generate(self, turn: Any) -> Any:
            now[0] += 1.0
            reply = yield
            now[0] += 2.0
            return reply

    manager = hosted(Slow(), timer=lambda: now[0])
    manager.on_generate(Turn("hello"), generate_slowly)
    manager.on_generate(Turn("hello"), generate_slowly)
    assert manager.timings() == {"slow": {"on_generate": (2, 6.0)}}


def test_the_trace_shows_calls_order_time_and_failures() -> None:
    lines: List[str] = []
    _, first, second = pair()
    manager = hosted(second, first, failing_in("on_generate"), trace=lines.append, timer=lambda: 0.0)
    manager.on_generate(Turn("hello"), generate)
    assert lines == [
        "on_generate",
        "  a begins 0.000 ms",
        "  b begins 0.000 ms",
        "  fails runs 0.000 ms",
        "  fails failed: ValueError('boom')",
        "  kernel runs 0.000 ms: Reply 'hello!!'",
        "  b ends 0.000 ms: Reply 'hello!!?'",
        "  a ends 0.000 ms: Reply 'hello!!??'",
        "on_generate took 0.000 ms",
    ]
