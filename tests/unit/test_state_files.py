from __future__ import annotations

import os

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sovl_core import durable, state_files
from sovl_core.error_handling import LifeDamaged, PluginError, SOVLError
from sovl_core.plugin import PluginState
from sovl_core.state_files import (
    StoredState,
    bytes_to_tensors,
    read_plugin_states,
    read_sound_states,
    set_aside,
    tensors_to_bytes,
    write_plugin_states,
)

DTYPES = [torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int8, torch.uint8, torch.bool]
ANY_TEXT = st.text(st.one_of(st.characters(), st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF)), max_size=20)
VALUES = st.dictionaries(
    ANY_TEXT,
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), ANY_TEXT),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(ANY_TEXT, inner, max_size=3)),
        max_leaves=6,
    ),
    max_size=4,
)
SHAPES = st.lists(st.integers(0, 4), max_size=3)


def equal(left, right):
    return left.keys() == right.keys() and all(
        left[key].dtype == right[key].dtype and torch.equal(left[key], right[key]) for key in left
    )


def files(folder):
    return sorted(os.listdir(folder))


@settings(max_examples=50, deadline=None)
@given(VALUES, st.dictionaries(st.sampled_from("abc"), st.tuples(SHAPES, st.sampled_from(DTYPES)), max_size=3))
def test_any_state_comes_back(tmp_path_factory, values, shapes):
    folder = tmp_path_factory.mktemp("state")
    tensors = {name: torch.randint(0, 2, shape).to(dtype) for name, (shape, dtype) in shapes.items()}
    write_plugin_states(folder, {"memory": PluginState(values, tensors)})

    state = read_plugin_states(folder)["memory"]
    assert state.values == values
    assert equal(state.tensors, tensors)


def test_tensors_that_share_memory_or_learn_are_stored_as_they_are():
    weights = torch.arange(12.0).reshape(3, 4).requires_grad_()
    tensors = {"all": weights, "row": weights[1], "turned": weights.T, "scalar": torch.tensor(1.5)}

    back = bytes_to_tensors(tensors_to_bytes(tensors), "x")
    assert equal(back, {name: tensor.detach() for name, tensor in tensors.items()})
    assert not any(tensor.requires_grad for tensor in back.values())


def test_folder_that_is_not_there_holds_no_state(tmp_path):
    assert read_plugin_states(tmp_path / "nowhere") == {}


def test_state_of_an_absent_plugin_is_kept(tmp_path):
    write_plugin_states(tmp_path, {"dream": PluginState({"a": 1}, {"t": torch.ones(2)}), "mood": PluginState({"b": 2})})
    before = (tmp_path / "dream.json").read_bytes()
    write_plugin_states(tmp_path, {"mood": PluginState({"b": 3})})

    states = read_plugin_states(tmp_path)
    assert (states["dream"].values, states["mood"].values) == ({"a": 1}, {"b": 3})
    assert torch.equal(states["dream"].tensors["t"], torch.ones(2))
    assert (tmp_path / "dream.json").read_bytes() == before


def test_older_tensors_are_removed_and_those_of_namesakes_are_not(tmp_path):
    write_plugin_states(tmp_path, {"memory": PluginState({}, {"t": torch.zeros(2)})})
    write_plugin_states(tmp_path, {"memory-map": PluginState({}, {"t": torch.zeros(3)})})
    first = files(tmp_path)
    write_plugin_states(tmp_path, {"memory": PluginState({}, {"t": torch.ones(2)})})

    assert len(files(tmp_path)) == len(first) == 4
    assert {name for name in files(tmp_path) if name.startswith("memory-map")} <= set(first)
    write_plugin_states(tmp_path, {"memory": PluginState({"only": "values"})})
    assert len(files(tmp_path)) == 3
    assert read_plugin_states(tmp_path)["memory-map"].tensors["t"].shape == (3,)


@pytest.mark.parametrize("call", [1, 2])
def test_values_and_tensors_belong_together_whenever_writing_ends(tmp_path, mocker, call):
    write_plugin_states(tmp_path, {"memory": PluginState({"n": 1}, {"t": torch.tensor([1.0])})})
    replace, calls = durable.replace_file, []

    def fail(path, data):
        calls.append(path.name)
        if len(calls) == call:
            raise OSError("no space left on device")
        replace(path, data)

    mocker.patch.object(durable, "replace_file", side_effect=fail)
    with pytest.raises(OSError, match="no space"):
        write_plugin_states(tmp_path, {"memory": PluginState({"n": 2}, {"t": torch.tensor([2.0])})})
    mocker.stopall()

    state = read_plugin_states(tmp_path)["memory"]
    assert (state.values["n"], state.tensors["t"].item()) == (1, 1.0)
    write_plugin_states(tmp_path, {"memory": PluginState({"n": 3}, {"t": torch.tensor([3.0])})})
    assert len(files(tmp_path)) == 2


@pytest.mark.parametrize(
    "state",
    [
        PluginState({"when": object()}),
        PluginState({}, {"t": [1.0, 2.0]}),
        PluginState({("a", "b"): 1}),
    ],
)
def test_state_that_cannot_be_stored_names_the_plugin(tmp_path, state):
    with pytest.raises(PluginError, match="plugin mood cannot be stored"):
        write_plugin_states(tmp_path, {"mood": state})
    assert files(tmp_path) == []


@pytest.mark.parametrize("name", ["../outside", "a/b", "", ".hidden", "a b", "Ä"])
def test_name_that_is_no_file_name_is_refused(tmp_path, name):
    with pytest.raises(SOVLError, match="cannot be stored"):
        write_plugin_states(tmp_path / "state", {name: PluginState()})
    assert files(tmp_path / "state") == []


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"values": 3}', b'{"values": {}, "tensors": 3}', b"\xff{"])
def test_damaged_values_name_the_file(tmp_path, content):
    (tmp_path / "mood.json").write_bytes(content)

    with pytest.raises(LifeDamaged, match=r"mood\.json is damaged.*starts afresh"):
        read_plugin_states(tmp_path)


@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_damaged_tensors_name_the_file(tmp_path, damage):
    write_plugin_states(tmp_path, {"mood": PluginState({}, {"t": torch.ones(8)})})
    (path,) = tmp_path.glob("*.safetensors")
    content = path.read_bytes()
    if damage == "remove":
        path.unlink()
    else:
        path.write_bytes(content[:-1] + (bytes([content[-1] ^ 1]) if damage == "flip" else b""))

    with pytest.raises(LifeDamaged, match=r"mood-[0-9a-f]{16}\.safetensors is damaged"):
        read_plugin_states(tmp_path)


def test_content_in_another_format_is_damage(tmp_path):
    with pytest.raises(LifeDamaged, match="holds no tensors"):
        bytes_to_tensors(b"\x80\x04 a pickle, perhaps" * 9, tmp_path / "weights.safetensors")


def test_one_damaged_state_costs_no_other_and_is_set_aside(tmp_path):
    write_plugin_states(tmp_path, {"mood": PluginState({"m": 1}), "dream": PluginState({"d": 1}, {"t": torch.ones(2)})})
    (tmp_path / "dream.json").write_text("{")

    states, damages = read_sound_states(tmp_path)
    assert (list(states), list(damages)) == (["mood"], ["dream"])
    kept = set_aside(tmp_path, "dream")
    assert [name.partition("-")[0] for name in files(kept)] == ["dream", "dream.json"]
    assert read_plugin_states(tmp_path)["mood"].values == {"m": 1}
    write_plugin_states(tmp_path, {"dream": PluginState({"d": 2}, {"t": torch.zeros(2)})})
    assert len(files(kept)) == 2
    assert (kept / "dream.json").read_text() == "{"


def test_what_is_set_aside_stays_so_after_a_power_cut(tmp_path, mocker):
    write_plugin_states(tmp_path, {"mood": PluginState({"m": 1})})
    calls = mocker.Mock()
    for module, name in ((state_files.os, "replace"), (durable, "sync_folder")):
        calls.attach_mock(mocker.patch.object(module, name, wraps=getattr(module, name)), name)
    kept = set_aside(tmp_path, "mood")
    moved = calls.mock_calls.index(mocker.call.replace(str(tmp_path / "mood.json"), str(kept / "mood.json")))
    assert calls.mock_calls[moved + 1 :] == [mocker.call.sync_folder(kept), mocker.call.sync_folder(tmp_path)]


def test_a_value_that_is_not_what_was_written_is_damage(tmp_path):
    state = PluginState(values={"turns": 15, "pairs": (1, 2), "by number": {3: "three"}, "ratio": 0.1})
    write_plugin_states(tmp_path, {"side": state})
    path = tmp_path / "side.json"
    assert read_plugin_states(tmp_path)["side"].values["turns"] == 15

    path.write_text(path.read_text().replace('"turns": 15', '"turns": 17'))
    with pytest.raises(LifeDamaged, match=r"side.json is damaged: its values are not what was written"):
        read_plugin_states(tmp_path)


@pytest.mark.parametrize("name", ["digest", "tensors", "sha256"])
def test_a_flipped_bit_in_the_name_of_an_entry_is_noticed(tmp_path, name):
    write_plugin_states(tmp_path, {"side": PluginState({"turns": 1}, {"t": torch.ones(2)})})
    file = tmp_path / "side.json"
    flipped = chr(ord(name[0]) ^ 1) + name[1:]
    file.write_text(file.read_text().replace(f'"{name}"', f'"{flipped}"'))
    with pytest.raises(LifeDamaged, match="is damaged"):
        read_plugin_states(tmp_path)


def test_state_of_an_earlier_version_has_no_hash_of_its_values(tmp_path):
    (tmp_path / "side.json").write_text('{"values": {"turns": 17}}')
    assert read_plugin_states(tmp_path)["side"].values == {"turns": 17}


def test_tensors_are_made_once_and_not_before_somebody_asks(tmp_path, mocker):
    write_plugin_states(tmp_path, {"mood": PluginState({"m": 1}, {"t": torch.ones(2)}), "dream": PluginState({"d": 1})})
    made = mocker.spy(state_files, "bytes_to_tensors")
    state = read_plugin_states(tmp_path)["mood"]
    assert (state.values, made.call_count) == ({"m": 1}, 0)

    state.tensors["more"] = torch.zeros(1)
    assert (sorted(state.tensors), made.call_count) == (["more", "t"], 1)
    state.tensors = {}
    write_plugin_states(tmp_path, {"mood": state})
    assert files(tmp_path) == ["dream.json", "mood.json"]


def test_a_state_that_is_kept_is_written_as_it_was_read(tmp_path, mocker):
    write_plugin_states(tmp_path, {"mood": PluginState({"m": 1}, {"t": torch.ones(2)})})
    before = files(tmp_path)
    made = mocker.spy(state_files, "bytes_to_tensors")
    saved = StoredState({"n": 2})
    saved.keep(read_plugin_states(tmp_path)["mood"])
    write_plugin_states(tmp_path, {"mood": saved})
    assert (files(tmp_path), made.call_count) == (before, 0)

    again = read_plugin_states(tmp_path)["mood"]
    assert again.values == {"m": 1, "n": 2}
    assert equal(again.tensors, {"t": torch.ones(2)})
    for state in (StoredState({}), PluginState()):
        state.keep(again)  # its tensors are made by now
        assert equal(state.tensors, again.tensors)
    assert equal(saved.tensors, again.tensors)


def test_a_stored_state_equals_any_that_holds_the_same():
    assert StoredState({"m": 1}) == PluginState({"m": 1}) == StoredState({"m": 1})
    assert StoredState({"m": 1}) != PluginState({"m": 2})
    assert StoredState({}) != {}


def test_tensors_that_are_no_dictionary_are_refused_where_they_are_put():
    with pytest.raises(TypeError, match="the tensors of a state are a dictionary, not list"):
        StoredState({}).tensors = [torch.ones(2)]


def test_content_that_is_no_tensors_is_damage_before_anybody_asks(tmp_path):
    write_plugin_states(tmp_path, {"mood": PluginState({}, {"t": torch.ones(8)})})
    (path,) = tmp_path.glob("*.safetensors")
    other = b"not what is written by us, but with the right hash"
    entry = (tmp_path / "mood.json").read_text().replace(durable.sha256(path.read_bytes()), durable.sha256(other))
    (tmp_path / "mood.json").write_text(entry)
    path.write_bytes(other)

    with pytest.raises(LifeDamaged, match=r"safetensors holds no tensors"):
        read_plugin_states(tmp_path)
