from __future__ import annotations

import pytest
import torch

from sovl_core.answer_states import PromptCache, answer_states, full_states
from sovl_core.data_processing import Encoded, Example, collate
from sovl_core.events import ScaffoldContext, Turn
from sovl_core.generation import generate_reply, prefill
from sovl_core.model_layers import decoder_layers
from sovl_core.settings import GenerationSettings
from sovl_cross_attention.reader import read
from sovl_cross_attention.stack import get_cross_attention_layers, insert_cross_attention

CLOSE = {"rtol": 1e-4, "atol": 1e-4}
QUESTION = "what is my dog called?"
EVERY_PAIR = pytest.mark.parametrize(
    ("base", "scaffold"), [("llama", "own"), ("gpt2", "own"), ("llama", "gpt2"), ("gpt2", "llama")]
)


def logits(models, ids, **more):
    ids = torch.tensor([ids] if isinstance(ids[0], int) else ids)
    with torch.no_grad():
        return models.base(input_ids=ids, **more).logits


def context(models, text=QUESTION, influence=1.0):
    with torch.no_grad():
        made = read(models, [text])
    made.influence = influence
    return made


def prompt(models, text=QUESTION):
    return models.base_tokenizer.encode(text)


@EVERY_PAIR
def test_before_it_was_trained_it_is_the_identity(build, listen, base, scaffold):
    models = build(base, scaffold)
    bare = logits(models, prompt(models))
    stack = listen(models, gate=0.0)
    assert stack.is_identity
    with stack.hearing(context(models)):
        assert torch.equal(logits(models, prompt(models)), bare)
    with stack.hearing(context(models), everywhere=True):
        assert torch.equal(logits(models, prompt(models)), bare)


@EVERY_PAIR
def test_with_open_gates_it_speaks_at_the_last_position_alone(build, listen, base, scaffold):
    models = build(base, scaffold)
    bare = logits(models, prompt(models))
    stack = listen(models)
    assert not stack.is_identity
    with stack.hearing(context(models)):
        heard = logits(models, prompt(models))
    assert torch.equal(heard[:, :-1], bare[:, :-1])
    assert not torch.allclose(heard[:, -1], bare[:, -1], atol=1e-2)
    assert torch.equal(logits(models, prompt(models)), bare)


def silenced(stack, models, way):
    """What leaves the base bare although the gates stand open."""
    import contextlib

    stacked = contextlib.ExitStack()
    influence = 0.0 if way == "no influence" else 1.0
    weights = [0.0, 0.0] if way == "layers weigh nothing" else ()
    heard = None if way == "nothing to hear" else context(models, influence=influence)
    stacked.enter_context(stack.hearing(heard, weights))
    if way == "bypass":
        stacked.enter_context(models.bypass())
    return stacked


@pytest.mark.parametrize("way", ["no influence", "layers weigh nothing", "nothing to hear", "bypass"])
@pytest.mark.parametrize("base", ["llama", "gpt2"])
def test_silenced_it_leaves_every_bit(build, listen, base, way):
    models = build(base)
    bare = logits(models, prompt(models))
    stack = listen(models)
    with silenced(stack, models, way):
        assert torch.equal(logits(models, prompt(models)), bare)


@EVERY_PAIR
def test_training_passes_compute_what_replies_do(build, listen, base, scaffold):
    """Logits of an answer token by token equal those of a pass over answers alone and of one over everything."""
    models = build(base, scaffold)
    stack = listen(models)
    answer = models.base_tokenizer.encode("rex")
    said = [*prompt(models), *answer]
    batch = collate([Encoded(said, len(said) - len(answer), Example(QUESTION, "rex"))], 0)
    steps = []
    with stack.hearing(context(models)), torch.no_grad():
        output = models.base(input_ids=torch.tensor([said[: -len(answer)]]), use_cache=True)
        for token in answer:
            steps.append(output.logits[0, -1])
            output = models.base(
                input_ids=torch.tensor([[token]]), past_key_values=output.past_key_values, use_cache=True
            )
    positions = batch.prompt_mask.roll(-1, 1).logical_not() & batch.attention_mask.bool()
    with stack.hearing(context(models), everywhere=True, positions=positions), torch.no_grad():
        for states in (answer_states(models, batch, PromptCache()), full_states(models, batch)):
            torch.testing.assert_close(models.logits(states.hidden), torch.stack(steps), **CLOSE)


@EVERY_PAIR
def test_a_later_token_never_changes_earlier_logits(build, listen, base, scaffold):
    models = build(base, scaffold)
    stack = listen(models)
    said = prompt(models) + models.base_tokenizer.encode("it is called rex")
    begins = len(prompt(models)) - 1
    positions = torch.arange(len(said))[None] >= begins
    with stack.hearing(context(models), everywhere=True, positions=positions):
        before = logits(models, said)
        for changed in (begins - 2, begins, begins + 1, len(said) - 1):
            other = list(said)
            other[changed] = 7
            after = logits(models, other)
            assert torch.equal(after[:, :changed], before[:, :changed])
            assert not torch.equal(after[:, changed], before[:, changed])


@EVERY_PAIR
def test_padding_changes_nothing(build, listen, base, scaffold):
    models = build(base, scaffold)
    stack = listen(models)
    questions = [QUESTION, "who?", "where do i live then, and with whom?"]
    encoded = [
        Encoded(prompt(models, q) + models.base_tokenizer.encode(a), len(prompt(models, q)), Example(q, a))
        for q, a in zip(questions, ["rex", "a very long answer", "g"])
    ]

    def run(items, states):
        batch = collate(items, 0)
        with torch.no_grad():
            heard = read(models, [item.example.prompt for item in items])
            positions = batch.prompt_mask.roll(-1, 1).logical_not() & batch.attention_mask.bool()
            with stack.hearing(heard, everywhere=True, positions=positions):
                found = states(models, batch)
        return [found.hidden[found.rows == row] for row in range(len(items))]

    for states in (answer_states, full_states):
        together = run(encoded, states)
        for row, item in enumerate(encoded):
            torch.testing.assert_close(together[row], run([item], states)[0], **CLOSE)


@pytest.mark.parametrize("base", ["llama", "gpt2"])
def test_a_prompt_in_chunks_is_read_bare_up_to_its_last_token(build, listen, base):
    models = build(base)
    ids = torch.tensor([prompt(models) * 3])
    stack = listen(models)
    with torch.no_grad():
        bare = models.base.base_model(input_ids=ids[:, :-1], use_cache=True).past_key_values
    with stack.hearing(context(models)):
        cache = prefill(models, ids, lambda: False, chunk=7)
    for ours, theirs in zip(cache.layers, bare.layers):
        torch.testing.assert_close(ours.keys, theirs.keys, **CLOSE)
        torch.testing.assert_close(ours.values, theirs.values, **CLOSE)


@pytest.mark.parametrize("base", ["llama", "gpt2"])
def test_a_reply_is_the_same_however_its_prompt_is_read(build, listen, base, mocker):
    models = build(base)
    stack = listen(models)
    mocker.patch("sovl_core.generation.PREFILL_CHUNK", 16)
    turn = Turn(QUESTION + " tell me, tell me", max_new_tokens=8)
    whole, chunked = GenerationSettings(repetition_check=False), GenerationSettings(repetition_check=False)
    chunked.max_prompt_tokens = 16
    with stack.hearing(context(models)):
        expected = generate_reply(models, turn, whole)
        reply = generate_reply(models, turn, chunked)
    assert reply.token_ids == expected.token_ids
    assert reply.token_probabilities == pytest.approx(expected.token_probabilities, rel=1e-3)
    assert generate_reply(models, turn, whole).token_probabilities != expected.token_probabilities


def test_a_reply_within_a_reply_leaves_the_outer_one_what_it_heard(build, listen):
    models = build()
    stack = listen(models)
    with stack.hearing(context(models)):
        outer = logits(models, prompt(models))
        with stack.hearing(None):
            inner = logits(models, prompt(models))
        with pytest.raises(KeyError), stack.hearing(context(models, "other")):
            raise KeyError
        assert torch.equal(logits(models, prompt(models)), outer)
    bare = logits(models, prompt(models))
    assert torch.equal(inner, bare)
    assert not torch.equal(outer, bare)


def test_influence_and_the_weights_of_layers_multiply(build, listen):
    models = build()
    stack = listen(models)

    def last(influence=1.0, weights=()):
        with stack.hearing(context(models, influence=influence), weights):
            return logits(models, prompt(models))[0, -1]

    assert torch.equal(last(0.5), last(1.0, [0.5, 0.5]))
    assert torch.equal(last(1.0, [1.0]), last())
    assert not torch.allclose(last(1.0, [0.0]), last(1.0, [1.0, 0.0]), atol=1e-3)


def test_biases_and_further_rows_are_heard(build, listen):
    models = build()
    stack = listen(models)

    def last(**more):
        given = context(models)
        for key, value in more.items():
            setattr(given, key, value)
        with stack.hearing(given):
            return logits(models, prompt(models))[0, -1]

    plain = last()
    rows = given_rows = torch.randn(3, 32, generator=torch.Generator().manual_seed(1))
    tokens = len(prompt(models))
    torch.testing.assert_close(last(key_bias=torch.full((1, tokens), 2.5)), plain, **CLOSE)
    assert not torch.allclose(last(key_bias=torch.arange(float(tokens))[None]), plain, atol=1e-3)
    assert not torch.allclose(last(extra_rows=rows), plain, atol=1e-3)
    unheard = torch.full((3,), -1e9)
    torch.testing.assert_close(last(extra_rows=given_rows, extra_bias=unheard), plain, **CLOSE)


@pytest.mark.parametrize("bias", [None, "shared", "each"])
def test_each_example_hears_its_own_further_rows(build, listen, bias):
    models = build()
    stack = listen(models)
    rows = torch.randn(2, 3, 32, generator=torch.Generator().manual_seed(1))
    biases = {None: None, "shared": torch.tensor([0.0, -1.0, 0.5])}.get(bias, torch.randn(2, 3))
    ids = prompt(models)

    def last(examples, extra, extra_bias):
        with torch.no_grad():
            given = read(models, [QUESTION] * examples)
        given.extra_rows, given.extra_bias = extra, extra_bias
        with stack.hearing(given):
            return logits(models, [ids] * examples)[:, -1]

    together = last(2, rows, biases)
    for row in range(2):
        own = biases if biases is None or biases.dim() == 1 else biases[row]
        torch.testing.assert_close(together[row : row + 1], last(1, rows[row], own), **CLOSE)
    assert not torch.allclose(together[0], together[1], atol=1e-3)


def test_a_row_that_pads_is_not_heard(build, listen):
    models = build()
    stack = listen(models)
    given, padded = context(models), context(models)
    rows = torch.randn(1, 2, 32, generator=torch.Generator().manual_seed(2))
    given.add_rows(rows[:, :1])
    padded.add_rows(rows, torch.tensor([[0.0, float("-inf")]]))
    with stack.hearing(given):
        expected = logits(models, prompt(models))
    with stack.hearing(padded):
        torch.testing.assert_close(logits(models, prompt(models)), expected, **CLOSE)


def test_hooks_are_put_on_and_taken_off(build, listen):
    models = build("gpt2")

    def hooks():
        return [len(layer._forward_hooks) for layer in decoder_layers(models.base)]

    stack = listen(models, layers=(2, 3))
    assert hooks() == [0, 0, 1, 1]
    assert get_cross_attention_layers(stack) == [2, 3]
    stack.remove()
    assert hooks() == [0, 0, 0, 0]
    bare = logits(models, prompt(models))
    with stack.hearing(context(models)):
        assert torch.equal(logits(models, prompt(models)), bare)


def test_only_its_own_parameters_are_its(build, listen):
    models = build("llama", "gpt2")
    stack = listen(models, layers=(1, 3))
    names = set(stack.state_dict())
    assert {name.split(".")[0] for name in names} == {"projection", "layers"}
    assert {name.split(".")[1] for name in names if name.startswith("layers")} == {"1", "3"}
    assert all(p.dtype == torch.float32 and p.requires_grad for p in stack.parameters())


def test_heads_fit_the_base_or_are_what_is_asked_for(build):
    models = build(base_width=64)
    first = insert_cross_attention(models, [1], 64).cross_layers()[0]
    assert first.heads * first.head_width == pytest.approx(64 / 3, abs=first.head_width / 2)
    asked = insert_cross_attention(models, [1], 64, heads=5, head_width=6).cross_layers()[0]
    assert (asked.heads, asked.head_width) == (5, 6)


def test_a_seed_decides_its_start_and_leaves_other_randomness_alone(build):
    models = build()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, same, other = (insert_cross_attention(models, [1], 32, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(3), expected)
    assert all(torch.equal(a, b) for a, b in zip(first.state_dict().values(), same.state_dict().values()))
    assert not torch.equal(first.cross_layers()[0].key.weight, other.cross_layers()[0].key.weight)


def test_a_base_in_half_precision_stays_in_it(build, listen):
    models = build("llama", "gpt2")
    models.base.to(torch.bfloat16)
    stack = listen(models)
    bare = logits(models, prompt(models))
    with stack.hearing(context(models)):
        heard = logits(models, prompt(models))
    assert heard.dtype == torch.bfloat16
    assert torch.equal(heard[:, :-1], bare[:, :-1])
    assert not torch.equal(heard[:, -1], bare[:, -1])


def test_layers_that_return_tuples_are_served_too(build, listen):
    models = build()
    stack = listen(models, layers=(3,))
    hook = stack._hook(3)
    hidden = torch.randn(1, 4, 32)
    given = ScaffoldContext(torch.randn(1, 2, 32), torch.ones(1, 2, dtype=torch.bool), torch.zeros(1, 2))
    with stack.hearing(given), torch.no_grad():
        replaced = hook(None, None, (hidden, "cache"))
    assert isinstance(replaced, tuple)
    assert replaced[1] == "cache"
    assert torch.equal(replaced[0][:, :-1], hidden[:, :-1])
    assert not torch.equal(replaced[0][:, -1], hidden[:, -1])
