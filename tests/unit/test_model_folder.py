from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.model_folder import SOURCE_FILE, folder_size, is_whole, missing_parts, read_source, seal

PARTS = ("config.json", "model.safetensors", "tokenizer.json")


def fill(folder, *names):
    folder.mkdir(exist_ok=True)
    for name in names or PARTS:
        (folder / name).write_text(name)
    return folder


@pytest.mark.parametrize("tokenizer", ["tokenizer.json", "tokenizer.model", "vocab.json", "qwen.tiktoken"])
def test_three_parts_make_a_model(tmp_path, tokenizer):
    assert missing_parts(fill(tmp_path / "m", "config.json", "model.safetensors", tokenizer)) == []


@pytest.mark.parametrize(
    ("absent", "said"),
    [("config.json", "config.json"), ("model.safetensors", "safetensors weights"), ("tokenizer.json", "a tokenizer")],
)
def test_what_is_absent_is_named(tmp_path, absent, said):
    folder = fill(tmp_path / "m", *(name for name in PARTS if name != absent))
    (missing,) = missing_parts(folder)
    assert missing.startswith(said)


def test_nothing_is_a_model_in_an_empty_or_absent_folder(tmp_path):
    assert len(missing_parts(tmp_path)) == len(missing_parts(tmp_path / "absent")) == 3


def test_a_pickle_is_not_weights(tmp_path):
    folder = fill(tmp_path / "m", "config.json", "pytorch_model.bin", "tokenizer.json")
    (missing,) = missing_parts(folder)
    assert "pickle" in missing


def test_every_shard_must_be_there(tmp_path):
    folder = fill(tmp_path / "m", "config.json", "tokenizer.json", "model-1.safetensors")
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert missing_parts(folder) == ["weights (model-2.safetensors)"]
    (folder / "model-2.safetensors").touch()
    assert missing_parts(folder) == []


def test_a_link_whose_target_is_gone_does_not_count(tmp_path):
    folder = fill(tmp_path / "m", "config.json", "tokenizer.json")
    (folder / "model.safetensors").symlink_to(tmp_path / "blob")
    assert len(missing_parts(folder)) == 1
    (tmp_path / "blob").touch()
    assert missing_parts(folder) == []


def test_size_counts_every_file(tmp_path):
    folder = fill(tmp_path / "m")
    (folder / "deeper").mkdir()
    (folder / "deeper" / "file").write_bytes(b"12345")
    assert folder_size(folder) == sum(len(name) for name in PARTS) + 5


def test_a_sealed_folder_is_whole_and_remembers_where_it_came_from(tmp_path):
    folder = fill(tmp_path / "m")
    assert not is_whole(folder)
    seal(folder, {"model": "some/model", "source": "a test"})
    assert is_whole(folder)
    source = read_source(folder)
    assert (source["model"], source["source"]) == ("some/model", "a test")
    assert source["files"] == {name: len(name) for name in PARTS}


@pytest.mark.parametrize("name", PARTS)
def test_a_sealed_folder_notices_damage(tmp_path, name):
    folder = fill(tmp_path / "m")
    seal(folder, {})
    (folder / name).write_text("cut")
    assert not is_whole(folder)
    (folder / name).unlink()
    assert not is_whole(folder)


@given(st.one_of(st.binary(max_size=40), st.recursive(st.none() | st.integers(), st.lists).map(json.dumps)))
def test_any_content_of_the_source_file_is_survived(tmp_path_factory, content):
    folder = fill(tmp_path_factory.mktemp("any") / "m")
    (folder / SOURCE_FILE).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert read_source(folder) is None
    assert not is_whole(folder)


@given(st.recursive(st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_a_broken_index_is_missing_weights_not_a_crash(tmp_path_factory, content):
    folder = fill(tmp_path_factory.mktemp("any") / "m")
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": content}))
    (missing,) = missing_parts(folder)
    assert missing.startswith("weights (")
