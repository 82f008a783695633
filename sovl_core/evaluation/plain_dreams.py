"""A night without dreams, to see what they are worth: each told sentence is learned as it was said, and no other way.

Registered by an evaluation, never discovered. What is learned as the base's own (background, contrast) stays as other
plugins dream it, so that both nights keep what the base knew by the same means.
"""

from __future__ import annotations

from typing import Generator, List

from sovl_core.constants import KEPT_KINDS
from sovl_core.events import Dream, DreamRequest
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin

#: What the user would say to hear a told sentence back.
PROMPT = "Tell me something you know about me."


class PlainDreams(Plugin):
    """Puts one dream in place of all that were made out of a memory: its own words."""

    name = "evaluation_plain_dreams"
    summary = "told sentences as they were said, in place of dreams, for comparison"
    provides = ("night.dreams",)

    @hookimpl(wrapper=True)
    def on_dream(self, request: DreamRequest) -> Generator[None, List[Dream], List[Dream]]:
        """Keep what is the base's own, replace the rest."""
        dreams = yield
        said = [
            Dream("rewrite", PROMPT, memory.prompt, [memory.id], writer=self.name, verdict="accepted")
            for memory in request.memories
        ]
        return said + [dream for dream in dreams if dream.kind in KEPT_KINDS]
