"""The plugin in real lives on tiny models: it learns, and switched off it is not there."""

from __future__ import annotations

import shutil

import pytest
import torch

from sovl_core.data_processing import Example, collate, pad_token_id, tokenize_and_map
from sovl_core.events import TrainStep, Turn
from sovl_core.model_layers import decoder_layers
from sovl_core.optimization_step import train_step
from sovl_core.records import Message
from sovl_core.validation import validate_epoch

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
    "generation__greedy": True,
    "generation__max_new_tokens": 12,
    "generation__repetition_check": False,
}


def ask(system, question, **fields):
    """What is answered in a conversation of its own, with the logits of each of the base's passes on the way."""
    logits = []
    hook = system.models().base.register_forward_hook(lambda m, a, output: logits.append(output.logits[:, -1].clone()))
    reply = system.answer(Turn(question, max_new_tokens=12, **fields))
    hook.remove()
    return reply, torch.cat(logits)


def bare(system, question):
    """Tokens and logits of transformers alone on the same ids."""
    from sovl_core.data_processing import encode_chat
    from sovl_core.generation import end_ids

    models = system.models()
    ids = torch.tensor([encode_chat(models.base_tokenizer, [Message("user", question)])])
    plain = type(models.base).from_pretrained(models.base_path)
    output = plain.eval().generate(
        ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=12,
        do_sample=False,
        eos_token_id=sorted(end_ids(models)),
        pad_token_id=pad_token_id(models.base_tokenizer),
        return_dict_in_generate=True,
        output_logits=True,
    )
    return output.sequences[0, ids.shape[1] :].tolist(), torch.cat(output.logits)


@pytest.fixture(scope="module")
def trained(tiny_base, tmp_path_factory):
    """The folder of a life that was trained by day until it knew."""
    from sovl_core.system import SOVLSystem

    folder = tmp_path_factory.mktemp("trained") / "life"
    settings = {key.replace("__", "."): value for key, value in QUICK.items()}
    settings.update({"core.base_model": str(tiny_base), "core.scaffold_model": "base[:2]", "core.device": "cpu"})
    opened = SOVLSystem.open(folder, overrides=settings, plugins=["cross_attention"], strict=True, environ={})
    with opened as system:
        system.train(PAIRS)
    return folder


@pytest.fixture
def learned(open_life, trained, tmp_path):
    """A life of one's own that knows."""
    shutil.copytree(str(trained), str(tmp_path / "life"))
    return open_life("cross_attention", **QUICK)


def test_what_it_is_trained_on_becomes_known(open_life):
    system = open_life("cross_attention", **QUICK)
    before = [ask(system, question)[0].text for question, _ in PAIRS]
    assert not any(answer in text for text, (_, answer) in zip(before, PAIRS))
    report = system.train(PAIRS)
    assert report.losses[0] > 3.0
    assert report.losses[-1] < 0.6
    assert [ask(system, question)[0].text for question, _ in PAIRS] == [answer for _, answer in PAIRS]
    system.close()
    again = open_life("cross_attention", **QUICK)
    assert [ask(again, question)[0].text for question, _ in PAIRS] == [answer for _, answer in PAIRS]


@pytest.mark.parametrize("way", ["influence", "use_scaffold", "bypass", "threshold", "weight", "without the plugin"])
def test_switched_off_after_training_every_bit_is_the_bare_bases(learned, open_life, way):
    system, fields = learned, {}
    if way == "influence":
        fields = {"influence": 0.0}
    elif way == "use_scaffold":
        fields = {"use_scaffold": False}
    elif way == "threshold":
        system.plugins.settings("cross_attention").relevance_threshold = 1.0
    elif way == "weight":
        system.set_config("plugins.cross_attention.weight", 0.0)
    elif way == "without the plugin":
        system.close()
        system = open_life(**QUICK)
    for question, answer in [*PAIRS, ("Tell me a joke.", None)]:
        if answer and way not in ("threshold", "weight", "without the plugin"):
            assert ask(system, question)[0].text == answer
        if way == "bypass":
            with system.models().bypass():
                reply, logits = ask(system, question)
        else:
            reply, logits = ask(system, question, **fields)
        tokens, expected = bare(system, question)
        assert reply.token_ids == tokens
        assert torch.equal(logits, expected)


def test_before_training_every_bit_is_the_bare_bases(open_life):
    system = open_life("cross_attention", **QUICK)
    tokens, expected = bare(system, PAIRS[0][0])
    reply, logits = ask(system, PAIRS[0][0])
    assert reply.token_ids == tokens
    assert torch.equal(logits, expected)


def test_a_dry_run_leaves_every_bit(learned):
    before = learned.models().snapshot()
    report = learned.train([("Something else?", "No.")] * 4, dry_run=True)
    assert (report.dry_run, report.steps) == (True, 1)
    after = learned.models().snapshot()
    for name, tensors in before.items():
        assert all(torch.equal(after[name][key], tensor) for key, tensor in tensors.items())


def test_validation_measures_what_training_learns(learned, mocker):
    """On the same batch both give the same loss, but for the weight of tokens that are known already."""
    mocker.patch("sovl_core.optimization_step.KNOWN_TOKEN_WEIGHT", 1.0)
    models = learned.models()
    new = [("What is my dog called?", "Max."), ("Where?", "In a very far away place."), ("x", "y")]
    encoded = tokenize_and_map(models.base_tokenizer, [Example(q, a) for q, a in new])
    batch = collate(encoded, pad_token_id(models.base_tokenizer))
    with torch.no_grad():
        trained = learned.plugins.on_train_step(TrainStep(batch, models), train_step)
    validated = validate_epoch(models, [batch], learned.plugins)
    assert validated.loss == pytest.approx(trained.loss, rel=1e-4)
    assert validated.tokens == trained.tokens
    with models.bypass():
        alone = validate_epoch(models, [batch], learned.plugins)
    assert alone.loss != pytest.approx(validated.loss, rel=1e-2)


@pytest.mark.parametrize("base_is_llama", [True, False])
def test_a_scaffold_of_another_kind_learns_and_answers(open_life, tiny_base, tiny_gpt2, base_is_llama):
    base, scaffold = (tiny_base, tiny_gpt2) if base_is_llama else (tiny_gpt2, tiny_base)
    system = open_life("cross_attention", core__base_model=str(base), core__scaffold_model=str(scaffold), **{**QUICK})
    models = system.models()
    assert models.scaffold_tokenizer is not models.base_tokenizer
    report = system.train(PAIRS)
    assert report.losses[-1] < 0.6
    assert [ask(system, question)[0].text.strip() for question, _ in PAIRS] == [answer for _, answer in PAIRS]
    tokens, expected = bare(system, PAIRS[0][0])
    reply, logits = ask(system, PAIRS[0][0], use_scaffold=False)
    assert reply.token_ids == tokens
    assert torch.equal(logits, expected)


def test_given_up_models_carry_no_hook(learned):
    base = learned.models().base
    assert any(layer._forward_hooks for layer in decoder_layers(base))
    learned.reload_models()
    assert not any(layer._forward_hooks for layer in decoder_layers(base))
    assert ask(learned, PAIRS[0][0])[0].text == PAIRS[0][1]
    base = learned.models().base
    learned.close()
    assert not any(layer._forward_hooks for layer in decoder_layers(base))


def test_streams_and_long_prompts_are_served(learned):
    pieces = []
    reply = learned.answer(Turn(PAIRS[0][0], max_new_tokens=12, on_text=pieces.append))
    assert "".join(pieces) == reply.text == PAIRS[0][1]
    learned.config.generation.max_prompt_tokens = 16
    assert ask(learned, PAIRS[0][0])[0].text == PAIRS[0][1]


def test_layers_named_by_hand_and_layers_that_do_not_exist(open_life):
    from sovl_core.error_handling import PluginError

    named = {"plugins__cross_attention__presets": {"mine": [0, 2]}, "plugins__cross_attention__placement": "mine"}
    system = open_life("cross_attention", **named)
    system.models()
    assert system.status()["plugins"]
    assert system.plugins.get("cross_attention").stack.numbers == [0, 2]
    system.close()
    chosen = {"plugins__cross_attention__placement": "custom"}
    system = open_life("cross_attention", **chosen, plugins__cross_attention__layers=[7])
    with pytest.raises(PluginError, match="layer 7 does not exist"):
        system.models()


def test_without_adapters_the_cross_attention_learns_alone(open_life):
    without = {**QUICK, "training__epochs": 2, "lora__enabled": False}
    system = open_life("cross_attention", **without)
    system.train(PAIRS)
    trained = {name: set(tensors) for name, tensors in system.models().snapshot().items()}
    assert trained["scaffold"] == set()
    assert any(name.endswith("gate") for name in trained["cross_attention"])
    reply = ask(system, PAIRS[0][0])[0].token_ids
    assert not system.plugins.get("cross_attention").stack.is_identity
    system.close()
    again = open_life("cross_attention", **without)
    assert ask(again, PAIRS[0][0])[0].token_ids == reply
    assert not again.plugins.get("cross_attention").stack.is_identity
