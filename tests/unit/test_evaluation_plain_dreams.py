from __future__ import annotations

from typing import Any, List

from sovl_core.evaluation.plain_dreams import PROMPT, PlainDreams
from sovl_core.events import Dream, DreamRequest
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin
from sovl_core.records import Episode


class Dreamer(Plugin):
    name = "dreamer"

    @hookimpl
    def on_dream(self, request: DreamRequest) -> List[Dream]:
        told = [Dream("question", "Q?", "A", [memory.id], verdict="accepted") for memory in request.memories]
        kept = [Dream(kind, "Hello", "Hi", verdict="accepted") for kind in ("background", "contrast")]
        return [*told, *kept]


def _dreams(manager: Any, *plugins: Plugin) -> List[Dream]:
    memory = Episode(id=7, conversation="c", prompt="My dog is Rex.", reply="", created=0.0)
    return manager(*plugins).on_dream(DreamRequest([memory]))


def test_told_sentences_take_the_place_of_dreams_and_background_stays(manager: Any) -> None:
    said, background, contrast = _dreams(manager, Dreamer(), PlainDreams())
    assert (said.kind, said.prompt, said.completion, said.parents) == ("rewrite", PROMPT, "My dog is Rex.", [7])
    assert (said.verdict, said.held_out) == ("accepted", False)
    assert (background.kind, background.prompt, background.writer) == ("background", "Hello", "dreamer")
    assert contrast.kind == "contrast"


def test_without_anybody_who_dreams_the_sentences_are_there(manager: Any) -> None:
    assert [dream.completion for dream in _dreams(manager, PlainDreams())] == ["My dog is Rex."]
