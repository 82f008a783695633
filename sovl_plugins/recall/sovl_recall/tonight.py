"""Tonight's memories: how each is to be told, and the prompts that dreams may stand behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, List, Optional, Tuple

from sovl_core.constants import KEPT_KINDS

if TYPE_CHECKING:
    from sovl_core.data_processing import Encoded
    from sovl_core.events import Dream, Night
    from sovl_core.journal import Journal
    from sovl_core.models import Models


class Tonight:
    """The memories of a night that had no rows before it.

    :param journal: holds the night's dreams, once they are dreamed.
    """

    def __init__(self, night: Night, journal: Journal, system_prompt: str) -> None:
        self.memories: List[int] = []
        self._night, self._journal, self._system_prompt = night, journal, system_prompt
        self._accepted: Optional[List[Dream]] = None
        self._told: Dict[int, Encoded] = {}

    def prompts(self) -> List[str]:
        """Return the prompts of tonight's dreams, background among them: the more of them, the less one matters."""
        return [dream.prompt for dream in self._dreams() if not dream.held_out]

    def told(self, memory: int, models: Models) -> Encoded:
        """Return one of the memories as it is to be told: in the words of its dreams, else in its own."""
        if memory not in self._told:
            from sovl_recall.states import told

            self._told[memory] = told(models, *self.telling(memory), self._system_prompt)
        return self._told[memory]

    def telling(self, memory: int) -> Tuple[str, str]:
        """Return the user's words of one of the memories, and those that it is told with."""
        prompt = next(episode.prompt for episode in self._night.memories if episode.id == memory)
        return prompt, " ".join(self._words(memory)) or prompt

    def _words(self, memory: int) -> List[str]:
        """Return what dreams of a memory say, each once, where it is said last."""
        of_it = [d for d in self._dreams() if memory in d.parents and d.kind not in KEPT_KINDS]
        return list(dict.fromkeys(d.completion for d in reversed(of_it)))[::-1]

    def _dreams(self) -> List[Dream]:
        """Return tonight's accepted dreams, oldest first, read from the journal once it has some."""
        if not self._accepted:
            dreams = self._journal.dreams(night=self._night.number, limit=None)
            self._accepted = [dream for dream in reversed(dreams) if dream.verdict == "accepted"]
        return self._accepted
