"""A plugin for tests: dreams one question a memory when it is asked to, and names every memory in each reply."""

from __future__ import annotations

from typing import Any, List

from sovl_core.events import Dream, DreamRequest
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin


class TinyDream(Plugin):
    name = "tiny_dream"

    def __init__(self) -> None:
        self.context: Any = None

    @hookimpl
    def on_start(self, context: Any) -> None:
        self.context = context

    @hookimpl
    def on_dream(self, request: DreamRequest) -> List[Dream]:
        return [
            Dream("question", f"{memory.prompt}?", "Yes.", [memory.id], "tiny", verdict="accepted")
            for memory in request.memories
        ]

    @hookimpl(wrapper=True)
    def on_generate(self, turn: Any) -> Any:
        reply = yield
        known = self.context.journal.consolidated()
        reply.annotations["tiny_dream.memories"] = [(memory.id, 1 / len(known)) for memory in known]
        return reply
