from __future__ import annotations

import io
import json
from typing import Any, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.importing.found import Unusable
from sovl_core.importing.keys import Keys
from sovl_core.importing.pairs import read_pairs
from sovl_core.records import Exchange

pytestmark = pytest.mark.no_torch

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4))
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)
#: Objects whose keys are those that matter, with values of any kind.
NEARLY_PAIRS = st.dictionaries(
    st.sampled_from(["prompt", "response", "completion", "timestamp", "created", "conversation_id", "conversation"]),
    JSON | st.just("text") | st.just(1.5e9),
)


def read(text: str) -> List[Any]:
    return list(read_pairs(io.BytesIO(text.encode("utf-8", "surrogatepass")), Keys("f")))


def test_the_classic_seed_is_read() -> None:
    found = read(
        '\ufeff{"prompt": " What is my dog called? ", "response": "Rex."}\r\n\n'
        '{"prompt": "Who is Rex?", "completion": " Your dog.\\n"}'
    )
    assert [(each.prompt, each.reply) for each in found] == [
        ("What is my dog called?", "Rex."),
        ("Who is Rex?", "Your dog."),
    ]
    assert {(each.source, each.conversation, each.created) for each in found} == {("import", "", None)}
    assert len({each.key for each in found}) == 2


def test_the_classic_log_says_when_and_in_which_conversation() -> None:
    (found,) = read(
        '{"prompt": "Hi", "response": "Yo", "timestamp": 1600000000.5, "conversation_id": "a", "confidence": 0.5}'
    )
    assert (found.created, found.conversation) == (1600000000.5, "pairs-a")


def test_a_prompt_without_an_answer_is_told() -> None:
    assert [(each.prompt, each.reply) for each in read('{"prompt": "One"}\n{"prompt": "Two", "response": null}')] == [
        ("One", ""),
        ("Two", ""),
    ]


def test_what_cannot_be_used_is_named_by_line_and_the_rest_is_read() -> None:
    lines = [
        '{"prompt": "One", "response": "1"',
        "[1]",
        '{"event": "wake_up"}',
        '{"prompt": 5, "response": "1"}',
        '{"prompt": " ", "response": "1"}',
        '{"prompt": "Six", "response": ["1"]}',
        '{"prompt": "Seven", "response": "7"}',
    ]
    *bad, good = read("\n".join(lines))
    assert [each.place for each in bad] == [f"line {number}" for number in range(1, 7)]
    assert [each.why.split(" (")[0] for each in bad] == [
        "not JSON",
        "an object is needed, this is a list",
        'no "prompt"',
        '"prompt" must be text, this is a number',
        '"prompt" is empty',
        "the answer must be text, this is a list",
    ]
    assert good.prompt == "Seven"


def test_a_file_of_any_length_is_read_line_by_line() -> None:
    def lines() -> Any:
        yield b'{"prompt": "One"}\n'
        raise AssertionError("read ahead")

    assert next(read_pairs(lines(), Keys("f"))).prompt == "One"


@given(st.lists(JSON | NEARLY_PAIRS, max_size=4))
def test_any_json_is_an_exchange_or_named(values: List[Any]) -> None:
    found = read("\n".join(json.dumps(value) for value in values))
    assert len(found) == len(values)
    for number, each in enumerate(found, start=1):
        if isinstance(each, Unusable):
            assert each.place == f"line {number}"
        else:
            assert isinstance(each, Exchange)
            assert each.prompt == each.prompt.strip() != ""
            assert isinstance(each.reply, str)


@given(st.lists(st.binary(max_size=12), max_size=4))
def test_any_bytes_raise_nothing(lines: List[bytes]) -> None:
    assert all(isinstance(each, (Unusable, Exchange)) for each in read_pairs(lines, Keys("f")))
