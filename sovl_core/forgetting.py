"""Forgetting: what the user wants forgotten leaves the journal, the plugins and, with a deep night, the weights.

Weights cannot be made to forget one thing. Plugins drop what they can at once; a deep night learns everything else anew
from untrained weights; nights that had learned it stay on the disk to go back to, until they are purged.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, List, Optional, Sequence

from sovl_core.error_handling import BadInput, SOVLError, log_error
from sovl_core.events import Forgetting
from sovl_core.said_again import said_again
from sovl_core.system_logging import log_info
from sovl_core.typed_history import forget_typed

if TYPE_CHECKING:
    from sovl_core.journal import Journal
    from sovl_core.model_gate import ModelGate
    from sovl_core.night_keeper import NightKeeper
    from sovl_core.night_store import NightStore
    from sovl_core.plugin_manager import PluginManager
    from sovl_core.records import Episode
    from sovl_core.state_keeper import StateKeeper
    from sovl_core.system_logging import ThreadSafeLogger
    from sovl_core.vitals import Vitals


@dataclass(frozen=True)
class Forgotten:
    """What was forgotten: ``episodes`` by number, and how many ``dreams`` were made of them.

    ``still_shows`` is True while the weights in use have learned some of it; ``nights`` are accepted ones that have.
    ``traces`` is True when another process reads the journal just now, so that words stay in unused parts of its file
    until the life is opened again. ``said_again`` are turns, still there, that say it too (see ``said_again``).
    """

    episodes: List[int]
    dreams: int
    still_shows: bool
    nights: List[int]
    traces: bool = False
    said_again: List[int] = field(default_factory=list)


class Forgetter:
    """Forgets episodes, and removes nights that have learned them.

    :param history: the file of what was typed in sessions.
    """

    def __init__(
        self,
        journal: Journal,
        hooks: PluginManager,
        gate: ModelGate,
        nights: NightKeeper,
        store: NightStore,
        state: StateKeeper,
        vitals: Vitals,
        history: Path,
        logger: Optional[ThreadSafeLogger],
    ) -> None:
        self._journal = journal
        self._hooks = hooks
        self._gate = gate
        self._nights = nights
        self._store = store
        self._state = state
        self._vitals = vitals
        self._history = history
        self._logger = logger

    def forget(self, numbers: Sequence[int]) -> Forgotten:
        """Delete episodes with everything made of them.

        :raises BadInput: when one of them does not exist; nothing is forgotten then.
        :raises SOVLError: while a night or a training run is in progress, or when the disk is full.
        """
        wanted = list(dict.fromkeys(numbers))
        self._refuse_during_work()
        with self._gate.turn():
            self._refuse_during_work()
            episodes = [self._episode(number) for number in wanted]
            words = [episode.prompt for episode in episodes]
            # First what only the words can be found by: when they are gone nobody knows what to look for.
            forget_typed(self._history, words)
            if self._vitals.last_prompt in words:
                self._vitals.last_prompt = ""
            self._nights.give_up(wanted)
            dreams = self._journal.forget_episodes(wanted)
            clean = self._finish()
        log_info(self._logger, "forgotten", episodes=wanted, dreams=dreams)
        still_shows = set(wanted).intersection(self._journal.still_learned())
        learned = self._journal.nights_with_forgotten().items()
        nights = [night for night, episodes in learned if set(wanted).intersection(episodes)]
        again = said_again(self._journal, episodes)
        return Forgotten(wanted, dreams, bool(still_shows), nights, traces=not clean, said_again=again)

    def finish_interrupted(self) -> None:
        """Go on with forgetting that was interrupted, or that could not be finished because somebody read."""
        if not self._journal.unfinished_forgetting():
            return
        try:
            with self._gate.turn():
                self._finish()
        except SOVLError as error:  # a full disk must not keep anybody from their life; the next start tries again
            log_error(self._logger, error, event="forgetting_unfinished")

    def remind(self) -> None:
        """Have the plugins let go again of all that was learned and forgotten, where stored state may have had it."""
        forgotten = self._journal.ever_learned_and_forgotten()
        if forgotten:
            with self._gate.turn():
                self._hooks.on_forget(Forgetting(forgotten))

    def purge(self) -> List[int]:
        """Remove the files of all nights that have learned what was forgotten, for good; they are not gone back to.

        :return: their numbers.
        :raises BadInput: when the night in use is among them.
        :raises SOVLError: while a night or a training run is in progress.
        """
        self._refuse_during_work()
        with self._gate.turn():
            self._refuse_during_work()
            nights, current = self._journal.nights_with_forgotten(), self._journal.current_night()
            if current in nights:
                raise BadInput(
                    f"Night {current}, the one in use, has learned what was forgotten",
                    "First `sovl sleep --deep`, then `sovl forget --purge`",
                )
            self._nights.give_up_built_on(nights)
            on_disk = set(self._store.numbers())
            for night in nights:
                self._journal.mark_purged(night)
                self._store.remove(night)
        removed = [night for night in nights if night in on_disk]
        log_info(self._logger, "nights_purged", nights=removed)
        return removed

    def _episode(self, number: int) -> Episode:
        episode = self._journal.episode(number)
        if episode is None:
            raise BadInput(f"There is no turn {number} in this life", "Find it with `sovl search WORDS`")
        return episode

    def _finish(self) -> bool:
        self._hooks.on_forget(Forgetting(self._journal.unfinished_forgetting()))
        self._state.save()
        try:
            return self._journal.finish_forgetting()
        except SOVLError as error:
            raise SOVLError(
                f"It is forgotten, but words of it stay in unused parts of the journal's file: {error.message}",
                "Free some disk space; the next command that writes in this life finishes it",
            ) from error

    def _refuse_during_work(self) -> None:
        if self._gate.work is not None:
            raise SOVLError(
                f"Nothing can be forgotten now: {self._gate.work} is in progress", "Wait until it has ended"
            )
