"""What a night leaves behind: its weights and plugin state, stored, verified, and put back into the models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, Optional, Tuple

from sovl_core.error_handling import LifeDamaged, SOVLError, log_error

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from sovl_core.journal import Journal
    from sovl_core.models import Models
    from sovl_core.night_store import NightStore
    from sovl_core.plugin import PluginState
    from sovl_core.system_logging import ThreadSafeLogger

    Weights = Dict[str, Dict[str, Tensor]]

SCAFFOLD = "scaffold"


class NightWeights:
    """Stores nights and wakes up with the current one.

    :param warn: told in one sentence when the life goes on from another night than the journal names.
    :param read_only: when True the journal keeps naming a damaged night; nothing is written.
    """

    def __init__(
        self,
        journal: Journal,
        store: NightStore,
        logger: Optional[ThreadSafeLogger],
        warn: Callable[[str], None],
        read_only: bool = False,
    ) -> None:
        self._journal = journal
        self._store = store
        self._logger = logger
        self._warn = warn
        self._read_only = read_only

    def wake(self, models: Models) -> Optional[int]:
        """Put the current night's weights into the models.

        A damaged night is left for the nearest good one it came from; its episodes will be learned again.

        :return: the night whose weights are in place, None for none.
        :raises SOVLError: when the weights do not fit the models.
        """
        number, weights, _ = self._current()
        if weights is not None:
            put_weights(models, weights, f"night {number}")
        return number

    def states(self) -> Dict[str, PluginState]:
        """Return the plugin state stored with the current night, empty when there is none."""
        return self._current()[2]

    def store(
        self, number: int, models: Models, states: Dict[str, PluginState], parent: Optional[int], report: Dict[str, Any]
    ) -> None:
        """Write the weights and plugin state of a night that is about to be accepted.

        :raises OSError: when it cannot be written; nothing of it is left then.
        """
        weights = models.snapshot()
        weights.update(self._of_absent(models, parent))
        self._store.save(number, weights, states, report, peft_writer=_adapter_writer(models))

    def _current(self) -> Tuple[Optional[int], Optional[Weights], Dict[str, PluginState]]:
        named = number = self._journal.current_night()
        problem = ""
        while number is not None:
            try:
                weights, states = self._store.load(number)
                break
            except LifeDamaged as damage:
                log_error(self._logger, damage, event="night_damaged", night=number)
                problem = problem or str(damage)
                number = self._before(number)
        else:
            weights, states = None, {}
        if number != named:
            self._fall_back(named, number, problem)
        return number, weights, states

    def _before(self, number: int) -> Optional[int]:
        """Return the night that one came from and that may be used: the files of a purged one may lie there still."""
        purged, record = self._journal.purged_nights(), self._journal.night(number)
        while record is not None and record.parent in purged:
            record = self._journal.night(record.parent)
        return record.parent if record is not None else None

    def _fall_back(self, damaged: Optional[int], number: Optional[int], problem: str) -> None:
        place = "before the first night" if number is None else f"from night {number}"
        self._warn(
            f"Night {damaged} is damaged ({problem}). The life goes on {place}; "
            "what was learned since is still in the journal and will be learned again at the next sleep."
        )
        if not self._read_only:
            self._journal.use_night(number)

    def _of_absent(self, models: Models, parent: Optional[int]) -> Weights:
        """Weights of the parent whose plugin is not here today: kept, so that it finds them when it is back."""
        if parent is None:
            return {}
        try:
            weights, _ = self._store.load(parent)
        except LifeDamaged as damage:
            log_error(self._logger, damage, event="night_damaged", night=parent)
            return {}
        return {name: tensors for name, tensors in weights.items() if name not in models.trainables}


def put_weights(models: Models, weights: Weights, source: str) -> None:
    """Put stored weights into the models, building the scaffold where they name it.

    :param source: where they come from, for the message.
    :raises SOVLError: when a stored shape differs from the module's.
    """
    if SCAFFOLD in weights and models.has_scaffold:
        models.scaffold  # noqa: B018 - the registry knows it only once it is built
    try:
        models.restore(weights)
    except ValueError as error:
        raise SOVLError(
            f"The weights of {source} do not fit the models as they are set up now: {error}",
            "Set the models, lora and plugin settings back to what that night was made with, or start from the bare "
            "base with `sovl nights use 0`",
        ) from error


def _adapter_writer(models: Models) -> Optional[Callable[[Path], None]]:
    if not models.scaffold_loaded or not hasattr(models.scaffold, "peft_config"):
        return None

    def write(folder: Path) -> None:
        # Without save_embedding_layers=False PEFT asks the hub whether the vocabulary was changed.
        models.scaffold.save_pretrained(str(folder), save_embedding_layers=False)

    return write
