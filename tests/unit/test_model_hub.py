from __future__ import annotations

from types import SimpleNamespace

import pytest
from huggingface_hub import errors

from sovl_core.model_folder import SourceFailed
from sovl_core.model_hub import ModelHub, is_hub_id

PARTS = ("config.json", "model.safetensors", "tokenizer.json")
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def online(monkeypatch):
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def cache(tmp_path):
    """The hub's own cache layout: a reference, a snapshot of links, and what they point at."""

    def add(model="owner/name", parts=PARTS):
        root = tmp_path / "hub" / f"models--{model.replace('/', '--')}"
        snapshot = root / "snapshots" / COMMIT
        for folder in (snapshot, root / "refs", root / "blobs"):
            folder.mkdir(parents=True)
        (root / "refs" / "main").write_text(COMMIT)
        for name in parts:
            (root / "blobs" / name).write_text(name)
            (snapshot / name).symlink_to(root / "blobs" / name)
        return snapshot

    add.hub = ModelHub(tmp_path / "hub")
    return add


def failure(kind, message="what happened", cause=None):
    if kind is errors.LocalEntryNotFoundError:
        error = kind(message)
    else:
        error = kind(message, response=SimpleNamespace(headers={}, request=None, status_code=500))
    error.__cause__ = cause
    return error


@pytest.mark.parametrize("name", ["gpt2", "owner/name", "HuggingFaceTB/SmolLM2-135M-Instruct", "a.b/c_d-1.5"])
def test_hub_ids(name):
    assert is_hub_id(name)


@pytest.mark.parametrize(
    "name", ["", "/a/b", "./a", "../a", "~/a", "a/b/c", "a/b.gguf", "b.gguf", "a b", "a/", "C:\\models", "http://a/b"]
)
def test_everything_else_is_a_path(name):
    assert not is_hub_id(name)


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("true", True), ("ON", True), ("0", False), ("", False)])
@pytest.mark.parametrize("name", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_the_environment_may_forbid_the_network(monkeypatch, name, value, expected):
    monkeypatch.setenv(name, value)
    assert ModelHub.offline() is expected


def test_a_whole_model_is_found_in_the_cache(cache):
    snapshot = cache()
    assert cache.hub.cached("owner/name") == snapshot
    ((name, path, size),) = cache.hub.models()
    assert (name, path) == ("owner/name", snapshot)
    assert size == sum(len(part) for part in PARTS)


def test_half_a_model_is_not(cache):
    cache(parts=("config.json",))
    with pytest.raises(SourceFailed, match="incomplete: it lacks safetensors"):
        cache.hub.cached("owner/name")
    assert cache.hub.models() == []


def test_an_absent_model_or_cache_is_not_there(cache, tmp_path):
    with pytest.raises(SourceFailed, match="not there"):
        cache.hub.cached("owner/name")
    assert ModelHub(tmp_path / "nowhere").models() == []


def test_names_the_hub_refuses_are_explained(cache):
    with pytest.raises(SourceFailed, match="owner--name"):
        cache.hub.cached("owner--name")


def test_looking_in_the_cache_uses_no_network(cache, mocker):
    cache()
    socket = mocker.patch("socket.socket.connect", side_effect=AssertionError("network used"))
    cache.hub.cached("owner/name")
    cache.hub.models()
    socket.assert_not_called()


def test_a_download_asks_for_weights_and_not_for_pickles(cache, mocker):
    snapshot = cache()
    download = mocker.patch("huggingface_hub.snapshot_download", return_value=str(snapshot))
    assert cache.hub.download("owner/name") == snapshot
    asked = download.call_args.kwargs
    assert "*.safetensors" in asked["allow_patterns"]
    assert not any(pattern.endswith((".bin", ".pt", ".pth", "*")) for pattern in asked["allow_patterns"])
    assert asked["etag_timeout"] <= 10


def test_offline_nobody_is_asked(cache, monkeypatch, mocker):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    download = mocker.patch("huggingface_hub.snapshot_download")
    with pytest.raises(SourceFailed, match="HF_HUB_OFFLINE is set"):
        cache.hub.download("owner/name")
    download.assert_not_called()


def test_a_model_of_pickles_alone_is_refused_after_the_download(cache, mocker):
    snapshot = cache(parts=("config.json", "tokenizer.json"))
    mocker.patch("huggingface_hub.snapshot_download", return_value=str(snapshot))
    with pytest.raises(SourceFailed, match="lacks safetensors weights"):
        cache.hub.download("owner/name")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (failure(errors.GatedRepoError), "licence has to be accepted"),
        (failure(errors.RepositoryNotFoundError), "no model of that name"),
        (failure(errors.HfHubHTTPError, "500 Server Error\nlong"), "500 Server Error"),
        (failure(errors.LocalEntryNotFoundError, "x", OSError("Name not known")), "cannot be reached .Name not known"),
        (ValueError("odd"), "odd"),
    ],
)
def test_why_the_hub_did_not_give_it_is_said_in_one_line(cache, mocker, error, said):
    mocker.patch("huggingface_hub.snapshot_download", side_effect=error)
    with pytest.raises(SourceFailed, match=said) as raised:
        cache.hub.download("owner/name")
    assert "\n" not in str(raised.value)


def test_a_full_disk_passes_through(cache, mocker):
    mocker.patch("huggingface_hub.snapshot_download", side_effect=OSError(28, "No space left on device"))
    with pytest.raises(OSError, match="No space left"):
        cache.hub.download("owner/name")
