"""Where an evaluation lives: a folder and a life for each arm, opened as the user's own would be but never theirs."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence

from sovl_core.error_handling import BadInput

if TYPE_CHECKING:
    from sovl_core.plugin import Plugin
    from sovl_core.system import SOVLSystem

PREFIX = "sovl-eval-"


def open_system(folder: Path, **arguments: Any) -> SOVLSystem:
    """Open a life."""
    from sovl_core.system import SOVLSystem

    return SOVLSystem.open(folder, **arguments)


@dataclass
class Workplace:
    """Opens the lives of an evaluation.

    ``folder`` holds a folder for each arm. ``settings_file`` is copied into each life where it exists; ``overrides``
    are settings for all of them. ``plugins`` and ``without`` select plugins as on the command line. ``more`` are
    further arguments of ``SOVLSystem.open``. ``open_life`` is replaced in tests.
    """

    folder: Path
    settings_file: Optional[Path] = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    plugins: Optional[Iterable[str]] = None
    without: Iterable[str] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    open_life: Callable[..., SOVLSystem] = open_system

    @contextlib.contextmanager
    def life(
        self, arm: str, changes: Optional[Mapping[str, Any]] = None, more_plugins: Sequence[Plugin] = ()
    ) -> Iterator[SOVLSystem]:
        """Open a new life for an arm; it is closed at the end of the block.

        :param changes: settings of this arm, which have the last word.
        :param more_plugins: plugins of this arm.
        """
        path = self.folder / arm
        path.mkdir(parents=True)
        if self.settings_file is not None and self.settings_file.is_file():
            shutil.copyfile(str(self.settings_file), str(path / "life.toml"))
        overrides: Dict[str, Any] = {**self.overrides, **(changes or {})}
        with self.open_life(
            path,
            overrides=overrides,
            plugins=self.plugins,
            without=self.without,
            more_plugins=more_plugins,
            **self.more,
        ) as life:
            yield life


@contextlib.contextmanager
def evaluation_folder(keep: Optional[Path] = None) -> Iterator[Path]:
    """Give a folder for the lives of an evaluation: a temporary one that is gone afterwards, or one that is kept.

    :param keep: the folder to keep; made where there is none.
    :raises BadInput: when it holds anything already, or is no folder.
    """
    if keep is None:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        try:
            yield folder
        finally:
            shutil.rmtree(str(folder), ignore_errors=True)
        return
    require_new(keep)
    keep.mkdir(parents=True, exist_ok=True)
    yield keep


def require_new(keep: Optional[Path]) -> None:
    """Refuse a folder to keep that holds anything already, or is no folder; None is fine.

    :raises BadInput: for such a folder.
    """
    if keep is not None and keep.exists() and (not keep.is_dir() or _names(keep)):
        raise BadInput(f"{keep} is there already and is no empty folder", "Give --keep a new folder")


def _names(folder: Path) -> List[str]:
    return [path.name for path in folder.iterdir()]
