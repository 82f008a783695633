from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError

from sovl_core import durable
from sovl_core.error_handling import LifeDamaged, SOVLError
from sovl_core.night_store import NightStore
from sovl_core.plugin import PluginState

ROOT = Path(__file__).parents[2]
WRITTEN = [
    "adapter/adapter_config.json",
    "manifest.json",
    "plugins/mood.json",
    "plugins/tokens-*.safetensors",
    "plugins/tokens.json",
    "report.json",
    "trainables/cross_attention.safetensors",
    "trainables/scaffold.safetensors",
]
LOADED = [name for name in WRITTEN if name.startswith(("plugins", "trainables"))]


@pytest.fixture
def store(tmp_path):
    return NightStore(tmp_path / "nights")


def weights(value=1.0):
    return {
        "scaffold": {"layer.0.lora_A": torch.full((2, 3), value), "layer.0.lora_B": torch.zeros(3, 2)},
        "cross_attention": {"gate": torch.tensor(value, dtype=torch.bfloat16)},
    }


def states(value=1.0):
    return {"mood": PluginState({"temperament": value}), "tokens": PluginState({}, {"map": torch.arange(4)})}


def adapter(folder):
    (folder / "adapter_config.json").write_text("{}")


def save(store, number, value=1.0, **changes):
    return store.save(number, weights(value), states(value), {"recall": value}, **{"peft_writer": adapter, **changes})


def value_of(store, number):
    trainables, plugin_states = store.load(number)
    value = trainables["cross_attention"]["gate"].item()
    assert plugin_states["mood"].values == {"temperament": value}
    return value


def child(script, *arguments):
    """Run Python in a process of its own, where a limit or a kill hurts nobody else."""
    command = [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)]
    return subprocess.run(command, cwd=str(ROOT), stdout=subprocess.PIPE, text=True, check=False)


def test_night_comes_back_as_it_was(store, tmp_path):
    folder = save(store, 1)
    trainables, plugin_states = store.load(1)

    assert folder == store.path(1) == tmp_path / "nights" / "0001"
    for name, tensors in weights().items():
        assert trainables[name].keys() == tensors.keys()
        for key, tensor in tensors.items():
            assert trainables[name][key].dtype == tensor.dtype
            assert torch.equal(trainables[name][key], tensor)
    assert plugin_states["mood"].values == {"temperament": 1.0}
    assert torch.equal(plugin_states["tokens"].tensors["map"], torch.arange(4))
    assert json.loads((folder / "report.json").read_text()) == {"recall": 1.0}
    assert store.verify(1) == []


def test_night_with_nothing_in_it(store):
    store.save(1, {}, {}, {})

    assert store.load(1) == ({}, {})
    assert store.verify(1) == []


def test_nights_are_numbered(store):
    assert store.numbers() == []
    for number in (2, 1, 12345):
        save(store, number)
    store.working_folder(3)
    (store.path(4).with_suffix(".partial")).mkdir()

    assert store.numbers() == [1, 2, 12345]


def test_working_folder_survives_until_it_is_discarded(store):
    (store.working_folder(1) / "checkpoint").write_text("step 5")
    assert (store.working_folder(1) / "checkpoint").read_text() == "step 5"

    save(store, 1)
    assert (store.working_folder(1) / "checkpoint").exists()
    store.discard_working(1)
    store.discard_working(1)
    assert sorted(os.listdir(store.path(1).parent)) == ["0001"]


def test_removed_night_leaves_nothing_and_others_stay(store):
    save(store, 1)
    save(store, 2)
    store.working_folder(2)
    store.path(2).with_suffix(".partial").mkdir()
    store.remove(2)
    store.remove(7)
    assert [path.name for path in store.path(1).parent.iterdir()] == ["0001"]
    assert store.verify(1) == []


def test_checkpoints_are_gone_although_the_rest_of_a_night_cannot_be_removed(store, mocker):
    save(store, 1)
    work, partial = store.working_folder(1), store.path(1).with_suffix(".partial")
    partial.mkdir()
    remove = shutil.rmtree

    def refuse(folder):
        if folder == str(partial):
            raise PermissionError(13, "Permission denied")
        remove(folder)

    mocker.patch("sovl_core.night_store.shutil.rmtree", refuse)
    with pytest.raises(PermissionError):
        store.remove(1)
    assert not work.exists()


def test_night_that_was_never_accepted_is_replaced_whole(store):
    save(store, 1, 1.0)
    store.save(1, {"other": {"t": torch.ones(1)}}, {}, {})

    assert store.load(1)[0].keys() == {"other"}
    assert store.verify(1) == []
    assert os.listdir(store.path(1).parent) == ["0001"]


def test_everything_is_on_the_disk_before_the_night_appears(store, mocker):
    flushed, missing = set(), []
    fsync, rename = os.fsync, os.rename

    def note(descriptor):
        flushed.add(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    def check(source, target):
        missing.extend(p for p in [Path(source), *Path(source).rglob("*")] if p.stat().st_ino not in flushed)
        flushed.clear()
        rename(source, target)

    mocker.patch("os.fsync", side_effect=note)
    renamed = mocker.patch("os.rename", side_effect=check)
    save(store, 1)

    assert renamed.call_count == 1
    assert missing == []
    assert store.path(1).parent.stat().st_ino in flushed


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_damaged_file_is_named(store, name, damage):
    folder = save(store, 1)
    (path,) = folder.glob(name)
    content = path.read_bytes()
    if damage == "remove":
        path.unlink()
    elif damage == "flip":
        # Within a value or a weight, where only the hash can tell; the manifest's own hash is nowhere.
        place = {"manifest.json": 0}.get(name, len(content) // 2 if path.suffix == ".json" else len(content) - 1)
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    else:
        path.write_bytes(content[:-2])

    (problem,) = store.verify(1)
    assert str(path) in problem
    assert ("were written" in problem) == (damage == "cut" and name != "manifest.json")
    if name in [*LOADED, "manifest.json"]:
        with pytest.raises(LifeDamaged, match=path.name):
            store.load(1)
    else:
        assert value_of(store, 1) == 1.0


def test_missing_night_is_named(store):
    with pytest.raises(LifeDamaged, match=r"0007 is missing.*sovl nights"):
        store.load(7)
    assert store.verify(7) == [f"{store.path(7)} is missing"]


def test_file_that_was_slipped_in_is_named_and_not_read(store):
    folder = save(store, 1)
    (folder / "plugins" / "intruder.json").write_text('{"values": {}}')
    (folder / "trainables" / "intruder.safetensors").write_bytes(b"x")

    assert [problem.rpartition("0001/")[2] for problem in store.verify(1)] == [
        "plugins/intruder.json does not belong there",
        "trainables/intruder.safetensors does not belong there",
    ]
    trainables, plugin_states = store.load(1)
    assert (trainables.keys(), plugin_states.keys()) == (weights().keys(), states().keys())


def test_newer_format_is_refused_naming_both(store):
    path = save(store, 1) / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 9}))

    with pytest.raises(LifeDamaged, match=r"format 9.*format 1.*pip install"):
        store.load(1)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 1, "files": {"a": {}}}', '{"format": 1, "files": 3}'])
def test_manifest_that_makes_no_sense_is_damage(store, content):
    (save(store, 1) / "manifest.json").write_text(content)

    with pytest.raises(LifeDamaged, match=r"manifest\.json is not readable"):
        store.load(1)
    assert len(store.verify(1)) == 1


class Bomb:
    def __reduce__(self):
        return (os.abort, ())


def test_pickle_is_never_opened(store):
    folder = save(store, 1)
    path = folder / "trainables" / "scaffold.safetensors"
    path.write_bytes(pickle.dumps(Bomb()) * 10)
    manifest = json.loads((folder / "manifest.json").read_text())
    entry = {"bytes": path.stat().st_size, "sha256": durable.file_sha256(path)}
    manifest["files"]["trainables/scaffold.safetensors"] = entry
    (folder / "manifest.json").write_text(json.dumps(manifest))

    with pytest.raises(LifeDamaged, match=r"scaffold\.safetensors holds no tensors"):
        store.load(1)


def test_adapter_with_a_pickle_is_refused(store):
    def write(folder):
        (folder / "adapter_model.bin").write_bytes(b"x")

    with pytest.raises(SOVLError, match=r"adapter_model\.bin.*safetensors only"):
        save(store, 1, peft_writer=write)
    assert os.listdir(store.path(1).parent) == []


@pytest.mark.parametrize("name", ["../outside", "a/b", ""])
def test_trainable_without_a_file_name_is_refused(store, name):
    with pytest.raises(SOVLError, match="cannot be stored"):
        store.save(1, {name: {}}, {}, {})
    assert os.listdir(store.path(1).parent) == []


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", ["write_file", "replace_file", "sync_folder", "file_sha256", "sync_file"])
def test_failure_at_any_step_leaves_earlier_nights_and_nothing_else(store, mocker, step, error):
    save(store, 1, 1.0)
    save(store, 2, 2.0)
    mocker.patch.object(durable, step, side_effect=error)
    with pytest.raises(type(error)):
        save(store, 3, 3.0)
    mocker.stopall()

    assert sorted(os.listdir(store.path(1).parent)) == ["0001", "0002"]
    assert [value_of(store, number) for number in (1, 2)] == [1.0, 2.0]
    save(store, 3, 3.0)
    assert store.verify(3) == []


def test_failure_to_put_in_place_puts_back_what_was_there(store, mocker):
    save(store, 1, 1.0)
    rename = os.rename

    def fail(source, target):
        if source.endswith(".partial"):
            raise OSError("no space left on device")
        rename(source, target)

    mocker.patch("os.rename", side_effect=fail)
    with pytest.raises(OSError, match="no space"):
        save(store, 1, 2.0)

    assert os.listdir(store.path(1).parent) == ["0001"]
    assert value_of(store, 1) == 1.0


def test_adapter_that_finds_the_disk_full_is_an_os_error(store):
    def write(folder):
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    with pytest.raises(OSError, match="No space left"):
        save(store, 1, peft_writer=write)
    assert store.numbers() == []


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
def test_full_disk_leaves_the_previous_night(store):
    save(store, 1, 1.0)
    done = child(
        """
        import resource, sys
        from pathlib import Path
        import torch
        from safetensors.torch import save_file
        from sovl_core.night_store import NightStore

        store = NightStore(Path(sys.argv[1]))
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
        big = {"t": torch.zeros(10_000)}
        for weights, adapter in (({"big": big}, None), ({}, lambda p: save_file(big, str(p / "a.safetensors")))):
            try:
                store.save(2, weights, {}, {}, adapter)
            except OSError as error:
                print("full" if "too large" in str(error) else error)
        """,
        store.path(1).parent,
    )

    assert (done.returncode, done.stdout.split()) == (0, ["full", "full"])
    assert os.listdir(store.path(1).parent) == ["0001"]
    assert store.verify(1) == []
    assert value_of(store, 1) == 1.0


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_kill_in_the_middle_leaves_the_previous_night(store):
    save(store, 1, 1.0)
    done = child(
        """
        import os, signal, sys
        from pathlib import Path
        import torch
        from sovl_core.night_store import NightStore

        weights = {"scaffold": {"t": torch.ones(1000)}}
        NightStore(Path(sys.argv[1])).save(2, weights, {}, {}, lambda p: os.kill(os.getpid(), signal.SIGKILL))
        """,
        store.path(1).parent,
    )

    assert done.returncode == -9
    assert store.numbers() == [1]
    assert store.path(2).with_suffix(".partial").exists()
    assert value_of(store, 1) == 1.0
    save(store, 2, 2.0)
    assert value_of(store, 2) == 2.0
    assert sorted(os.listdir(store.path(1).parent)) == ["0001", "0002"]


def test_adapter_can_be_loaded_by_peft_alone(store, tiny_model):
    from peft import LoraConfig, PeftModel, get_peft_model

    torch.manual_seed(0)
    scaffold = get_peft_model(
        tiny_model("llama"), LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False, task_type="CAUSAL_LM")
    )
    tokens = torch.tensor([[5, 6, 7]])
    expected = scaffold(tokens).logits

    folder = save(store, 1, peft_writer=lambda path: scaffold.save_pretrained(str(path), save_embedding_layers=False))

    assert store.verify(1) == []
    alone = PeftModel.from_pretrained(tiny_model("llama"), str(folder / "adapter")).eval()
    assert torch.equal(alone(tokens).logits, expected)
