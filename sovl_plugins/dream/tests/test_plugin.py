"""The plugin in a real life on a tiny model."""

from __future__ import annotations

import random
import subprocess
import sys
from types import SimpleNamespace

import pytest

from sovl_core.events import Dream, DreamRequest
from sovl_core.plugin import PluginState
from sovl_core.records import Episode
from sovl_dream import DreamPlugin
from sovl_dream.claims.index import ClaimIndex
from sovl_dream.contradiction import told_in


def test_its_entry_needs_no_torch():
    code = "import sys, sovl_dream; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_plugin_that_was_not_started_says_so():
    with pytest.raises(RuntimeError, match="has not been started"):
        _ = DreamPlugin().context


def test_a_life_dreams_of_what_it_was_told(open_life):
    system = open_life("dream")
    episode = system.tell("My dog is called Rex.")
    dreams = system.dream(count=6)
    assert {tuple(entry.parents) for entry in dreams} == {(episode.id,)}
    assert {entry.verdict for entry in dreams} <= {"accepted", "rejected"}
    accepted = [entry for entry in dreams if entry.verdict == "accepted"]
    assert len(accepted) >= 6
    assert {entry.completion for entry in accepted} == {"Your dog is called Rex."}


def test_what_is_told_twice_is_learned_and_what_is_told_anew_is_learned_anew(open_life):
    system = open_life("dream")
    for text in ("My dog is called Rex.", "My favourite tea is oolong.", "My dog is called Rex!"):
        system.tell(text)
    later = system.tell("Actually, my favourite tea is mint.")
    dreams = system.dream(count=8)
    accepted = {(entry.answer, entry.verdict) for entry in dreams if entry.kind == "question"}
    assert {("Rex", "accepted"), ("mint", "accepted"), ("oolong", "rejected")} <= accepted
    assert ("oolong", "accepted") not in accepted
    tea = [entry for entry in dreams if entry.answer == "oolong"]
    assert {entry.why for entry in tea} == {"a later memory tells otherwise"}
    assert all(entry.parents == [later.id] for entry in dreams if entry.answer == "mint")


def test_settings_reach_the_dreams(open_life):
    system = open_life("dream", plugins__dream__held_out=0, plugins__dream__cues=0, plugins__dream__reverse=0)
    system.tell("My dog is called Rex.")
    dreams = system.dream(count=6)
    assert {entry.kind for entry in dreams} <= {"question", "dialogue"}
    assert not any(entry.held_out for entry in dreams)


def test_progress_breath_and_background(open_life):
    system = open_life(
        "dream",
        plugins__dream__sampled_background=0.0,
        plugins__dream__background_tokens=4,
        plugins__dream__contrast=2.0,
    )
    heard, breaths = [], []
    request = DreamRequest(
        [Episode(1, "c", "My dog is called Rex."), Episode(2, "c", "I live in Cork.")],
        per_memory=4,
        background=4,
        rng=random.Random(0),
        breathe=lambda: breaths.append(1),
        progress=heard.append,
    )
    dreams = system.plugins.on_dream(request)
    details = {entry.detail: [] for entry in heard}
    for entry in heard:
        details[entry.detail].append((entry.step, entry.total))
    assert list(details.values()) == [[(1, 2)], [(2, 2)], [(0, 4), (4, 4)], [(0, 4), (4, 4)]]
    assert list(details)[2:] == ["background", "contrast"]
    assert len(breaths) >= 4
    kinds = [entry.kind for entry in dreams if entry.kind in ("background", "contrast")]
    assert kinds == sorted(kinds)
    assert set(kinds) == {"background", "contrast"}
    assert [entry.kind for entry in dreams[-len(kinds) :]] == kinds
    assert all(entry.verdict for entry in dreams)


def test_progress_counts_up_to_the_background_dreams_and_to_the_answers(open_life, monkeypatch):
    monkeypatch.setattr("sovl_dream.batch_generation.BATCH", 2)
    system = open_life("dream", plugins__dream__sampled_background=0.5, plugins__dream__taught=2)
    system.tell("My dog is called Rex.")
    heard = []
    system.dream(count=6, background=6, progress=heard.append)
    counts = {}
    for entry in heard:
        counts.setdefault(entry.detail, []).append((entry.step, entry.total))
    assert counts["background"] == [(0, 6), (2, 6), (4, 6), (6, 6)]
    assert counts["prompts for the background"] == [(0, 3), (2, 3), (3, 3)]
    assert counts["answers"] == [(0, 2), (2, 2)]


def contrast_of(system, memories, background=2, seed=0):
    request = DreamRequest(memories, per_memory=4, background=background, rng=random.Random(seed))
    return [entry for entry in system.plugins.on_dream(request) if entry.kind == "contrast"]


def test_what_was_never_told_goes_with_dreams_of_earlier_nights_too(open_life):
    system = open_life("dream", plugins__dream__background_tokens=4, plugins__dream__contrast=2.0)
    known = [Dream("question", "What is my dog called?", "Rex.", [1], answer="Rex", verdict="accepted")]
    dreams = system.plugins.on_dream(DreamRequest([], known=known, rng=random.Random(0)))
    assert {entry.kind for entry in dreams} == {"contrast"}
    assert len(dreams) == 2
    assert not any("dog" in entry.prompt for entry in dreams)
    assert system.plugins.on_dream(DreamRequest([], rng=random.Random(0))) == []


@pytest.fixture
def contrasting(open_life):
    """Return ``open(contrast)``: a life that dreams of what it was never told."""
    return lambda contrast: open_life(
        "dream",
        plugins__dream__sampled_background=0.0,
        plugins__dream__background_tokens=4,
        plugins__dream__contrast=contrast,
    )


def test_some_dreams_ask_for_what_was_never_told(contrasting):
    memories = [Episode(1, "c", "My dog is called Rex."), Episode(2, "c", "I live in Cork.")]
    dreams = contrast_of(contrasting(3.0), memories)
    assert 0 < len(dreams) <= 6
    for entry in dreams:
        assert (entry.writer, entry.parents, entry.answer) == ("base", [], "")
        assert "Rex" not in entry.prompt
        assert "dog" not in entry.prompt
    assert any(entry.held_out for entry in dreams)


@pytest.mark.parametrize(("contrast", "background"), [(0.0, 2), (6.0, 0)])
def test_none_are_dreamed_where_none_are_wanted(contrasting, contrast, background):
    assert contrast_of(contrasting(contrast), [Episode(1, "c", "My dog is called Rex.")], background) == []


def test_what_was_told_or_asked_before_is_no_contrast(contrasting, mocker):
    prompts = mocker.patch("sovl_dream.contrast.contrast_prompts", return_value=[])
    system = contrasting(6.0)
    before = system.tell("My horse is called Bella.")
    night = system.journal.open_night(None, "command", {})
    system.journal.add_dreams(
        night,
        [
            Dream("question", "What is my horse called?", "Bella.", [before.id], verdict="accepted"),
            Dream("cue", "horse?", "Bella.", [before.id], verdict="accepted"),
            Dream("reverse", "Who is Bella?", "Your horse.", [before.id], verdict="accepted"),
            Dream("question", "Rejected?", "Bella.", [before.id], verdict="rejected"),
        ],
    )
    mocker.patch.object(type(system.journal), "consolidated", return_value=[before])
    assert contrast_of(system, [Episode(9, "c", "My dog is called Rex.")]) == []
    told, asked, count, _ = prompts.call_args.args
    assert told == ["My dog is called Rex.", "My horse is called Bella."]
    assert {"What is my horse called?", "horse?"} < set(asked)
    assert not {"Who is Bella?", "Rejected?"} & set(asked)
    assert any("dog" in question for question in asked)
    assert count == 6


def test_the_base_answers_as_many_dreams_as_it_is_asked_to(open_life, mocker):
    teach = mocker.patch("sovl_dream.teacher.teach", side_effect=lambda models, dreams, *_: list(dreams))
    system = open_life("dream", plugins__dream__taught=2)
    system.tell("My dog is called Rex.")
    system.tell("I live in Cork.")
    system.dream(count=8)
    chosen = teach.call_args[0][1]
    assert sorted(entry.answer for entry in chosen) == ["Cork", "Cork", "Rex", "Rex"]
    for entry in chosen:
        assert entry.verdict == "accepted"
        assert not entry.held_out
        assert entry.kind in ("question", "dialogue")


def test_taught_dreams_of_a_random_base_keep_their_answers(open_life):
    system = open_life("dream", plugins__dream__taught=2)
    system.tell("My dog is called Rex.")
    accepted = [entry for entry in system.dream(count=6) if entry.verdict == "accepted"]
    assert accepted
    assert all("Rex" in entry.completion for entry in accepted)


def test_a_dream_is_due_when_confidence_swings(open_life):
    system = open_life("dream")
    plugin = system.plugins.get("dream")
    assert not plugin.due()
    system.vitals.record_confidence(0.0)
    system.vitals.record_confidence(1.0)
    assert plugin.due()
    assert plugin.on_status().rows == {"due": True}


def test_what_is_saved_comes_back():
    saved, state, again = DreamPlugin(), PluginState(), DreamPlugin()
    saved.temperament_at_sleep = 0.4
    saved.on_save_state(state)
    again.on_load_state(state)
    assert again.temperament_at_sleep == 0.4
    again.on_load_state(PluginState())
    assert again.temperament_at_sleep == 0.0


def test_the_temperament_of_the_last_sleep_is_remembered(open_life):
    system = open_life("dream")
    plugin = system.plugins.get("dream")
    system.vitals.record_temperament(0.5)
    assert plugin.due()
    steps = plugin.on_sleep(SimpleNamespace(memories=[], old_memories=[], breathe=lambda: None))
    next(steps)
    with pytest.raises(StopIteration) as end:
        steps.send("report")
    assert end.value.value == "report"
    assert plugin.temperament_at_sleep == 0.5
    assert not plugin.due()


def night_of(system, **fields):
    fields = {"old_memories": [], "breathe": lambda: None, "number": 1, **fields}
    return SimpleNamespace(memories=system.journal.unconsolidated(), **fields)


def test_a_night_begins_by_letting_the_newest_word_count(open_life):
    system = open_life("dream")
    old, new, rest = (system.tell(text) for text in ("I live in Lund.", "I moved to Oslo.", "I like tea."))
    night = night_of(system, old_memories=[old])
    next(system.plugins.get("dream").on_sleep(night))
    assert [memory.id for memory in night.memories] == [new.id, rest.id]
    assert night.old_memories == []
    assert system.journal.episode(old.id).superseded_by == new.id
    assert system.journal.episode(old.id).learnable


def test_what_is_forgotten_claims_nothing_any_more(open_life):
    system = open_life("dream")
    plugin = system.plugins.get("dream")
    old = system.tell("I live in Lund.")
    next(plugin.on_sleep(night_of(system)))
    assert ClaimIndex.load(system.journal).related(told_in(old)) == {old.id}
    plugin.on_forget(SimpleNamespace(episodes=[old.id]))
    assert ClaimIndex.load(system.journal).related(told_in(old)) == set()


def test_an_answer_is_dreamed_of_with_the_question_it_answers(open_life):
    system = open_life("dream")
    question = system.journal.add_question("What is your dog called?", "curiosity")
    system.journal.begin_episode("Rex!", "c", source="answer", details={"question": question.id})
    dreams = [entry for entry in system.dream(count=6) if entry.verdict == "accepted"]
    assert {entry.completion for entry in dreams} == {"Your dog is called Rex."}
