from __future__ import annotations

from typing import Any, List

import pytest

from sovl_core.dreaming import dream_on_request
from sovl_core.error_handling import SOVLError
from sovl_core.events import Dream, DreamRequest
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin


class Dreams(Plugin):
    name = "dreams"

    def __init__(self) -> None:
        self.requests: List[DreamRequest] = []

    @hookimpl
    def on_dream(self, request: DreamRequest) -> List[Dream]:
        self.requests.append(request)
        return [Dream("question", f"about {memory.prompt}?", "yes", [memory.id]) for memory in request.memories]


def test_what_no_night_has_learned_is_dreamed_about_first(journal: Any, manager: Any) -> None:
    episode = journal.begin_episode("a fact", "c")
    plugin = Dreams()
    dreams = dream_on_request(journal, manager(plugin), per_memory=3)
    assert [(dream.prompt, dream.writer, dream.parents) for dream in dreams] == [
        ("about a fact?", "dreams", [episode.id])
    ]
    assert plugin.requests[0].per_memory == 3
    assert [dream.id for dream in dreams] == [dream.id for dream in journal.dreams()]


def test_when_all_is_learned_the_latest_is_dreamed_about(journal: Any, manager: Any) -> None:
    episode = journal.begin_episode("a fact", "c")
    number = journal.open_night(None, "command", {})
    journal.accept_night(number, "accepted", [episode.id], {})
    assert [dream.parents for dream in dream_on_request(journal, manager(Dreams()))] == [[episode.id]]


def test_a_reader_keeps_no_dream(journal: Any, manager: Any) -> None:
    journal.begin_episode("a fact", "c")
    dreams = dream_on_request(journal, manager(Dreams()), read_only=True)
    assert [dream.id for dream in dreams] == [None]
    assert journal.dreams() == []


def test_chosen_memories_only(journal: Any, manager: Any) -> None:
    episodes = [journal.begin_episode(f"fact {n}", "c") for n in range(3)]
    dreams = dream_on_request(journal, manager(Dreams()), memories=episodes[:1])
    assert [dream.parents for dream in dreams] == [[episodes[0].id]]


def test_without_a_plugin_that_dreams_it_says_what_to_install(journal: Any, manager: Any) -> None:
    with pytest.raises(SOVLError, match=r"No plugin dreams.*pip install"):
        dream_on_request(journal, manager())
