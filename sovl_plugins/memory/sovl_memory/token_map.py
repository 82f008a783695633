"""Weights of base tokens: those in use are heard louder for a while. Sparse and lazy: no walk over the vocabulary."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Tuple

from sovl_memory.settings import MemorySettings

NEUTRAL = 1.0
#: A weight less than this above neutral is forgotten; its log-bias is below anything that attention resolves.
FAINT = 0.005
#: Entries that are held; beyond that the faint ones are cleared away, and the lightest if need be.
ROOM = 4096


class TokenMap:
    """Weight of each base token: 1 until it is used, up to the cap after, fading back turn by turn.

    The classic rule multiplies every weight of the vocabulary by 0.95 each turn. A factor common to all keys cancels in
    the softmax, so that nothing would ever fade; here what is *above neutral* fades: ``1 + (w - 1)·decay^turns``,
    computed when it is read.

    :param settings: rise, cap and decay; read at each use, so a change holds at once.
    """

    def __init__(self, settings: MemorySettings) -> None:
        self._settings = settings
        self.turn = 0
        # Weight as it was in the turn when it was last changed.
        self._entries: Dict[int, Tuple[float, int]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def tokens(self) -> List[int]:
        """Return the tokens whose weight may differ from 1."""
        return list(self._entries)

    def weight(self, token: int) -> float:
        """Return a token's present weight, in [1, cap]."""
        entry = self._entries.get(token)
        if entry is None:
            return NEUTRAL
        weight, since = entry
        faded = NEUTRAL + (weight - NEUTRAL) * self._settings.token_decay ** (self.turn - since)
        return max(NEUTRAL, min(self._settings.token_cap, faded))

    def use(self, tokens: Iterable[int], confidence: float) -> None:
        """Begin the next turn, in which these tokens were used.

        :param tokens: ids in the base's vocabulary; one that occurs twice rises once.
        :param confidence: of the reply, in [0, 1].
        """
        self.turn += 1
        rise = self._settings.token_rise * max(0.0, min(1.0, confidence))
        for token in set(tokens):
            weight = min(self._settings.token_cap, self.weight(token) + rise)
            self._entries[token] = (weight, self.turn)
        if len(self._entries) > ROOM:
            self._clear_faint()
        if len(self._entries) > ROOM:
            # Down to half, so that this is not done again at every turn.
            heaviest = sorted(self._entries, key=self.weight, reverse=True)[: ROOM // 2]
            self._entries = {token: self._entries[token] for token in heaviest}

    def to_dict(self) -> Dict[str, Any]:
        """Return the JSON-able state."""
        self._clear_faint()
        entries = sorted(self._entries.items())
        return {
            "turn": self.turn,
            "tokens": [token for token, _ in entries],
            "weights": [weight for _, (weight, _) in entries],
            "turns": [turn for _, (_, turn) in entries],
        }

    def load_dict(self, values: Dict[str, Any]) -> None:
        """Take back what :meth:`to_dict` gave; missing keys give an empty map."""
        self.turn = int(values.get("turn", 0))
        rows = zip(values.get("tokens", ()), values.get("weights", ()), values.get("turns", ()))
        self._entries = {int(token): (float(weight), int(turn)) for token, weight, turn in rows}

    def _clear_faint(self) -> None:
        self._entries = {token: entry for token, entry in self._entries.items() if self.weight(token) - NEUTRAL > FAINT}
