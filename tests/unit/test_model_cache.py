from __future__ import annotations

import errno
import multiprocessing
import threading

import pytest

from sovl_core import model_cache
from sovl_core.model_cache import ModelCache, free_bytes, require_space
from sovl_core.model_folder import SOURCE_FILE, SourceFailed

SOURCE = {"model": "owner/name", "source": "a test"}


def make_model(work):
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (work / name).write_text(name)


@pytest.fixture
def told():
    return []


@pytest.fixture
def cache(tmp_path, told):
    return ModelCache(tmp_path / "cache", told.append)


def visible(cache):
    return sorted(path.name for path in cache.folder.iterdir() if not path.name.endswith(".lock"))


def test_a_model_is_made_once_and_found_again(cache, mocker):
    make = mocker.Mock(side_effect=make_model)
    folder = cache.build("owner/name", SOURCE, 10, make)
    assert cache.build("owner/name", SOURCE, 10, make) == folder == cache.get("owner/name")
    make.assert_called_once()
    assert visible(cache) == [folder.name]
    assert [(found, source["source"]) for found, source in cache.models()] == [(folder, "a test")]


def test_names_become_safe_folder_names_and_stay_apart(cache):
    one, other = (cache.build(name, SOURCE, 0, make_model) for name in ("a/b c:d", "a-b"))
    assert one.parent == other.parent == cache.folder
    assert one != other


def test_an_empty_cache_has_nothing_and_is_not_made_by_looking(cache):
    with pytest.raises(SourceFailed, match="not there"):
        cache.get("owner/name")
    assert list(cache.models()) == []
    assert not cache.folder.exists()


def test_what_another_transformers_wrote_is_made_anew(cache, mocker):
    folder = cache.build("owner/name", SOURCE, 0, make_model)
    mocker.patch("importlib.metadata.version", return_value="4.46.3")
    with pytest.raises(SourceFailed, match="not there"):
        cache.get("owner/name")
    assert list(cache.models()) == []
    assert cache.build("owner/name", SOURCE, 0, make_model) != folder


def test_a_damaged_model_is_said_to_be_and_is_replaced(cache):
    folder = cache.build("owner/name", SOURCE, 0, make_model)
    (folder / "model.safetensors").write_text("cut")
    with pytest.raises(SourceFailed, match="is damaged and will be replaced"):
        cache.get("owner/name")
    assert list(cache.models()) == []
    assert cache.build("owner/name", SOURCE, 0, make_model) == folder
    assert (folder / "model.safetensors").read_text() == "model.safetensors"


@pytest.mark.parametrize("error", [SourceFailed("no"), OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
def test_a_failure_leaves_nothing_behind(cache, error):
    def fail(work):
        make_model(work)
        raise error

    with pytest.raises(type(error)):
        cache.build("owner/name", SOURCE, 0, fail)
    assert visible(cache) == []


def test_half_a_model_never_gets_its_name(cache):
    with pytest.raises(SourceFailed, match=r"what was made lacks config\.json, .*, a tokenizer"):
        cache.build("owner/name", SOURCE, 0, lambda work: None)
    assert visible(cache) == []


def test_what_a_killed_process_left_is_swept_away(cache):
    folder = cache.build("owner/name", SOURCE, 0, make_model)
    left = folder.with_name(f".partial-{folder.name}")
    folder.rename(left)
    (left / "rubbish").touch()
    (left / SOURCE_FILE).unlink()
    assert list(cache.models()) == []
    assert cache.build("owner/name", SOURCE, 0, make_model) == folder
    assert not (folder / "rubbish").exists()
    assert visible(cache) == [folder.name]


def test_a_full_disk_is_noticed_before_anything_is_written(cache, mocker):
    mocker.patch.object(model_cache, "free_bytes", return_value=60_000_000)
    make = mocker.Mock(side_effect=make_model)
    with pytest.raises(SourceFailed, match=r"the disk is too full: 150 MB are needed at .*, 60 MB are free"):
        cache.build("owner/name", SOURCE, 100_000_000, make)
    make.assert_not_called()
    assert cache.build("owner/name", SOURCE, 1_000_000, make).exists()


def test_free_space_is_asked_of_the_nearest_folder_there_is(tmp_path):
    assert free_bytes(tmp_path / "not" / "yet") == pytest.approx(free_bytes(tmp_path), rel=0.1)
    require_space(tmp_path, 0)


def test_a_second_builder_waits_and_finds_it_done(cache, told):
    started, go_on = threading.Event(), threading.Event()

    def slowly(work):
        started.set()
        assert go_on.wait(30)
        make_model(work)

    first = threading.Thread(target=cache.build, args=("owner/name", SOURCE, 0, slowly))
    first.start()
    assert started.wait(30)

    def release(detail):
        told.append(detail)
        go_on.set()

    def never(work):
        raise AssertionError("made twice")

    folder = ModelCache(cache.folder, release).build("owner/name", SOURCE, 0, never)
    first.join()
    assert told == ["waiting for another process that is fetching the same model"]
    assert cache.get("owner/name") == folder


def _build_in_a_process(folder, made):
    def make(work):
        with made.get_lock():
            made.value += 1
        make_model(work)

    ModelCache(folder, print).build("owner/name", SOURCE, 0, make)


def test_many_processes_make_it_once(cache):
    context = multiprocessing.get_context("fork")
    made = context.Value("i", 0)
    processes = [context.Process(target=_build_in_a_process, args=(cache.folder, made)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    assert made.value == 1
