"""The newest word counts in a whole life: two nights on a tiny random model, with gate and rows."""

from __future__ import annotations

import pytest

NIGHT = {
    "plugins__gestation__least_steps": 2,
    "plugins__gestation__most_steps": 2,
    "plugins__gestation__background": 6,
    "plugins__gestation__batch_answers": 4,
    "plugins__gestation__batch_background": 2,
    "plugins__gestation__dreams_per_memory": 4,
    # A random model recalls nothing: what it learned is to be looked at all the same.
    "plugins__gestation__least_recall": 0.0,
    "plugins__gestation__drift_budget": 100.0,
    "plugins__dream__background_tokens": 4,
    "plugins__dream__contrast": 1.0,
    "plugins__dream__sampled_background": 0.0,
    "core__scaffold_model": "base[:1]",
}


@pytest.fixture
def system(open_life):
    return open_life("dream", "gestation", "cross_attention", "recall", **NIGHT)


def remembered(system):
    """Return the memories that the gate tells apart, and those that have rows."""
    about = {m for m in system.plugins.get("cross_attention").router.gate.prompts().values() if m > 0}
    return about, set(system.plugins.get("recall").rows.memories())


def test_what_was_told_otherwise_is_neither_rehearsed_nor_recalled_after_the_next_night(system):
    lund, dog = system.tell("I live in Lund."), system.tell("My dog is called Rex.")
    assert system.sleep().learned == [lund.id, dog.id]
    assert remembered(system) == ({lund.id, dog.id}, {lund.id, dog.id})

    oslo = system.tell("I moved to Oslo.")
    report = system.sleep()
    assert report.learned == [oslo.id]
    assert remembered(system) == ({oslo.id, dog.id}, {oslo.id, dog.id})
    asked = system.generate("Where do I live?").annotations["cross_attention.memories"]
    assert asked[0][0] == oslo.id
    assert lund.id not in dict(asked)
    assert system.journal.episode(lund.id).superseded_by == oslo.id
    assert [memory.id for memory in system.journal.consolidated()] == [dog.id, oslo.id]
    assert {parent for d in system.journal.accepted_dreams(limit=None) for parent in d.parents} == {dog.id, oslo.id}


def test_both_told_on_one_day_one_is_learned(system):
    lund, oslo = system.tell("I live in Lund."), system.tell("I live in Oslo now.")
    assert system.sleep().learned == [oslo.id]
    assert remembered(system) == ({oslo.id}, {oslo.id})
    assert system.journal.episode(lund.id).night is None
    assert system.journal.unconsolidated() == []
