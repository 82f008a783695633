from __future__ import annotations

import copy
from typing import Any, Callable, Dict, List, Tuple

import pytest
import torch

from sovl_core.chat_format import encode_chat
from sovl_core.events import Turn
from sovl_core.generation import SCAFFOLD_ALONE, end_ids, generate_reply, generation_config, prefill
from sovl_core.models import Models
from sovl_core.records import Message
from sovl_core.safe_encoding import encode_trusted
from sovl_core.settings import GenerationSettings

POSITIONS = 512
PROMPT = "What is the dog called?"


@pytest.fixture(params=["llama", "gpt2"])
def models(request: Any, tiny_model: Any, chat_tokenizer: Any, plain_tokenizer: Any) -> Models:
    """A Llama with a chat template and a GPT-2 without one, both random: they babble to the last token."""
    if request.param == "llama":
        return Models(tiny_model("llama", vocab_size=320, max_position_embeddings=POSITIONS), chat_tokenizer)
    ends = {"bos_token_id": 0, "eos_token_id": 0}
    return Models(tiny_model("gpt2", vocab_size=300, n_positions=POSITIONS, **ends), plain_tokenizer)


@pytest.fixture
def chat(tiny_model: Any, chat_tokenizer: Any) -> Models:
    return Models(tiny_model("llama", vocab_size=320, max_position_embeddings=POSITIONS), chat_tokenizer)


def settings(**values: Any) -> GenerationSettings:
    # Random models repeat themselves soon; only the tests of repetition want to be stopped by it.
    return GenerationSettings(**{"repetition_check": False, **values})


def script(models: Models, text: str, end: bool = True) -> None:
    """Make the model say ``text``, whatever it is asked, and then end its turn."""
    ids = encode_trusted(models.base_tokenizer, text) + ([models.base_tokenizer.eos_token_id] if end else [])
    vocabulary, said = models.base.config.vocab_size, iter(ids)

    def speak(module: Any, args: Any, kwargs: Dict[str, Any], output: Any) -> Any:
        logits = torch.zeros(1, 1, vocabulary)
        logits[..., next(said)] = 50.0
        output.logits = logits
        return output

    models.base.register_forward_hook(speak, with_kwargs=True)


def bare(models: Models, **sampling: Any) -> Tuple[List[int], torch.Tensor]:
    """Return what ``generate`` alone makes of the prompt: new ids and raw logits [tokens, vocabulary]."""
    ids = torch.tensor([encode_chat(models.base_tokenizer, [Message("user", PROMPT)])])
    output = models.base.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        pad_token_id=models.base_tokenizer.eos_token_id,
        return_dict_in_generate=True,
        output_logits=True,
        **sampling,
    )
    return output.sequences[0, ids.shape[1] :].tolist(), torch.cat(output.logits)


def recorded(models: Models, run: Callable[[], Any]) -> Tuple[Any, torch.Tensor]:
    """Return what ``run`` returns and the logits of the last position of each of the base's passes meanwhile."""
    logits: List[torch.Tensor] = []
    hook = models.base.register_forward_hook(lambda module, args, output: logits.append(output.logits[:, -1].clone()))
    result = run()
    hook.remove()
    return result, torch.cat(logits)


def test_greedy_tokens_and_logits_are_those_of_bare_generate(models: Models) -> None:
    expected, logits = bare(models, do_sample=False, max_new_tokens=40)
    turn = Turn(PROMPT, max_new_tokens=40)
    reply, ours = recorded(models, lambda: generate_reply(models, turn, settings()))
    assert reply.token_ids == expected
    assert torch.equal(ours.float(), logits)
    assert len(expected) > 10


def test_greedy_with_a_repetition_penalty_is_that_of_bare_generate(models: Models) -> None:
    expected, _ = bare(models, do_sample=False, max_new_tokens=40, repetition_penalty=1.3)
    assert generate_reply(models, Turn(PROMPT, max_new_tokens=40, repetition_penalty=1.3), settings()).token_ids == (
        expected
    )


def test_sampled_tokens_are_those_of_bare_generate_from_the_same_seed(models: Models) -> None:
    sampling: Dict[str, Any] = {"temperature": 0.8, "top_k": 20, "top_p": 0.9, "repetition_penalty": 1.1}
    torch.manual_seed(7)
    expected, _ = bare(models, do_sample=True, max_new_tokens=30, **sampling)
    assert generate_reply(models, Turn(PROMPT, max_new_tokens=30, seed=7, **sampling), settings()).token_ids == expected


def test_probabilities_and_entropies_are_those_before_temperature_and_penalty(models: Models) -> None:
    turn = Turn(PROMPT, max_new_tokens=20, temperature=1.7, top_k=5, repetition_penalty=1.5, seed=1)
    reply, logits = recorded(models, lambda: generate_reply(models, turn, settings()))
    expected = torch.distributions.Categorical(logits=logits)
    assert reply.token_probabilities == pytest.approx(expected.probs.amax(-1).tolist(), rel=1e-4)
    assert reply.token_entropies == pytest.approx(expected.entropy().tolist(), rel=1e-4)
    assert len(reply.token_probabilities) == len(reply.token_ids)


def test_a_seed_decides_and_leaves_other_randomness_alone(models: Models) -> None:
    def say(seed: int) -> List[int]:
        return generate_reply(models, Turn(PROMPT, max_new_tokens=20, temperature=1.0, seed=seed), settings()).token_ids

    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    assert say(1) == say(1)
    assert say(1) != say(2)
    assert torch.equal(torch.rand(3), expected)


def test_a_reply_says_how_it_came_about(chat: Models) -> None:
    script(chat, "The dog is Rex.")
    reply = generate_reply(chat, Turn(PROMPT), settings())
    assert (reply.text, reply.finish_reason) == ("The dog is Rex.", "stop")
    assert reply.token_ids[-1] == chat.base_tokenizer.eos_token_id
    assert reply.prompt_tokens == len(encode_chat(chat.base_tokenizer, [Message("user", PROMPT)]))
    # Sure of every token alike: the formula calls that flat.
    assert reply.confidence == pytest.approx(0.2)
    assert reply.seconds > 0
    assert reply.annotations == {}


def test_a_reply_ends_where_it_must(models: Models) -> None:
    reply = generate_reply(models, Turn(PROMPT, max_new_tokens=3), settings())
    assert (len(reply.token_ids), reply.finish_reason) == (3, "length")
    reply = generate_reply(models, Turn(PROMPT, max_new_tokens=0), settings())
    assert (reply.text, reply.token_ids, reply.finish_reason, reply.confidence) == ("", [], "length", 0.5)


def test_streamed_pieces_are_the_text(models: Models) -> None:
    pieces: List[str] = []
    reply = generate_reply(
        models, Turn(PROMPT, max_new_tokens=60, temperature=1.5, seed=3, on_text=pieces.append), settings()
    )
    assert "".join(pieces) == reply.text
    assert len(pieces) > 5


def test_a_cancelled_reply_keeps_what_was_said(chat: Models) -> None:
    script(chat, "The dog is Rex, my friend, my friend.")
    pieces: List[str] = []
    turn = Turn(PROMPT, on_text=pieces.append, cancelled=lambda: "Rex" in "".join(pieces))
    reply = generate_reply(chat, turn, settings())
    assert reply.finish_reason == "cancelled"
    assert reply.text == "".join(pieces)
    assert reply.text.startswith("The dog is Rex")
    assert "friend" not in reply.text
    assert len(reply.token_probabilities) == len(reply.token_ids)


def test_a_repetition_is_cut(chat: Models) -> None:
    pieces: List[str] = []
    script(chat, "W xyzxyzxyz")
    reply = generate_reply(chat, Turn(PROMPT, on_text=pieces.append), settings(repetition_check=True))
    assert (reply.text, reply.finish_reason) == ("W xyz", "repetition")
    assert "".join(pieces) == reply.text
    assert len(reply.token_ids) == len(reply.token_entropies) == len(encode_trusted(chat.base_tokenizer, "W xyz"))


def test_the_prompt_is_the_conversation(chat: Models, mocker: Any) -> None:
    spy = mocker.spy(chat.base, "generate")
    history = [Message("user", "Hello."), Message("assistant", "Good day!")]
    turn = Turn("Say <|im_end|>", history=history, max_new_tokens=1)
    generate_reply(chat, turn, settings(system_prompt="Be brief."))
    ids = spy.call_args.kwargs["input_ids"][0].tolist()
    assert ids == encode_chat(chat.base_tokenizer, [*history, Message("user", "Say <|im_end|>")], "Be brief.")
    assert ids.count(chat.base_tokenizer.eos_token_id) == 4


def test_ids_can_be_gone_on_from_as_they_are(chat: Models, mocker: Any) -> None:
    spy = mocker.spy(chat.base, "generate")
    generate_reply(chat, Turn("", max_new_tokens=1, annotations={"generation.prompt_ids": [1, 50, 60]}), settings())
    assert spy.call_args.kwargs["input_ids"].tolist() == [[1, 50, 60]]


def test_a_plain_model_stops_at_the_next_users_line(tiny_model: Any, plain_tokenizer: Any) -> None:
    plain = Models(tiny_model("gpt2", vocab_size=300, n_positions=POSITIONS, eos_token_id=0), plain_tokenizer)
    script(plain, " Rex.\nUser: And the cat?")
    pieces: List[str] = []
    reply = generate_reply(plain, Turn(PROMPT, on_text=pieces.append), settings())
    assert (reply.text, reply.finish_reason) == ("Rex.", "stop")
    assert "".join(pieces) == "Rex."
    assert plain_tokenizer.decode(reply.token_ids).strip() == "Rex."


def test_a_chat_model_may_write_a_transcript(chat: Models) -> None:
    script(chat, "User: a\nUser: b")
    assert generate_reply(chat, Turn(PROMPT), settings()).text == "User: a\nUser: b"


def test_the_scaffold_is_bypassed_when_the_turn_says_so(chat: Models) -> None:
    seen: List[bool] = []
    chat.base.register_forward_pre_hook(lambda module, args: seen.append(chat.scaffold_enabled))
    generate_reply(chat, Turn(PROMPT, max_new_tokens=1, use_scaffold=False), settings())
    generate_reply(chat, Turn(PROMPT, max_new_tokens=1), settings())
    assert seen == [False, True]
    assert chat.scaffold_enabled


def test_a_long_prompt_is_read_in_pieces_and_answered_the_same(models: Models) -> None:
    prompt = "the dog is called Rex, " * 20
    whole = generate_reply(models, Turn(prompt, max_new_tokens=8), settings())
    read: List[int] = []
    models.base.base_model.register_forward_hook(lambda module, args, output: read.append(output[0].shape[1]))
    pieces = generate_reply(models, Turn(prompt, max_new_tokens=8), settings(max_prompt_tokens=16))
    assert whole.prompt_tokens > 100
    assert pieces.token_ids == whole.token_ids
    assert pieces.token_probabilities == pytest.approx(whole.token_probabilities, rel=1e-3)
    # All but the last token are read before, so that decoding begins with one.
    assert read[:2] == [whole.prompt_tokens - 1, 1]


@pytest.mark.parametrize("chunk", [1, 7, 500])
def test_prefill_reads_everything_but_the_last_token(models: Models, chunk: int) -> None:
    ids = torch.randint(3, 290, (1, 30), generator=torch.Generator().manual_seed(0))
    cache = prefill(models, ids, lambda: False, chunk)
    with torch.no_grad():
        expected = models.base(input_ids=ids).logits[0, -1]
        got = models.base(input_ids=ids[:, -1:], attention_mask=torch.ones_like(ids), past_key_values=cache).logits
    torch.testing.assert_close(got[0, -1], expected, rtol=1e-4, atol=1e-5)


def test_every_family_replies_as_bare_generate_does_and_reads_in_pieces(
    family: str, tiny_model: Any, chat_tokenizer: Any
) -> None:
    length = {"n_positions": 256} if family == "gpt2" else {"max_position_embeddings": 256}
    models = Models(tiny_model(family, vocab_size=320, **length), chat_tokenizer)
    expected, _ = bare(models, do_sample=False, max_new_tokens=12)
    assert generate_reply(models, Turn(PROMPT, max_new_tokens=12), settings()).token_ids == expected
    pieces = generate_reply(models, Turn(PROMPT, max_new_tokens=12), settings(max_prompt_tokens=16))
    assert pieces.token_ids == expected


def test_reading_a_long_prompt_can_be_cancelled(models: Models, mocker: Any) -> None:
    generate = mocker.spy(models.base, "generate")
    reply = generate_reply(models, Turn("the dog " * 30, cancelled=lambda: True), settings(max_prompt_tokens=16))
    assert (reply.text, reply.finish_reason) == ("", "cancelled")
    assert not generate.called


def test_a_cache_that_cannot_grow_is_not_used(chat: Models, mocker: Any) -> None:
    mocker.patch.object(chat.base.base_model, "forward", return_value=mocker.Mock(past_key_values=object()))
    assert prefill(chat, torch.ones((1, 20), dtype=torch.int64), lambda: False) is None


def test_what_was_left_out_is_told(chat: Models) -> None:
    history = [Message("user", "the dog " * 20), Message("assistant", "Yes.")]
    reply = generate_reply(chat, Turn(PROMPT, history=history, max_new_tokens=1), settings(max_prompt_tokens=80))
    assert reply.annotations == {"generation.dropped_messages": 2}
    reply = generate_reply(chat, Turn("the dog " * 300, max_new_tokens=1), settings())
    assert reply.annotations["generation.dropped_tokens"] > 0
    assert reply.prompt_tokens <= POSITIONS - 1


def test_a_reply_never_runs_out_of_positions(models: Models) -> None:
    reply = generate_reply(models, Turn("the dog " * 300, max_new_tokens=1000, temperature=1.0, seed=0), settings())
    assert reply.prompt_tokens + len(reply.token_ids) <= POSITIONS
    assert len(reply.token_ids) > 0


def test_replies_end_at_every_end_that_is_known(chat: Models) -> None:
    chat.base.generation_config = copy.deepcopy(chat.base.generation_config)
    chat.base.generation_config.eos_token_id = [5, 6]
    assert end_ids(chat) == {5, 6, chat.base_tokenizer.eos_token_id}
    chat.base.generation_config.eos_token_id = 7
    assert end_ids(chat) == {7, chat.base_tokenizer.eos_token_id}


def test_the_models_own_sampling_takes_no_part(chat: Models, recwarn: Any) -> None:
    own = chat.base.generation_config
    own.temperature, own.top_k, own.top_p, own.repetition_penalty, own.do_sample, own.max_length = (
        0.3,
        3,
        0.5,
        2.0,
        True,
        9,
    )
    greedy = generation_config(chat, Turn(PROMPT), 12, {2})
    assert (greedy.do_sample, greedy.repetition_penalty, greedy.max_new_tokens) == (False, 1.0, 12)
    sampled = generation_config(chat, Turn(PROMPT, temperature=0.8, top_k=0, top_p=1.0), 12, {2})
    assert (sampled.do_sample, sampled.temperature, sampled.top_k, sampled.top_p) == (True, 0.8, 0, 1.0)
    generate_reply(chat, Turn(PROMPT, max_new_tokens=2), settings())
    assert not [warning for warning in recwarn if "generation" in str(warning.message).lower()]
    assert own.temperature == 0.3


def test_the_scaffold_may_answer_alone(models: Models, tiny_model: Any) -> None:
    family = models.base.config.model_type
    size = {"vocab_size": models.base.config.vocab_size}
    scaffold = tiny_model(family, seed=5, **size)
    models._scaffold, models._scaffold_tokenizer = scaffold, models.base_tokenizer
    turn = Turn(PROMPT, max_new_tokens=12, annotations={SCAFFOLD_ALONE: True})
    expected, _ = bare(Models(scaffold, models.base_tokenizer), do_sample=False, max_new_tokens=12)
    assert generate_reply(models, turn, settings()).token_ids == expected
    assert generate_reply(models, Turn(PROMPT, max_new_tokens=12), settings()).token_ids != expected
