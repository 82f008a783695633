"""Plugin state on disk: for each plugin a JSON file with its values and, where it has tensors, a safetensors file.

The JSON file holds a hash of its values, and names its tensor file and the hash of that. It is replaced last and in one
step, so that values and tensors always belong together, whenever the process is killed. Files of plugins that are
absent today stay where they are. Reading a state checks all of it, but makes no tensors: who only looks needs no torch.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Tuple

from sovl_core import durable
from sovl_core.error_handling import LifeDamaged, PluginError, SOVLError
from sovl_core.plugin import PluginState

if TYPE_CHECKING:
    from torch import Tensor

#: Folder within the folder of states for files that are damaged.
SET_ASIDE = "damaged"

_ENTRY = {"values", "digest", "tensors", "sha256"}
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


class StoredState(PluginState):
    """A state that was read: its tensors are made when somebody asks for them, because that imports torch.

    One that is begun empty, to be saved, may keep such a state as it is.

    :param content: what the tensor file ``path`` holds, None without one.
    :raises LifeDamaged: when that is not in safetensors format.
    """

    def __init__(self, values: Dict[str, Any], content: Optional[bytes] = None, path: Path = Path()) -> None:
        if content is not None:
            from safetensors import SafetensorError, deserialize

            try:
                deserialize(content)  # type: ignore[no-untyped-call]
            except SafetensorError as error:
                raise _no_tensors(path, error) from error
        super().__init__(values)
        self._content = content
        self._path = path

    @property
    def tensors(self) -> Dict[str, Tensor]:  # type: ignore[override]
        """The tensors, on the CPU."""
        if self._content is not None:
            self._tensors, self._content = bytes_to_tensors(self._content, self._path), None
        return self._tensors

    @tensors.setter
    def tensors(self, tensors: Dict[str, Tensor]) -> None:
        # In the plugin's own frame, so that it is the one that is blamed.
        if not isinstance(tensors, dict):
            raise TypeError(f"the tensors of a state are a dictionary, not {type(tensors).__name__}")
        self._tensors, self._content = tensors, None

    def __eq__(self, other: object) -> bool:
        # To whoever compares, it is a state like any other.
        return isinstance(other, PluginState) and (self.values, self.tensors) == (other.values, other.tensors)

    @property
    def unmade(self) -> Optional[bytes]:
        """The content of the tensor file, as long as nobody has asked for the tensors in it."""
        return self._content

    def keep(self, stored: PluginState) -> None:
        """Save a state again as it was loaded."""
        if not isinstance(stored, StoredState) or stored.unmade is None:
            super().keep(stored)
            return
        self.values.update(stored.values)
        self._content, self._path = stored.unmade, stored._path


def check_name(name: str, what: str) -> str:
    """Return a name that can be a file's name on every system.

    :raises SOVLError: when it holds anything but letters, digits, dot, dash and underscore.
    """
    if not _NAME.fullmatch(name):
        raise SOVLError(f"{what} {name!r} cannot be stored", "Use letters, digits, dots, dashes and underscores only")
    return name


def tensors_to_bytes(tensors: Mapping[str, Tensor]) -> bytes:
    """Return tensors of any device, layout and dtype in safetensors format."""
    from safetensors.torch import save

    # Copies, because the format refuses tensors that share memory, and a plugin may well keep a view of another.
    return save({name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()})


def bytes_to_tensors(content: bytes, path: Path) -> Dict[str, Tensor]:
    """Return the tensors in a file's content, on the CPU.

    :param path: the file, for the message.
    :raises LifeDamaged: when it is not in safetensors format.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return dict(load(content))
    except SafetensorError as error:
        raise _no_tensors(path, error) from error


def write_plugin_states(folder: Path, states: Mapping[str, PluginState]) -> None:
    """Write the state of plugins; whatever the folder holds of others is left alone.

    :raises PluginError: when a plugin's values are not JSON-able or its tensors cannot be stored.
    :raises OSError: when the disk is full; each plugin then has its old state or its new one.
    """
    durable.private_folder(folder)
    for name, state in states.items():
        _write_state(folder, check_name(name, "The state of plugin"), state)


def read_plugin_states(folder: Path) -> Dict[str, PluginState]:
    """Return every state in a folder, that of absent plugins included; empty when there is no such folder.

    :raises LifeDamaged: when a file is broken; it is named.
    """
    states, damages = read_sound_states(folder)
    for damage in damages.values():
        raise damage
    return states


def read_sound_states(folder: Path) -> Tuple[Dict[str, PluginState], Dict[str, LifeDamaged]]:
    """Return every state in a folder that can be read and, by plugin name, what is wrong with the others."""
    states: Dict[str, PluginState] = {}
    damages: Dict[str, LifeDamaged] = {}
    for path in sorted(folder.glob("*.json")):
        name = path.name[: -len(".json")]
        try:
            states[name] = _read_state(path)
        except LifeDamaged as damage:
            damages[name] = damage
    return states, damages


def set_aside(folder: Path, name: str) -> Path:
    """Move the files of a plugin's state where nothing is read or written over, and return that folder.

    :raises OSError: when they cannot be moved.
    """
    kept = folder / SET_ASIDE
    durable.private_folder(kept)
    for path in [folder / f"{name}.json", *_tensor_files(folder, name)]:
        os.replace(str(path), str(kept / path.name))
    durable.sync_folder(kept)
    durable.sync_folder(folder)
    return kept


def _write_state(folder: Path, name: str, state: PluginState) -> None:
    entry: Dict[str, Any] = {"values": state.values}
    tensor_name: Optional[str] = None
    try:
        entry["digest"] = _digest(state.values)
        content = _tensor_content(state)
        if content is not None:
            digest = durable.sha256(content)
            # Named by content: the file that the present JSON points to is never written over.
            tensor_name = f"{name}-{digest[:16]}.safetensors"
            entry.update(tensors=tensor_name, sha256=digest)
        text = json.dumps(entry, indent=1, ensure_ascii=True)
    except (TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise PluginError(
            f"The state of plugin {name} cannot be stored: {error}", "Its author has to keep to JSON values and tensors"
        ) from error
    if content is not None and tensor_name is not None and not _is_there(folder / tensor_name, entry["sha256"]):
        durable.replace_file(folder / tensor_name, content)
    durable.replace_file(folder / f"{name}.json", text.encode("ascii"))
    _remove_older(folder, name, tensor_name)


def _tensor_content(state: PluginState) -> Optional[bytes]:
    unmade = state.unmade if isinstance(state, StoredState) else None
    if unmade is not None:
        return unmade
    return tensors_to_bytes(state.tensors) if state.tensors else None


def _is_there(path: Path, digest: str) -> bool:
    return path.exists() and durable.file_sha256(path) == digest


def _remove_older(folder: Path, name: str, kept: Optional[str]) -> None:
    for path in _tensor_files(folder, name):
        if path.name != kept:
            with contextlib.suppress(OSError):  # a leftover costs space, not the state that was just written
                path.unlink()


def _tensor_files(folder: Path, name: str) -> List[Path]:
    ending = re.compile(r"-[0-9a-f]{16}\.safetensors(\.partial)?")
    return [path for path in folder.glob(f"{name}-*") if ending.fullmatch(path.name[len(name) :])]


def _read_state(path: Path) -> PluginState:
    try:
        entry = json.loads(path.read_text(encoding="ascii"))
        values, tensor_name = entry["values"], entry.get("tensors")
        if not isinstance(values, dict) or not isinstance(tensor_name, (str, type(None))):
            raise TypeError("values or tensors of another kind than was written")
        # One flipped bit in a name, and the tensors would seem never to have been there.
        unknown = sorted(set(entry) - _ENTRY)
        if unknown:
            raise ValueError(f"it holds {unknown[0]!r}, which was not written")
        # Files of earlier versions have none.
        if entry.get("digest") not in (None, _digest(values)):
            raise ValueError("its values are not what was written")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, str(error)) from error
    if tensor_name is None:
        return PluginState(values=values)
    file = path.with_name(Path(tensor_name).name)
    try:
        content = file.read_bytes()
    except FileNotFoundError as error:
        raise _damaged(file, "it is missing") from error
    if durable.sha256(content) != entry.get("sha256"):
        raise _damaged(file, "its content is not what was written")
    return StoredState(values, content, file)


def _digest(values: Mapping[str, Any]) -> str:
    # As they are read back: a tuple is a list then, and a key that was a number is text.
    text = json.dumps(json.loads(json.dumps(values)), sort_keys=True, ensure_ascii=True)
    return durable.sha256(text.encode("ascii"))


def _no_tensors(path: Path, error: Exception) -> LifeDamaged:
    return LifeDamaged(f"{path} holds no tensors: {error}", "Restore it from a copy of the life")


def _damaged(path: Path, why: str) -> LifeDamaged:
    return LifeDamaged(
        f"The plugin state in {path} is damaged: {why}",
        "Restore it from a copy of the life, or remove the plugin's files there: it then starts afresh",
    )
