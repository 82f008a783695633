"""Where plugins are looked at: lives of a tiny model, each in a folder of its own, and what one says without them."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from sovl_core.events import Turn
from sovl_core.testing.import_probe import ImportReport
from sovl_core.testing.lives import Given, open_life
from sovl_core.testing.tiny_models import TinyModels

if TYPE_CHECKING:
    from sovl_core.system import SOVLSystem

#: What every life is asked in the end.
QUESTION = "What is my dog called?"


class Said(NamedTuple):
    """A reply, as exactly as it can be compared."""

    text: str
    token_ids: List[int]
    probabilities: List[float]
    entropies: List[float]


def ask(life: SOVLSystem) -> Said:
    """Ask a life the same as any other, in a conversation of its own; greedy, and with no trace in the journal."""
    reply = life.answer(Turn(QUESTION, conversation="conformance", temperature=0.0, max_new_tokens=8))
    return Said(reply.text, reply.token_ids, reply.token_probabilities, reply.token_entropies)


class Workbench:
    """Opens lives.

    :param folder: where they are kept; nobody else's.
    :param models: where their base comes from.
    :param family: which one.
    :param imports: what is known of importing plugins already, by name.
    """

    def __init__(
        self,
        folder: Path,
        models: Optional[TinyModels] = None,
        family: str = "llama",
        imports: Optional[Mapping[str, ImportReport]] = None,
    ) -> None:
        self.imports: Dict[str, ImportReport] = dict(imports or {})
        self._folder = folder
        self._models = models or TinyModels(folder / "models")
        self._family = family
        self._numbers = itertools.count(1)
        self._bare: Dict[Tuple[str, ...], Said] = {}

    def open(self, *plugins: Given, settings: Optional[Mapping[str, Any]] = None, **options: Any) -> SOVLSystem:
        """Open a new life; for ``options`` see :func:`sovl_core.testing.lives.open_life`."""
        folder = self._folder / f"life{next(self._numbers)}"
        return open_life(folder, *plugins, model=self._models(self._family), settings=settings, **options)

    def bare_reply(self, beside: Sequence[Given] = ()) -> Said:
        """Return what a life says that has these plugins only; asked once."""
        key = tuple(getattr(given, "name", str(given)) for given in beside)
        if key not in self._bare:
            life = self.open(*beside)
            try:
                self._bare[key] = ask(life)
            finally:
                life.close()
        return self._bare[key]
