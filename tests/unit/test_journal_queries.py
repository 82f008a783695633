"""What a journal is asked for, compared with plain Python over the same episodes: any of them, asked in any way."""

from __future__ import annotations

import contextlib
import random
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.journal import Journal
from sovl_core.journal_rows import clean_text

pytestmark = pytest.mark.no_torch

CONVERSATIONS = ["one", "two", "\u202ethree", "a\x00b", "\ud800", "%", "_", "' OR 1=1 --"]
PROMPTS = ["", " ", "apple pie", "APPLE", 'NEAR("apple")', "pie* OR apple", "日本 林檎", "\u0301\u0301", "\x1b[2J"]


@dataclass
class Plain:
    """An episode as the test knows it."""

    id: int
    conversation: str
    prompt: str
    learnable: bool = True
    superseded_by: Optional[int] = None
    night: Optional[int] = None


STEPS = st.one_of(
    st.tuples(st.just("say"), st.sampled_from(CONVERSATIONS), st.sampled_from(PROMPTS) | st.text(max_size=12)),
    st.tuples(st.just("supersede"), st.integers(0, 9)),
    st.tuples(st.just("learnable"), st.integers(0, 9), st.booleans()),
    st.tuples(st.just("night"), st.integers(0, 9)),
    st.tuples(st.just("forget"), st.integers(0, 9)),
)


@given(st.lists(STEPS, max_size=12), st.none() | st.integers(0, 5), st.integers(0, 9), st.sampled_from(CONVERSATIONS))
def test_every_answer_is_what_a_plain_list_would_give(steps, limit, place, conversation):
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(Journal(Path(folder) / "journal.db")) as journal:
        known: Dict[int, Plain] = {}
        for step in steps:
            live(journal, known, step)
        compare(journal, known, limit, place, conversation)


def compare(journal, known, limit, place, conversation):
    episodes = [known[number] for number in sorted(known)]
    shown = slice(None, limit)

    before = episodes[-place].id if 0 < place <= len(episodes) else None
    listed = [each for each in reversed(episodes) if before is None or each.id < before]
    assert [each.id for each in journal.episodes(limit, before)] == [each.id for each in listed[shown]]
    of_one = [each.id for each in listed if each.conversation == clean_text(conversation)]
    assert [each.id for each in journal.episodes(limit, before, conversation)] == of_one[shown]

    true = [each for each in episodes if each.learnable and each.superseded_by is None]
    waiting = [each.id for each in true if each.night is None]
    learned = [each.id for each in true if each.night is not None]
    assert [each.id for each in journal.unconsolidated(limit)] == waiting[shown]
    assert [each.id for each in journal.consolidated(limit)][::-1] == learned[::-1][shown]
    counted = (journal.count_episodes(), journal.count_unconsolidated(), journal.count_consolidated())
    assert counted == (len(episodes), len(waiting), len(learned))
    assert journal.still_true(list(known)) == {each.id for each in true}

    sample = [each.id for each in journal.sample_consolidated(place, random.Random(place))]
    assert len(sample) == min(place, len(learned))
    assert sample == sorted(set(sample) & set(learned))

    if episodes:
        said = episodes[place % len(episodes)]
        for found in journal.search(said.prompt, limit=5):
            assert found.prompt == known[found.id].prompt


def live(journal, known, step):
    name, *values = step
    alive = sorted(known)[-10:]
    if name == "say":
        begun = journal.begin_episode(values[1], values[0])
        known[begun.id] = Plain(begun.id, clean_text(values[0]), clean_text(values[1]))
    elif name == "supersede" and len(alive) > 1:
        old = alive[values[0] % (len(alive) - 1)]
        new = next(number for number in alive if number > old)
        journal.supersede(old, new)
        known[old].superseded_by = new
    elif name == "learnable" and alive:
        number = alive[values[0] % len(alive)]
        journal.set_learnable(number, values[1])
        known[number].learnable = values[1]
    elif name == "night":
        waiting = [each.id for each in journal.unconsolidated(limit=values[0])]
        night = journal.open_night(journal.current_night(), "command", {})
        journal.accept_night(night, "accepted", waiting, {})
        for number in waiting:
            known[number].night = night
    elif name == "forget" and alive:
        number = alive[values[0] % len(alive)]
        journal.forget_episodes([number])
        del known[number]
        for each in known.values():
            if each.superseded_by == number:
                each.superseded_by = journal.episode(each.id).superseded_by
