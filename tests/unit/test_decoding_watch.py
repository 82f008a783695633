from __future__ import annotations

import math
from typing import Any, List

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.decoding_watch import DecodingWatch, ProbabilityProbe, repeats
from sovl_core.safe_encoding import decode_exactly, encode_trusted

NO_IDS = torch.zeros((1, 1), dtype=torch.int64)


def follow(watch: DecodingWatch, ids: List[int]) -> DecodingWatch:
    for token in ids:
        if watch.finish_reason:
            break
        watch.take(token)
    return watch


def test_probe_reads_the_distribution_and_leaves_it_alone() -> None:
    probe, logits = ProbabilityProbe(), torch.randn(5, 1, 50, generator=torch.Generator().manual_seed(0))
    for row in logits:
        before = row.clone()
        assert probe(NO_IDS, row) is row
        assert torch.equal(row, before)
    largest, entropies = probe.numbers(5)
    expected = torch.distributions.Categorical(logits=logits[:, 0])
    assert largest == pytest.approx(expected.probs.amax(-1).tolist(), rel=1e-5)
    assert entropies == pytest.approx(expected.entropy().tolist(), rel=1e-5)


def test_probe_counts_an_impossible_token_as_nothing() -> None:
    probe = ProbabilityProbe()
    probe(NO_IDS, torch.tensor([[0.0, 0.0, -math.inf]]))
    probe(NO_IDS, torch.tensor([[7.0, -math.inf, -math.inf]]))
    largest, entropies = probe.numbers(2)
    assert largest == pytest.approx([0.5, 1.0])
    assert entropies == pytest.approx([math.log(2), 0.0], abs=1e-6)


def test_probe_measures_in_float32_whatever_it_is_given() -> None:
    probe = ProbabilityProbe()
    logits = torch.randn(1, 4000, dtype=torch.bfloat16)
    probe(NO_IDS, logits)
    expected = torch.distributions.Categorical(logits=logits[0].float()).entropy().item()
    assert probe.numbers(1)[1] == pytest.approx([expected], rel=1e-4)


def test_probe_gives_as_many_numbers_as_there_are_tokens() -> None:
    probe = ProbabilityProbe()
    assert probe.numbers(3) == ([], [])
    for _ in range(4):
        probe(NO_IDS, torch.zeros(1, 8))
    assert [len(numbers) for numbers in probe.numbers(2)] == [2, 2]
    assert probe.numbers(0) == ([], [])


@pytest.mark.parametrize(
    ("ids", "expected"),
    [([1, 2, 3, 1, 2, 3], True), ([9, 1, 2, 3, 1, 2, 3], True), ([1, 2, 3, 1, 2], False), ([1, 2, 3, 3, 2, 1], False)],
)
def test_three_tokens_after_themselves_repeat(ids: List[int], expected: bool) -> None:
    assert repeats(ids, lambda last: True) is expected


def test_tokens_without_a_letter_may_repeat_twice_more() -> None:
    for copies, expected in ((2, False), (3, False), (4, True)):
        assert repeats([0] * 3 * copies, lambda last: False) is expected


@given(ids=st.lists(st.integers(0, 1), max_size=30))
def test_what_repeats_is_a_cube_of_the_last_three(ids: List[int]) -> None:
    assert repeats(ids, lambda last: True) == (len(ids) >= 6 and ids[-3:] == ids[-6:-3])


def test_a_repetition_is_cut_and_never_heard(chat_tokenizer: Any) -> None:
    pieces: List[str] = []
    loop = encode_trusted(chat_tokenizer, "xyz")
    start = encode_trusted(chat_tokenizer, "W ")
    watch = follow(DecodingWatch(chat_tokenizer, [2], pieces.append), start + loop * 3)
    assert len(loop) == 3
    assert watch.finish_reason == "repetition"
    assert watch.token_ids == start + loop
    assert watch.finish() == "".join(pieces) == "W xyz"


@given(ids=st.lists(st.integers(0, 2), max_size=24))
def test_nothing_is_heard_that_is_cut_later(chat_tokenizer: Any, ids: List[int]) -> None:
    letters = encode_trusted(chat_tokenizer, "x1z")
    pieces: List[str] = []
    watch = DecodingWatch(chat_tokenizer, [2], pieces.append)
    for index in ids:
        if not watch.finish_reason:
            watch.take(letters[index])
    assert watch.finish() == "".join(pieces) == decode_exactly(chat_tokenizer, watch.token_ids)


def test_what_cannot_be_a_copy_is_heard_at_once(chat_tokenizer: Any) -> None:
    pieces: List[str] = []
    watch = DecodingWatch(chat_tokenizer, [2], pieces.append)
    heard = []
    for token in encode_trusted(chat_tokenizer, "xyzxyw"):
        watch.take(token)
        heard.append("".join(pieces))
    assert heard == ["x", "xy", "xyz", "xyz", "xyz", "xyzxyw"]


def test_a_number_is_no_repetition(chat_tokenizer: Any) -> None:
    million = encode_trusted(chat_tokenizer, "1") + encode_trusted(chat_tokenizer, "0") * 9
    watch = follow(DecodingWatch(chat_tokenizer, [2]), million)
    assert watch.finish_reason == ""
    assert watch.finish() == "1" + "0" * 9


def test_repetitions_may_be_let_through(chat_tokenizer: Any) -> None:
    watch = follow(
        DecodingWatch(chat_tokenizer, [2], repetition_check=False), encode_trusted(chat_tokenizer, "xyzxyzxyz")
    )
    assert watch.finish_reason == ""
    assert watch.finish() == "xyzxyzxyz"


def test_an_end_token_ends_the_reply_and_is_kept(chat_tokenizer: Any) -> None:
    ids = [*encode_trusted(chat_tokenizer, "the dog"), 2]
    watch = follow(DecodingWatch(chat_tokenizer, [2]), [*ids, 5, 6])
    assert (watch.finish_reason, watch.token_ids, watch.finish()) == ("stop", ids, "the dog")


def test_a_stop_string_ends_the_reply_and_is_dropped(plain_tokenizer: Any) -> None:
    ids = encode_trusted(plain_tokenizer, " Rex.\nUser: Where?")
    watch = follow(DecodingWatch(plain_tokenizer, [0], stops=["\nUser:"]), ids)
    assert (watch.finish_reason, watch.finish()) == ("stop", "Rex.")
    assert watch.token_ids == ids[: len(watch.token_ids)]
    assert plain_tokenizer.decode(watch.token_ids).strip() == "Rex."


def test_a_reply_can_be_cancelled_and_keeps_what_was_said(chat_tokenizer: Any) -> None:
    pieces: List[str] = []
    ids = encode_trusted(chat_tokenizer, "xyzw")
    answers = iter([False, False, True])
    watch = follow(DecodingWatch(chat_tokenizer, [2], pieces.append, lambda: next(answers)), ids)
    assert (watch.finish_reason, watch.token_ids) == ("cancelled", ids[:3])
    assert watch.finish() == "".join(pieces) == "xyz"


def test_an_ended_reply_is_not_cancelled(chat_tokenizer: Any) -> None:
    watch = follow(DecodingWatch(chat_tokenizer, [2], cancelled=lambda: True), [2])
    assert watch.finish_reason == "stop"


def test_the_library_is_told_when_to_stop_and_nothing_counts_afterwards(chat_tokenizer: Any) -> None:
    watch = DecodingWatch(chat_tokenizer, [2])
    assert watch(torch.tensor([[7, 8, 50]]), None).tolist() == [False]
    assert watch(torch.tensor([[7, 8, 50, 2]]), None).tolist() == [True]
    assert watch(torch.tensor([[7, 8, 50, 2, 60]]), None).tolist() == [True]
    assert watch.token_ids == [50, 2]
