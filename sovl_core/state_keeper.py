"""What a life remembers besides weights: vital signs and the state of each plugin, loaded, gathered and saved."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Dict, List, Optional, Tuple

from sovl_core.error_handling import SOVLError, log_error

if TYPE_CHECKING:
    from sovl_core.journal import Journal
    from sovl_core.models import Models
    from sovl_core.plugin import PluginState
    from sovl_core.plugin_manager import PluginManager
    from sovl_core.system_logging import ThreadSafeLogger
    from sovl_core.vitals import Vitals

VITALS_KEY = "vitals"
#: Which night the saved state of the day goes with.
NIGHT_KEY = "state_of_night"


class StateKeeper:
    """Loads and saves state; the state of plugins that are absent today is carried along.

    :param folder: plugin state of the running day.
    :param warn: told in one sentence when stored state cannot be used.
    :param read_only: when True nothing is ever written.
    """

    def __init__(
        self,
        journal: Journal,
        hooks: PluginManager,
        vitals: Vitals,
        folder: Path,
        logger: Optional[ThreadSafeLogger],
        warn: Callable[[str], None],
        read_only: bool = False,
    ) -> None:
        self._journal = journal
        self._hooks = hooks
        self._vitals = vitals
        self._folder = folder
        self._logger = logger
        self._warn = warn
        self._read_only = read_only
        self._carried: Dict[str, PluginState] = {}
        #: What plugins would save that have lived nothing yet.
        self._unlived: Dict[str, PluginState] = {}
        # Not asked of the journal when saving: a night may be accepted, or found damaged, in between.
        self._night: Optional[int] = None

    def load(self, of_night: Callable[[], Dict[str, PluginState]]) -> None:
        """Load vital signs and plugin state.

        :param of_night: gives the state stored with the current night, for when the day has none that goes with it.
        """
        self._vitals.load_dict(self._journal.get_value(VITALS_KEY, {}))
        if not self._read_only:
            self._unlived = copy.deepcopy(self._hooks.on_save_state())
        self._night = self._journal.current_night()
        states, damaged = self._of_day()
        if self._is_of_another_night():
            states = {} if self._night is None else {**states, **of_night()}
        elif not states:
            states = dict(of_night())
        elif damaged:
            states.update((name, state) for name, state in of_night().items() if name in damaged)
        self._carried = states
        if states:
            self._hooks.on_load_state(states)

    def take_back(self, states: Dict[str, PluginState]) -> None:
        """Hand each plugin the state that was stored with the night that has become current.

        One that has none there, or any where there is no night, is what it was before it lived through anything: what
        it knows of nights that are not built on any more is of no use, and may be forgotten where they are.
        """
        self._night = self._journal.current_night()
        self._carried = dict(states)
        self._hooks.on_load_state({**copy.deepcopy(self._unlived), **states})

    def gather(self) -> Dict[str, PluginState]:
        """Return the state of every plugin, with what absent ones left behind."""
        return {**self._carried, **self._hooks.on_save_state()}

    def save(self) -> None:
        """Write vital signs and plugin state.

        :raises SOVLError: when the disk cannot take it.
        """
        if self._read_only:
            return
        from sovl_core.night_store import write_plugin_states

        self.save_vitals()
        try:
            write_plugin_states(self._folder, self.gather())
        except OSError as error:
            raise SOVLError(
                f"The state of the plugins could not be saved in {self._folder}: {error}",
                "Make room on the disk; the conversation itself is safe in the journal",
            ) from error
        self._journal.set_value(NIGHT_KEY, {"night": self._night})

    def save_vitals(self) -> None:
        """Write the vital signs alone, which is cheap enough for every turn."""
        if not self._read_only:
            self._journal.set_value(VITALS_KEY, self._vitals.to_dict())

    def measure_capacity(self, models: Models, factor: float) -> None:
        """Set how much the life can take in: trainable parameters times ``factor``, None when nothing learns."""
        self._vitals.capacity = models.trainable_parameters() * factor or None

    def wake(self, characters: int) -> None:
        """Begin a new day after a night that learned so many characters, and save."""
        self._vitals.wake()
        self.learned(characters)

    def learned(self, characters: int) -> None:
        """Count so many characters as gone through, and save."""
        self._vitals.exposure += characters
        self._night = self._journal.current_night()
        self.save()

    def _is_of_another_night(self) -> bool:
        """Return True where the process was killed after it woke up with a night, and before it saved.

        What a plugin knows of a night (which prompts its weights are for, say) is of no use with another one's weights.
        """
        saved = self._journal.get_value(NIGHT_KEY, {})
        return "night" in saved and saved["night"] != self._journal.current_night()

    def _of_day(self) -> Tuple[Dict[str, PluginState], List[str]]:
        """Return the state of the running day, and the names of plugins whose state is damaged."""
        from sovl_core.state_files import read_sound_states

        states, damages = read_sound_states(self._folder)
        for name, damage in damages.items():
            log_error(self._logger, damage, event="state_damaged", plugin=name)
            kept = self._set_aside(name)
            self._warn(f"{damage.message}. {kept}Plugin {name!r} takes up what it remembered at the last night.")
        return states, list(damages)

    def _set_aside(self, name: str) -> str:
        # The next save would write over what may still be rescued.
        if self._read_only:
            return ""
        from sovl_core.state_files import set_aside

        try:
            return f"It is kept in {set_aside(self._folder, name)}. "
        except OSError as error:
            log_error(self._logger, error, event="state_not_set_aside", plugin=name)
            return ""
