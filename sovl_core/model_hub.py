"""Models on the Hugging Face hub and in its cache on this machine."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, List, Optional, Tuple

from sovl_core.model_folder import SourceFailed, missing_parts

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(?:/[\w.-]+)?")

#: What a causal LM needs and nothing else: not other formats of the same weights, not pickles. Code is fetched with it
#: but runs only when core.trust_remote_code is set.
WANTED = ("*.json", "*.safetensors", "*.model", "*.txt", "*.jinja", "*.tiktoken", "*.py")
UNWANTED = ("*/*", "consolidated*")

#: Seconds to wait for the hub's first answer.
_TIMEOUT = 5.0


def is_hub_id(model: str) -> bool:
    """Return True for what can be a hub id: ``name`` or ``owner/name``."""
    return _HUB_ID.fullmatch(model) is not None and not model.endswith(".gguf")


class ModelHub:
    """The Hugging Face hub.

    :param cache_dir: the hub's cache; None for its own default (``HF_HOME``, ``HF_HUB_CACHE``).
    """

    def __init__(self, cache_dir: Optional[Path] = None) -> None:
        self._cache_dir = cache_dir

    @staticmethod
    def offline() -> bool:
        """Return True when the environment forbids using the network for the hub (``HF_HUB_OFFLINE=1``)."""
        names = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
        return any(os.environ.get(name, "").upper() in ("1", "ON", "YES", "TRUE") for name in names)

    def cached(self, model: str) -> Path:
        """Return the folder of a model that is whole in the hub's cache; asks nobody.

        :raises SourceFailed: when it is not.
        """
        from huggingface_hub.errors import LocalEntryNotFoundError

        try:
            return self._whole(self._snapshot(model, local_files_only=True))
        except LocalEntryNotFoundError as error:
            raise SourceFailed("not there") from error
        except (OSError, ValueError) as error:
            raise SourceFailed(_first_line(error)) from error

    def download(self, model: str) -> Path:
        """Fetch a model into the hub's cache and return its folder.

        :raises SourceFailed: without network, for an unknown or closed model, or one without safetensors.
        :raises OSError: when the disk is full.
        """
        from huggingface_hub import errors

        if self.offline():
            raise SourceFailed("not asked, because HF_HUB_OFFLINE is set")
        try:
            return self._whole(self._snapshot(model, etag_timeout=_TIMEOUT))
        except errors.GatedRepoError as error:
            raise SourceFailed("its licence has to be accepted on the hub first (then: hf auth login)") from error
        except errors.RepositoryNotFoundError as error:
            raise SourceFailed("it has no model of that name (or it is private: hf auth login)") from error
        except errors.LocalEntryNotFoundError as error:
            raise SourceFailed(f"it cannot be reached ({_first_line(error.__cause__ or error)})") from error
        except errors.HfHubHTTPError as error:
            raise SourceFailed(_first_line(error)) from error
        except ValueError as error:
            raise SourceFailed(_first_line(error)) from error

    def models(self) -> List[Tuple[str, Path, int]]:
        """Return id, folder and size in bytes of each model that is whole in the hub's cache."""
        from huggingface_hub import CacheNotFound, scan_cache_dir

        try:
            repositories = scan_cache_dir(self._cache_dir).repos
        except CacheNotFound:
            return []
        found = []
        for repository in repositories:
            if repository.repo_type != "model":
                continue
            for revision in repository.revisions:
                if "main" in revision.refs and not missing_parts(revision.snapshot_path):
                    found.append((repository.repo_id, Path(revision.snapshot_path), revision.size_on_disk))
        return sorted(found)

    def _snapshot(self, model: str, **arguments: Any) -> Path:
        from huggingface_hub import snapshot_download

        return Path(
            snapshot_download(
                model,
                cache_dir=self._cache_dir,
                allow_patterns=list(WANTED),
                ignore_patterns=list(UNWANTED),
                **arguments,
            )
        )

    @staticmethod
    def _whole(folder: Path) -> Path:
        missing = missing_parts(folder)
        if missing:
            raise SourceFailed(f"incomplete: it lacks {', '.join(missing)}")
        return folder


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
