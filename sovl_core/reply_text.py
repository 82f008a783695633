"""From token ids to the text of a reply while it is being written: whole characters only, nothing taken back.

What has been handed to the listener stays in the reply: text that may still be cut off (a beginning repetition, the
first letters of ``User:``, trailing white space, part of a character) is held back until it is certain.
"""

from __future__ import annotations

from typing import Any, Callable, List, Optional, Sequence

from sovl_core.safe_encoding import decode_exactly

_BROKEN_CHARACTER = "\ufffd"


class ReplyText:
    """The text of one reply, growing token by token.

    :param tokenizer: decodes the ids.
    :param on_text: told each new piece; together the pieces are :attr:`text`.
    :param stops: strings before which the reply ends.
    """

    def __init__(
        self,
        tokenizer: Any,
        on_text: Optional[Callable[[str], None]] = None,
        stops: Sequence[str] = (),
    ) -> None:
        self._tokenizer = tokenizer
        self._on_text = on_text
        self._stops = tuple(stops)
        self._ids: List[int] = []
        # Ends of the raw text after each token. A token is decoded together with the few before it, from the last
        # place but one at which a character was complete, so that its spaces come out as they stand in the sentence.
        self._ends: List[int] = []
        self._window = 0
        self._complete = 0
        self._raw = ""
        self._given = 0
        self._started = False

    @property
    def text(self) -> str:
        """The reply as far as it has been handed out."""
        return self._raw[: self._given].lstrip()

    def push(self, token: int, held: int = 0) -> Optional[int]:
        """Take one more token.

        :param held: how many of the last tokens, this one among them, are not handed out yet.
        :return: how many tokens the reply consists of when it has come to a stop string, else None.
        """
        before = len(self._raw)
        self._ids.append(token)
        self._raw += self._new_text()
        self._ends.append(len(self._raw))
        stop = self._find_stop(before)
        if stop is not None:
            self._raw = self._raw[:stop]
            self._ends = [min(end, stop) for end in self._ends]
            return sum(1 for start in [0, *self._ends[:-1]] if start < stop)
        certain = len(self._ids) - held
        if certain > 0:
            self._give(self._certain(self._ends[certain - 1]))
        return None

    def cut(self, tokens: int) -> None:
        """Drop all but the first ``tokens`` tokens; what has been handed out stays."""
        del self._ids[tokens:], self._ends[tokens:]
        self._raw = self._raw[: self._ends[-1] if self._ends else 0]

    def finish(self) -> str:
        """Hand out what was held back and return the whole text, without white space around it.

        A character of which only a part was generated is left out.
        """
        self._raw += self._undecided().rstrip(_BROKEN_CHARACTER)
        self._give(len(self._raw.rstrip()))
        return self.text

    def _new_text(self) -> str:
        text = self._undecided()
        if not text or text.endswith(_BROKEN_CHARACTER):
            return ""
        self._window, self._complete = self._complete, len(self._ids)
        return text

    def _undecided(self) -> str:
        known = self._decode(self._ids[self._window : self._complete])
        return self._decode(self._ids[self._window :])[len(known) :]

    def _decode(self, ids: Sequence[int]) -> str:
        return decode_exactly(self._tokenizer, ids, skip_special_tokens=True)

    def _find_stop(self, before: int) -> Optional[int]:
        places = []
        for stop in self._stops:
            place = self._raw.find(stop, max(0, before - len(stop)))
            if place >= 0:
                places.append(place)
        return min(places) if places else None

    def _certain(self, length: int) -> int:
        """Return how much of the first ``length`` characters cannot be cut off any more."""
        text = self._raw[:length]
        begun = [size for stop in self._stops for size in range(1, len(stop)) if text.endswith(stop[:size])]
        return len(text[: length - max(begun, default=0)].rstrip())

    def _give(self, length: int) -> None:
        if length <= self._given:
            return
        piece = self._raw[self._given : length]
        self._given = length
        if not self._started:
            piece = piece.lstrip()
        self._started = self._started or bool(piece)
        if piece and self._on_text is not None:
            self._on_text(piece)
