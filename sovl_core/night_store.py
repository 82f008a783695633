"""The nights of a life on disk: what each has learned, with a manifest of hashes, put in place in one step.

A night is a folder::

    0001/trainables/<name>.safetensors   one file a registered module
         plugins/                        plugin state (see ``state_files``)
         adapter/                        the scaffold's adapter as PEFT writes it, for use without SOVL
         report.json
         manifest.json                   size and SHA-256 of every other file

It is written as ``0001.partial``, flushed to the disk, and renamed. Weights are safetensors; nothing is unpickled.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Mapping, Optional, Tuple

from sovl_core import durable
from sovl_core.error_handling import LifeDamaged, SOVLError
from sovl_core.state_files import (
    bytes_to_tensors,
    check_name,
    read_plugin_states,
    tensors_to_bytes,
    write_plugin_states,
)

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_core.plugin import PluginState

__all__ = ["NightStore", "read_plugin_states", "write_plugin_states"]

FORMAT = 1
MANIFEST, REPORT = "manifest.json", "report.json"
TRAINABLES, PLUGINS, ADAPTER = "trainables", "plugins", "adapter"
#: What a PEFT adapter may consist of; anything else might be a pickle.
ADAPTER_SUFFIXES = (".json", ".safetensors", ".md")

Trainables = Dict[str, Dict[str, "Tensor"]]


class NightStore:
    """Keeps nights in one folder.

    :param root: the folder; created when the first night is saved.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, number: int) -> Path:
        """Return the folder of a night, whether or not it is there."""
        return self._root / f"{number:04d}"

    def numbers(self) -> List[int]:
        """Return the numbers of the nights on disk, in order."""
        if not self._root.is_dir():
            return []
        return sorted(int(path.name) for path in self._root.iterdir() if re.fullmatch(r"\d{4,}", path.name))

    def working_folder(self, number: int) -> Path:
        """Return the folder for a night's checkpoints, made when it is not there; it survives an interruption."""
        folder = self.path(number).with_suffix(".work")
        durable.private_folder(folder)
        return folder

    def unfinished(self) -> Dict[int, List[Path]]:
        """Return what lies there of nights that were not stored as a whole, by their number."""
        found: Dict[int, List[Path]] = {}
        for path in sorted(self._root.iterdir()) if self._root.is_dir() else []:
            number = re.fullmatch(r"(\d{4,})\.(work|partial)", path.name)
            if number is not None:
                found.setdefault(int(number.group(1)), []).append(path)
        return found

    def discard_working(self, number: int) -> None:
        """Remove a night's checkpoints; nothing happens when there are none."""
        shutil.rmtree(str(self.path(number).with_suffix(".work")), ignore_errors=True)

    def remove(self, number: int) -> None:
        """Remove a night for good, with whatever a crash has left of it; nothing happens when there is none."""
        for suffix in (".work", ".partial", ".old", ""):
            _remove(self.path(number).with_suffix(suffix))
        if self._root.is_dir():
            durable.sync_folder(self._root)

    def save(
        self,
        number: int,
        trainables: Mapping[str, Mapping[str, Tensor]],
        plugin_states: Mapping[str, PluginState],
        report: Mapping[str, Any],
        peft_writer: Optional[Callable[[Path], None]] = None,
    ) -> Path:
        """Store a night; when this returns it is on the disk as a whole, when it raises nothing of it is left.

        A folder of the same number, left by an attempt that was never accepted, is replaced.

        :param trainables: ``{name: {parameter: tensor}}`` of any device and dtype.
        :param report: JSON-able.
        :param peft_writer: writes the scaffold's adapter into a folder that it may have to create.
        :return: the night's folder.
        :raises OSError: when the disk is full or cannot be written.
        :raises SOVLError: when a name cannot be a file's, or the adapter holds anything but safetensors and text.
        """
        final = self.path(number)
        partial = final.with_suffix(".partial")
        _remove(partial)
        try:
            _write_night(partial, trainables, plugin_states, report, peft_writer)
            _write_manifest(partial, number)
            _sync_tree(partial)
            _put_in_place(partial, final)
        except BaseException:
            shutil.rmtree(str(partial), ignore_errors=True)
            raise
        return final

    def load(self, number: int) -> Tuple[Trainables, Dict[str, PluginState]]:
        """Return what a night learned, tensors on the CPU, and the state its plugins had.

        :raises LifeDamaged: when a file that is needed is missing or not what was written; it is named.
        """
        folder = self.path(number)
        files = _read_manifest(folder)
        trainables: Trainables = {}
        for name, entry in files.items():
            part = Path(name).parts[0]
            if part not in (TRAINABLES, PLUGINS):
                continue
            content = _checked_content(folder, name, entry)
            if part == TRAINABLES:
                trainables[Path(name).name[: -len(".safetensors")]] = bytes_to_tensors(content, folder / name)
        states = read_plugin_states(folder / PLUGINS)
        return trainables, {name: state for name, state in states.items() if f"{PLUGINS}/{name}.json" in files}

    def verify(self, number: int) -> List[str]:
        """Return what is wrong with a night's folder, one sentence a file; empty when all is as it was written."""
        folder = self.path(number)
        try:
            files = _read_manifest(folder)
        except LifeDamaged as damage:
            return [damage.message]
        problems = [_problem(folder, name, entry) for name, entry in files.items()]
        unknown = sorted(set(_files_in(folder)) - set(files) - {MANIFEST})
        problems += [f"{folder / name} does not belong there" for name in unknown]
        return [problem for problem in problems if problem]


def _write_night(
    folder: Path,
    trainables: Mapping[str, Mapping[str, Tensor]],
    plugin_states: Mapping[str, PluginState],
    report: Mapping[str, Any],
    peft_writer: Optional[Callable[[Path], None]],
) -> None:
    durable.private_folder(folder / TRAINABLES)
    for name, tensors in trainables.items():
        file = folder / TRAINABLES / (check_name(name, "The trainable") + ".safetensors")
        durable.write_file(file, tensors_to_bytes(tensors))
    write_plugin_states(folder / PLUGINS, plugin_states)
    durable.write_file(folder / REPORT, _json(report))
    if peft_writer is not None:
        _write_adapter(folder / ADAPTER, peft_writer)


def _write_adapter(folder: Path, peft_writer: Callable[[Path], None]) -> None:
    from safetensors import SafetensorError

    durable.private_folder(folder)
    try:
        peft_writer(folder)
    except SafetensorError as error:  # how its Rust code reports a full disk
        raise OSError(f"the adapter could not be written: {error}") from error
    for name in _files_in(folder):
        if Path(name).suffix not in ADAPTER_SUFFIXES:
            raise SOVLError(
                f"The adapter came with a file {name}, which is not stored: weights are kept as safetensors only",
                "Bring PEFT up to date: pip install --upgrade peft",
            )
        durable.sync_file(folder / name)


def _write_manifest(folder: Path, number: int) -> None:
    files = {
        name: {"bytes": (folder / name).stat().st_size, "sha256": durable.file_sha256(folder / name)}
        for name in _files_in(folder)
    }
    durable.write_file(folder / MANIFEST, _json({"format": FORMAT, "night": number, "files": files}))


def _sync_tree(folder: Path) -> None:
    for directory, _, _ in os.walk(str(folder), topdown=False):
        durable.sync_folder(Path(directory))


def _put_in_place(partial: Path, final: Path) -> None:
    # A folder cannot be renamed onto another that has content, so what stands in the way is moved aside first.
    old = final.with_suffix(".old")
    _remove(old)
    if final.exists():
        os.rename(str(final), str(old))
    try:
        os.rename(str(partial), str(final))
    except BaseException:
        if old.exists():
            os.rename(str(old), str(final))
        raise
    durable.sync_folder(final.parent)
    durable.sync_folder(final.parent.parent)
    shutil.rmtree(str(old), ignore_errors=True)


def _read_manifest(folder: Path) -> Dict[str, Dict[str, Any]]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        files, written = manifest["files"], manifest["format"]
        known = {name: {"bytes": int(entry["bytes"]), "sha256": str(entry["sha256"])} for name, entry in files.items()}
    except FileNotFoundError as error:
        raise _damaged(path if folder.exists() else folder, "is missing") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, f"is not readable: {error}") from error
    if written != FORMAT:
        raise LifeDamaged(
            f"{folder} has format {written}; this SOVL reads format {FORMAT}",
            "It was written by a newer SOVL: bring this one up to date with `pip install --upgrade sovl`",
        )
    return known


def _checked_content(folder: Path, name: str, entry: Dict[str, Any]) -> bytes:
    """Return a file's content, hashed as read: what is used is what was checked."""
    try:
        content = (folder / name).read_bytes()
    except FileNotFoundError as error:
        raise _damaged(folder / name, "is missing") from error
    if durable.sha256(content) != entry["sha256"]:
        raise _damaged(folder / name, "is not what was written")
    return content


def _problem(folder: Path, name: str, entry: Dict[str, Any]) -> str:
    path = folder / name
    if not path.is_file():
        return f"{path} is missing"
    size = path.stat().st_size
    if size != entry["bytes"]:
        return f"{path} has {size} bytes, {entry['bytes']} were written"
    return "" if durable.file_sha256(path) == entry["sha256"] else f"{path} is not what was written"


def _damaged(path: Path, what: str) -> LifeDamaged:
    return LifeDamaged(f"{path} {what}", "Restore it from a copy of the life, or choose another night: `sovl nights`")


def _files_in(folder: Path) -> List[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode("ascii")


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(str(folder))
