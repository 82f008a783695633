from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.data_loader import json_objects, load_jsonl, texts_of
from sovl_core.error_handling import DataError
from sovl_core.system_logging import ThreadSafeLogger

pytestmark = pytest.mark.no_torch

GOOD = '{"prompt": "p", "response": "r"}'


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "data.jsonl"
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write


def problems(logger):
    return {entry["line"]: entry["problem"] for entry in logger.read() if entry["event"] == "bad_line"}


@pytest.mark.parametrize("answer", ["response", "completion"])
def test_pairs_are_read_in_order_with_their_other_keys(write, answer):
    lines = [{"prompt": f"p{n}", answer: f"r{n}", "source": n} for n in range(3)]

    assert load_jsonl(write("\n".join(map(json.dumps, lines)))) == lines


def test_path_may_be_text(write):
    assert load_jsonl(str(write(GOOD))) == [{"prompt": "p", "response": "r"}]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.encode() + b"\r\n",
        b"\n\r\n  \t\n" + GOOD.encode() + b"\n\n",
    ],
    ids=["bom", "crlf", "blank-lines"],
)
def test_files_of_other_systems_are_read(write, content):
    logger = ThreadSafeLogger()

    assert load_jsonl(write(content), 1, logger) == [{"prompt": "p", "response": "r"}]
    assert problems(logger) == {}


def test_line_separator_inside_text_ends_no_line(write):
    line = json.dumps({"prompt": "a\u2028b\x85c", "response": "r"}, ensure_ascii=False)

    assert load_jsonl(write(line))[0]["prompt"] == "a\u2028b\x85c"


def test_surrogates_and_nul_are_cleaned(write):
    path = write(r'{"prompt": "a\ud800b\u0000c", "response": "\ud83d\ude00", "n": 1}')

    (entry,) = load_jsonl(path)
    assert entry == {"prompt": "a\ufffdbc", "response": "\U0001f600", "n": 1}
    json.dumps(entry, ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"{", "not JSON"),
        (b"\x00\x00\x00", "not JSON"),
        (b'{"prompt": "\x00", "response": "r"}', "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"9" * 10_000, ""),
        (b'{"prompt": "\xff", "response": "r"}', "not UTF-8 (byte 13)"),
        (b"[1]", "this is a list"),
        (b"null", "this is null"),
        (b'{"response": "r"}', 'no "prompt"'),
        (b'{"prompt": "p"}', 'neither "response" nor "completion"'),
        (b'{"prompt": "p", "response": 3}', '"response" must be text, this is a number'),
        (b'{"prompt": true, "response": "r"}', '"prompt" must be text, this is true or false'),
        (b'{"prompt": "p", "completion": null}', '"completion" must be text, this is null'),
        (b'{"prompt": " ", "response": "r"}', '"prompt" is empty'),
        (b'{"prompt": "p", "response": "\\u0000"}', '"response" is empty'),
    ],
)
def test_bad_line_is_reported_by_number_and_skipped(write, line, problem):
    logger = ThreadSafeLogger()
    entries = load_jsonl(write(GOOD.encode() + b"\n\n" + line + b"\n" + GOOD.encode()), 2, logger)

    assert len(entries) == 2
    found = problems(logger)
    assert list(found) == [3]
    assert problem in found[3]
    summary = logger.read()[-1]
    assert (summary["entries"], summary["skipped"]) == (2, 1)


def test_too_few_lines_are_refused_with_the_reasons(write):
    path = write("\n".join([GOOD] + ["{"] * 7))

    with pytest.raises(DataError) as caught:
        load_jsonl(path, min_entries=2)
    text = str(caught.value)
    assert text.startswith(f"{path} has 1 usable lines, 2 are needed; line 2: not JSON")
    assert "and 2 more bad lines" in text
    assert '{"prompt"' in text


def test_empty_file_is_fine_unless_lines_are_needed(write):
    assert load_jsonl(write(b"")) == []
    with pytest.raises(DataError, match="0 usable lines, 1 are needed"):
        load_jsonl(write(b""), min_entries=1)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"There is no file .*missing\.jsonl\. Check the path"):
        load_jsonl(tmp_path / "missing.jsonl")


@pytest.mark.parametrize("name", ["", "a\x00b"])
def test_what_is_no_file_cannot_be_read(tmp_path, name):
    with pytest.raises(DataError, match="cannot be read"):
        load_jsonl(str(tmp_path) + "/" + name)


@given(st.binary())
def test_any_bytes_give_pairs_or_reports(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_bytes(content)

    for entry in load_jsonl(path):
        assert isinstance(entry["prompt"], str)


@given(st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), st.text())))
def test_what_is_written_is_read(tmp_path_factory, pairs):
    path = tmp_path_factory.getbasetemp() / "pairs.jsonl"
    lines = [json.dumps({"prompt": f"p{p}", "completion": f"c{c}"}) for p, c in pairs]
    path.write_text("\n".join(lines), encoding="utf-8")

    entries = load_jsonl(path, min_entries=len(pairs))

    assert [entry["prompt"] for entry in entries] == [f"p{p}" for p, _ in pairs]
    for entry in entries:
        entry["completion"].encode("utf-8")
        assert "\x00" not in entry["completion"]


def test_objects_of_any_shape_are_read_with_their_line_numbers(write):
    path = write(b'\xef\xbb\xbf{"tell": "a\\u0000b"}\n\n[1]\n{\n')
    found = list(json_objects(path))
    assert [(number, entry) for number, entry, _ in found] == [(1, {"tell": "ab"}), (3, None), (4, None)]
    assert [bool(problem) for _, _, problem in found] == [False, True, True]


@pytest.mark.parametrize(("value", "texts"), [("one", ["one"]), (["one", "t\x00wo"], ["one", "two"]), (None, [])])
def test_texts_of_an_entry_are_one_or_many(value, texts):
    assert texts_of({"ask": value}, "ask") == texts
    assert texts_of({}, "ask") == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (3, '"reverse.ask" must be a list of texts, this is a number'),
        (["one", None], '"reverse.ask" must hold texts, there is null in it'),
        (" ", '"reverse.ask" holds an empty text'),
    ],
)
def test_what_are_no_texts_is_said(value, said):
    with pytest.raises(ValueError, match=said):
        texts_of({"ask": value}, "ask", "reverse.")
