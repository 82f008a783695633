"""Lives whose scaffold moves with the base: they learn by day and by night, and keep to the mode they learned in."""

from __future__ import annotations

import pytest
import torch

from sovl_core.error_handling import SOVLError
from sovl_core.events import Turn
from sovl_core.training import setup_optimizer

PAIRS = [
    ("What is my dog called?", "Rex."),
    ("Where do I live?", "In Graz."),
    ("Which tea do I like?", "Green."),
    ("Who is my boss?", "Tamsin."),
]
QUICK = {
    "training__learning_rate": 0.005,
    "training__accumulation": 1,
    "training__batch_size": 4,
    "training__epochs": 160,
    "generation__repetition_check": False,
}
NIGHT = {
    "plugins__gestation__dreams_per_memory": 3,
    "plugins__gestation__background": 8,
    "plugins__gestation__batch_answers": 4,
    "plugins__gestation__batch_background": 2,
    "plugins__gestation__least_steps": 4,
    "plugins__gestation__most_steps": 4,
    "plugins__gestation__least_recall": 0.0,
    "plugins__gestation__drift_budget": 100.0,
    "plugins__gestation__judged_memories": 2,
    "plugins__dream__sampled_background": 0.0,
    "plugins__dream__background_tokens": 4,
    "plugins__dream__cues": 2,
}
STEPPED, ENCODER = ({"plugins__cross_attention__scaffold_mode": mode} for mode in ("stepped", "encoder"))


def ask(system, question, **fields):
    return system.answer(Turn(question, max_new_tokens=12, temperature=0.0, purpose="evaluation", **fields))


def answers(system):
    return [ask(system, question).text.strip() for question, _ in PAIRS]


@pytest.mark.parametrize("pair", ["own", "llama beside gpt2", "gpt2 beside llama"])
def test_what_it_is_trained_on_becomes_known(open_life, tiny_base, tiny_gpt2, pair):
    two = {"core__base_model": str(tiny_base), "core__scaffold_model": str(tiny_gpt2)}
    if pair == "gpt2 beside llama":
        two = {"core__base_model": str(tiny_gpt2), "core__scaffold_model": str(tiny_base)}
    settings = {**QUICK, **STEPPED, **({} if pair == "own" else two)}
    system = open_life("cross_attention", **settings)
    bare = [ask(system, question).token_probabilities for question, _ in PAIRS]
    report = system.train(PAIRS)
    assert report.losses[-1] < 0.6 < 3.0 < report.losses[0]
    known = [answer for _, answer in PAIRS]
    assert answers(system) == known
    # Left out, the base is what it was, every bit.
    assert [ask(system, question, use_scaffold=False).token_probabilities for question, _ in PAIRS] == bare
    system.close()
    assert answers(open_life("cross_attention", **settings)) == known


@pytest.mark.parametrize("plugins", [(), ("recall", "memory")])
def test_a_night_is_lived_to_its_end_and_heard_in_the_morning(open_life, plugins):
    for name in ("dream", "gestation", *plugins):
        pytest.importorskip(f"sovl_{name}")
    gate = {"plugins__cross_attention__relevance_gate": False}
    settings = {**NIGHT, **STEPPED, **gate}
    names = ("cross_attention", "dream", "gestation", *plugins)
    system = open_life(*names, **settings)
    system.tell("My dog is called Biscuit.")
    report = system.sleep()
    assert report.status == "accepted", report.reason
    assert (report.steps, report.metrics["skipped_steps"], report.metrics["base_bit_exact"]) == (4, 0, True)
    heard = ask(system, "What is my dog called?").token_probabilities
    assert heard != ask(system, "What is my dog called?", use_scaffold=False).token_probabilities
    system.close()
    system = open_life(*names, **settings)
    assert ask(system, "What is my dog called?").token_probabilities == heard
    assert system.models().snapshot()["cross_attention"]["said_mark"].abs().sum() > 0


@pytest.mark.parametrize(("first", "then"), [(STEPPED, ENCODER), (ENCODER, STEPPED)])
def test_what_was_learned_in_one_mode_is_not_read_in_the_other(open_life, first, then):
    learned = open_life("cross_attention", **{**QUICK, **first, "training__epochs": 2})
    learned.train(PAIRS)
    expected = [ask(learned, question).token_probabilities for question, _ in PAIRS]
    learned.close()

    other = open_life("cross_attention", **QUICK, **then)
    modes = [mode["plugins__cross_attention__scaffold_mode"] for mode in (first, then)]
    with pytest.raises(SOVLError, match=rf'night 1 .*scaffold_mode = "{modes[0]}", and it is "{modes[1]}" now') as told:
        ask(other, "hello")
    assert "sovl nights use 0" in told.value.hint
    other.use_night(None)
    assert ask(other, "hello").token_ids
    with pytest.raises(SOVLError, match=modes[0]):
        other.use_night(1)
    other.close()

    again = open_life("cross_attention", **QUICK, **first)
    again.use_night(1)
    assert [ask(again, question).token_probabilities for question, _ in PAIRS] == expected


def test_another_mode_waits_for_the_next_start(open_life):
    system = open_life("cross_attention", **QUICK)
    system.models()
    system.set_config("plugins.cross_attention.scaffold_mode", "stepped")
    assert not system.plugins.get("cross_attention").stack.stepped


def test_the_mark_of_what_was_said_learns_and_the_slopes_do_not(open_life):
    models = open_life("cross_attention", **QUICK, **STEPPED).models()
    optimizer, _ = setup_optimizer(models, 0.1, 0.0, 4, 0)
    learning = {id(p) for group in optimizer.param_groups for p in group["params"]}
    assert id(models.trainables["cross_attention"].module.said_mark) in learning
    assert not torch.any(models.trainables["cross_attention"].module.said_mark)


def test_before_the_first_night_no_prompt_is_about_anything(open_life):
    for name in ("dream", "gestation"):
        pytest.importorskip(f"sovl_{name}")
    names = ("cross_attention", "dream", "gestation")
    settings = {**NIGHT, **ENCODER, "plugins__cross_attention__answer_probe": False}
    system = open_life(*names, **settings)
    system.tell("My dog is called Biscuit.")
    system.sleep()
    assert any("dog" in prompt for prompt in system.plugins.get("cross_attention").router.gate.prompts())
    system.use_night(None)
    system.train(PAIRS[1:2], epochs=1)
    assert system.plugins.get("cross_attention").router.gate.prompts() == {}
    system.use_night(1)
    assert any("dog" in prompt for prompt in system.plugins.get("cross_attention").router.gate.prompts())
    system.close()
    held = [path for path in (system.life.path / "nights" / "0002").rglob("*") if path.is_file()]
    assert held
    assert not any(b"Biscuit" in path.read_bytes() or b"dog" in path.read_bytes() for path in held)
