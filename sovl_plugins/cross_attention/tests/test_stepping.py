"""The scaffold in step with the base: what training computes is what replies compute, and nothing comes too early."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace

import pytest
import torch

from sovl_core import model_layers
from sovl_core.answer_states import PromptCache, answer_states, full_states
from sovl_core.data_processing import Encoded, Example, collate
from sovl_core.error_handling import SOVLError
from sovl_core.events import Turn
from sovl_core.generation import generate_reply
from sovl_core.model_layers import output_size, text_config
from sovl_core.scaffold import scaffold_hidden_states
from sovl_core.settings import GenerationSettings
from sovl_cross_attention.reader import read
from sovl_cross_attention.stepping import GoingOn, Steps, answers_said, fed_tokens

CLOSE = {"rtol": 1e-4, "atol": 1e-4}
QUESTION = "what is my dog called?"
ANSWER = "it is called rex 🐕!"
EVERY_PAIR = pytest.mark.parametrize(
    ("base", "scaffold"), [("llama", "own"), ("gpt2", "own"), ("llama", "gpt2"), ("gpt2", "llama")]
)


@pytest.fixture
def stepping(build, listen):
    """Return ``stepping(base, scaffold)``: models, and a stack whose gates stand open."""

    def make(base="llama", scaffold="own", **fields):
        models = build(base, scaffold)
        return models, listen(models, stepped=True, **fields)

    return make


def encoded(models, question=QUESTION, answer=ANSWER):
    ids = models.base_tokenizer.encode(question)
    return Encoded(ids + models.base_tokenizer.encode(answer), len(ids), Example(question, answer))


def trained(models, stack, items, shape=lambda context: None, states=answer_states):
    """Logits of a training step's pass: those of each example's answer tokens."""
    batch = collate(items, 0)
    positions = batch.prompt_mask.roll(-1, 1).logical_not() & batch.attention_mask.bool()
    context = read(models, [i.example.prompt for i in items], True, answers=answers_said(stack.table(), batch))
    shape(context)
    with torch.no_grad(), stack.hearing(context, everywhere=True, positions=positions):
        found = states(models, batch)
    return [models.logits(found.hidden[found.rows == row]) for row in range(len(items))]


@contextlib.contextmanager
def replying(models, stack, question=QUESTION, shape=lambda context: None, weights=()):
    steps = Steps(models, question, stack.table())
    context = steps.context()
    shape(context)
    with torch.no_grad(), stack.hearing(context, weights, steps=steps):
        yield


def fed(models, item):
    """Logits token by token, as a reply is decoded."""
    answer = item.input_ids[item.prompt_length :]
    output = models.base(input_ids=torch.tensor([item.input_ids[: item.prompt_length]]), use_cache=True)
    found = [output.logits[0, -1]]
    for token in answer[:-1]:
        output = models.base(input_ids=torch.tensor([[token]]), past_key_values=output.past_key_values, use_cache=True)
        found.append(output.logits[0, -1])
    return torch.stack(found)


def bare(models, item):
    with models.bypass(), torch.no_grad():
        return fed(models, item)


@EVERY_PAIR
@pytest.mark.parametrize("states", [lambda *given: answer_states(*given, PromptCache()), full_states])
def test_training_passes_compute_what_replies_do(stepping, base, scaffold, states):
    models, stack = stepping(base, scaffold)
    item = encoded(models)
    with replying(models, stack):
        steps = fed(models, item)
    torch.testing.assert_close(trained(models, stack, [item], states=states)[0], steps, **CLOSE)
    assert not torch.allclose(bare(models, item), steps, atol=1e-2)


@EVERY_PAIR
def test_it_hears_what_the_scaffold_makes_of_the_answer(stepping, base, scaffold):
    models, stack = stepping(base, scaffold)
    item = encoded(models)

    def deaf(context):
        context.mask = context.read()[1] & (context.said == 0)

    heard, unheard = (trained(models, stack, [item], shape)[0] for shape in (lambda context: None, deaf))
    torch.testing.assert_close(heard[0], unheard[0], **CLOSE)
    assert all(not torch.allclose(now, then, atol=1e-3) for now, then in zip(heard[1:], unheard[1:]))


@EVERY_PAIR
def test_a_later_token_never_changes_earlier_logits(stepping, base, scaffold):
    models, stack = stepping(base, scaffold)
    item = encoded(models, answer="it is called rex!")
    for states in (answer_states, full_states):
        before = trained(models, stack, [item], states=states)[0]
        for changed in range(len(before) - 1):
            other = encoded(models, answer="it is called rex!")
            other.input_ids[item.prompt_length + changed] = models.base_tokenizer.encode("z")[0]
            after = trained(models, stack, [other], states=states)[0]
            assert torch.equal(after[: changed + 1], before[: changed + 1])
            assert not torch.allclose(after[changed + 1], before[changed + 1], atol=1e-4)


@EVERY_PAIR
@pytest.mark.parametrize("silent", [False, True])
def test_padding_is_never_heard(stepping, base, scaffold, silent):
    models, stack = stepping(base, scaffold)
    rows = torch.randn(2, output_size(models.scaffold), generator=torch.Generator().manual_seed(1))

    def shape(context):
        context.silent = silent
        context.add_rows(rows)

    pairs = [(QUESTION, "rex"), ("who?", "a very long answer 🐕"), ("where do i live then, and with whom?", "g")]
    items = [encoded(models, *pair) for pair in pairs]
    for states in (answer_states, full_states):
        together = trained(models, stack, items, shape, states)
        for row, item in enumerate(items):
            torch.testing.assert_close(together[row], trained(models, stack, [item], shape, states)[0], **CLOSE)


@pytest.mark.parametrize("way", ["shut gates", "no influence", "layers weigh nothing", "nothing to hear", "bypass"])
@pytest.mark.parametrize("base", ["llama", "gpt2"])
def test_silenced_it_leaves_every_bit(stepping, base, way):
    models, stack = stepping(base, gate=0.0 if way == "shut gates" else 0.7)
    item = encoded(models)
    expected = bare(models, item)

    def quiet(context):
        context.influence = 0.0 if way == "no influence" else 1.0

    weights = [0.0, 0.0] if way == "layers weigh nothing" else ()
    with replying(models, stack, shape=quiet, weights=weights), contextlib.ExitStack() as within:
        if way == "bypass":
            within.enter_context(models.bypass())
        if way == "nothing to hear":
            within.enter_context(stack.hearing(None))
        found = fed(models, item)
    assert torch.equal(found, expected)


def test_without_influence_the_scaffold_does_not_even_read(stepping, mocker):
    models, stack = stepping()
    reading = mocker.spy(GoingOn, "read")
    with replying(models, stack, shape=lambda context: setattr(context, "influence", 0.0)):
        reading.reset_mock()
        fed(models, encoded(models))
    assert reading.call_count == 0


@EVERY_PAIR
def test_a_text_longer_than_the_scaffolds_positions_is_read_in_windows(stepping, base, scaffold):
    models, stack = stepping(base, scaffold)
    text_config(models.scaffold).max_position_embeddings = 16
    item = encoded(models, answer=ANSWER * 2)
    with replying(models, stack):
        steps = fed(models, item)
    torch.testing.assert_close(trained(models, stack, [item])[0], steps, **CLOSE)


@EVERY_PAIR
@pytest.mark.parametrize("window", [None, 4])
def test_reading_on_gives_what_reading_at_once_gives(stepping, base, scaffold, window):
    models, _ = stepping(base, scaffold)
    if window:
        text_config(models.scaffold).max_position_embeddings = window
    ids = list(range(5, 19))
    with torch.no_grad():
        whole = scaffold_hidden_states(models.scaffold, torch.tensor([ids]), torch.ones(1, len(ids)))
    reading = GoingOn(models)
    parts = [reading.read(ids[start:end]) for start, end in ((0, 6), (6, 7), (7, 8), (8, 14))]
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, **CLOSE)


def test_a_scaffold_whose_cache_cannot_grow_reads_its_window_anew(stepping, mocker):
    models, stack = stepping()
    item = encoded(models)
    with replying(models, stack):
        expected = fed(models, item)
    decoder = model_layers.decoder(models.scaffold)

    def forward(*args, **kwargs):
        assert kwargs["past_key_values"] is None
        output = plain(*args, **kwargs)
        output.past_key_values = SimpleNamespace()
        return output

    plain = decoder.forward
    mocker.patch.object(decoder, "forward", forward)
    with replying(models, stack):
        torch.testing.assert_close(fed(models, item), expected, **CLOSE)


@pytest.mark.parametrize("loud", [0.0, float("-inf")])
def test_silent_prompts_are_not_heard_and_answers_are(stepping, loud):
    models, stack = stepping()
    rows = torch.randn(2, 32, generator=torch.Generator().manual_seed(1))

    def silent(context):
        context.add_rows(rows, torch.tensor([0.0, loud]))
        context.silent = True

    item = encoded(models)
    with replying(models, stack, shape=silent):
        steps = fed(models, item)
    with replying(models, stack, question="something else", shape=silent):
        elsewhere = fed(models, item)
    torch.testing.assert_close(trained(models, stack, [item], silent)[0], steps, **CLOSE)
    # Of the prompt's words nothing is heard, but what the scaffold makes of the answer depends on them.
    assert torch.equal(steps[0], elsewhere[0])
    assert not torch.allclose(steps[1:], elsewhere[1:], atol=1e-3)


@EVERY_PAIR
def test_keys_of_tokens_said_are_weighed_too(stepping, base, scaffold):
    models, stack = stepping(base, scaffold)
    item, asked = encoded(models), []

    def weighed(context):
        def loudness(ids):
            asked.extend(ids[0].tolist())
            return torch.full(ids.shape, -1e9)

        context.weighers.extend([loudness, lambda ids: None])

    def deaf(context):
        context.mask = context.read()[1] & (context.said == 0)

    with replying(models, stack, shape=weighed):
        steps = fed(models, item)
    torch.testing.assert_close(trained(models, stack, [item], deaf)[0], steps, **CLOSE)
    ((ids, _),) = answers_said(stack.table(), collate([item], 0))
    assert asked == ids


@pytest.mark.parametrize(("base", "scaffold"), [("llama", "own"), ("gpt2", "llama")])
def test_a_reply_is_the_same_however_its_prompt_is_read(stepping, base, scaffold, mocker):
    models, stack = stepping(base, scaffold)
    mocker.patch("sovl_core.generation.PREFILL_CHUNK", 16)
    turn = Turn(QUESTION + " tell me, tell me", max_new_tokens=12)
    whole, chunked = GenerationSettings(repetition_check=False), GenerationSettings(repetition_check=False)
    chunked.max_prompt_tokens = 16
    with replying(models, stack, turn.prompt):
        expected = generate_reply(models, turn, whole)
    with replying(models, stack, turn.prompt):
        reply = generate_reply(models, turn, chunked)
        again = generate_reply(models, turn, whole)
    for found in (reply, again):
        assert found.token_ids == expected.token_ids
        assert found.token_probabilities == pytest.approx(expected.token_probabilities, rel=1e-3)
    assert generate_reply(models, turn, whole).token_probabilities != expected.token_probabilities


@pytest.mark.parametrize(("base", "scaffold"), [("llama", "own"), ("gpt2", "llama")])
def test_what_is_decoded_is_what_training_would_compute(stepping, base, scaffold):
    models, stack = stepping(base, scaffold)
    turn = Turn(QUESTION, max_new_tokens=10)
    with replying(models, stack):
        reply = generate_reply(models, turn, GenerationSettings(repetition_check=False))
    from sovl_core.data_processing import encode_chat
    from sovl_core.records import Message

    prompt = encode_chat(models.base_tokenizer, [Message("user", QUESTION)])
    item = Encoded(prompt + reply.token_ids, len(prompt), Example(QUESTION, reply.text))
    logits = trained(models, stack, [item])[0]
    assert logits.argmax(-1).tolist() == reply.token_ids
    assert logits.softmax(-1).amax(-1).tolist() == pytest.approx(reply.token_probabilities, rel=1e-3)


def test_a_reply_within_a_reply_leaves_the_outer_one_what_it_has_read(stepping):
    models, stack = stepping()
    item, other = encoded(models), encoded(models, "who are you?", "me, myself")
    with replying(models, stack):
        expected = fed(models, item)
    with replying(models, stack, "who are you?"):
        inner_expected = fed(models, other)
    answer, found = item.input_ids[item.prompt_length :], []
    with replying(models, stack):
        output = models.base(input_ids=torch.tensor([item.input_ids[: item.prompt_length]]), use_cache=True)
        for token in answer[:-1]:
            found.append(output.logits[0, -1])
            with replying(models, stack, "who are you?"):
                assert torch.equal(fed(models, other), inner_expected)
            output = models.base(
                input_ids=torch.tensor([[token]]), past_key_values=output.past_key_values, use_cache=True
            )
        found.append(output.logits[0, -1])
    assert torch.equal(torch.stack(found), expected)


def test_a_cancelled_reply_leaves_nothing_behind(stepping):
    models, stack = stepping()
    settings = GenerationSettings(repetition_check=False)
    with replying(models, stack):
        expected = generate_reply(models, Turn(QUESTION, max_new_tokens=8), settings)
    asked = []
    turn = Turn(QUESTION, max_new_tokens=8, cancelled=lambda: asked.append(1) or len(asked) > 3)
    with replying(models, stack):
        assert generate_reply(models, turn, settings).finish_reason == "cancelled"
        reply = generate_reply(models, Turn(QUESTION, max_new_tokens=8), settings)
    assert reply.token_ids == expected.token_ids
    assert reply.token_probabilities == pytest.approx(expected.token_probabilities, rel=1e-3)


def test_gradients_reach_the_scaffold_through_what_was_said_alone(stepping):
    models, stack = stepping()
    item = encoded(models)
    batch = collate([item], 0)
    context = read(models, [QUESTION], True, answers=answers_said(stack.table(), batch))
    context.add_rows(torch.zeros(1, 32))
    context.silent = True
    with stack.hearing(context, everywhere=True):
        answer_states(models, batch).hidden.square().sum().backward()
    assert stack.said_mark.grad.abs().sum() > 0
    lora = [p.grad for p in models.scaffold.parameters() if p.requires_grad]
    assert all(grad is not None and grad.abs().sum() > 0 for grad in lora)


def test_a_base_in_half_precision_stays_in_it(stepping):
    models, stack = stepping("llama", "gpt2")
    models.base.to(torch.bfloat16)
    with replying(models, stack):
        heard = fed(models, encoded(models))
    assert heard.dtype == torch.bfloat16
    assert not torch.equal(heard, bare(models, encoded(models)))


def test_hooks_are_put_on_and_taken_off(stepping):
    models, stack = stepping("gpt2")
    assert len(models.base._forward_pre_hooks) == 1
    stack.remove()
    assert len(models.base._forward_pre_hooks) == 0


def test_it_follows_one_reply_at_a_time(stepping):
    models, stack = stepping()
    with replying(models, stack), pytest.raises(ValueError, match="one reply at a time"):
        models.base(input_ids=torch.tensor([[5, 6], [7, 8]]))


def test_where_a_pass_begins_is_told_by_mask_or_places_or_cache():
    ids = torch.tensor([[5, 6]])
    keys = torch.zeros(1, 1, 4, 2)

    class Cache:
        def get_seq_length(self):
            return 3

    assert fed_tokens((), {"input_ids": ids, "attention_mask": torch.ones(1, 7)})[1] == 5
    assert (
        fed_tokens((ids,), {"attention_mask": torch.ones(1, 1, 2, 7), "cache_position": torch.tensor([6, 7])})[1] == 6
    )
    assert fed_tokens((ids,), {"past_key_values": Cache()})[1] == 3
    assert fed_tokens((ids,), {"past_key_values": ((keys, keys),)})[1] == 4
    found, first = fed_tokens((ids,), {"past_key_values": None})
    assert (found is ids, first) == (True, 0)


def test_a_base_that_is_fed_no_tokens_cannot_be_followed():
    with pytest.raises(SOVLError, match="something else than tokens") as failure:
        fed_tokens((), {"inputs_embeds": torch.zeros(1, 2, 3)})
    assert "scaffold_mode" in failure.value.hint


@pytest.mark.parametrize(("was", "now"), [(True, False), (False, True)])
def test_weights_of_one_mode_are_not_for_the_other(build, listen, was, now):
    first, models = build(), build()
    first.register_trainable("cross_attention", listen(first, stepped=was))
    models.register_trainable("cross_attention", listen(models, stepped=now))
    before = models.snapshot()
    with pytest.raises(ValueError, match=r"cross_attention: .*scaffold_mode") as failure:
        models.restore(first.snapshot())
    modes = {False: '"encoder"', True: '"stepped"'}
    assert str(failure.value).index(modes[was]) < str(failure.value).index(modes[now])
    after = models.snapshot()
    assert all(torch.equal(after[name][key], before[name][key]) for name in before for key in before[name])
    models.restore(before)
