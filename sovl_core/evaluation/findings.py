"""What an evaluation has found so far, of all its seeds: written after every arm, so that no hours of work are lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Dict, Optional, Sequence

from sovl_core.durable import replace_file
from sovl_core.evaluation.seeds import merged


class Findings:
    """Results by seed.

    :param seeds: those that are measured, in order.
    :param out: the file that is written; None for none.
    :param warn: told when the file could not be written meanwhile: the work goes on.
    """

    def __init__(
        self, seeds: Sequence[int], out: Optional[Path] = None, warn: Callable[[str], None] = lambda text: None
    ) -> None:
        self._seeds = seeds
        self._out = out
        self._warn = warn
        self._found: Dict[int, Dict[str, Any]] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def enter(self, seed: int, values: Dict[str, Any]) -> None:
        """Take what is known of a seed, in place of what was known before, and write everything."""
        self._found[seed] = values
        try:
            self.write()
        except OSError as error:
            self._warn(f"{self._out} could not be written: {error.strerror or error}. The evaluation goes on.")

    def values(self) -> Dict[str, Any]:
        """Return everything: of a single seed its own result, of several their mean with all of them beside it."""
        if len(self._seeds) == 1:
            return self._found[self._seeds[0]]
        complete = all(seed in self._found and self._found[seed].get("complete", True) for seed in self._seeds)
        return merged({str(seed): values for seed, values in self._found.items()}, complete)

    def write(self) -> None:
        """Write everything to the file, which is replaced as a whole.

        :raises OSError: when it cannot be written; what was there stays.
        """
        if self._out is not None:
            write_json(self._out, self.values())


def write_json(out: Path, values: Dict[str, Any]) -> None:
    """Write results to a file, which is replaced as a whole.

    :raises OSError: when it cannot be written; what was there stays.
    """
    text = json.dumps(values, ensure_ascii=False, indent=2, allow_nan=False)
    replace_file(out, (text + "\n").encode("utf-8", "replace"))
