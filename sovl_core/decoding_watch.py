"""What watches ``model.generate`` at work: how sure it is of each token, and whether the reply has to end.

Both are called by the library once a token; they touch the logits only to read them.
"""

from __future__ import annotations

from typing import Any, Callable, Collection, List, Optional, Sequence, Tuple

import torch
from torch import Tensor
from transformers import LogitsProcessor, StoppingCriteria

from sovl_core.reply_text import ReplyText
from sovl_core.safe_encoding import decode_exactly

#: Tokens that, repeated right after themselves, end a reply.
REPEATED_TOKENS = 3
#: Copies of such tokens that end a reply where they hold no letter: "1000000" and "-----" are not a failure.
COPIES_WITHOUT_LETTERS = 4
#: Stands in for the logarithm of a probability of zero, so that 0 times it is 0 and not NaN.
_LOG_OF_NOTHING = -1e4


class ProbabilityProbe(LogitsProcessor):  # type: ignore[misc]
    """Reads the distribution of each token: the largest probability and the entropy.

    It has to stand before every processor that changes the logits. Numbers stay on the device until the end.
    """

    def __init__(self) -> None:
        self._measured: List[Tensor] = []

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Read ``scores``, float [1, vocabulary], and return them as they are."""
        log_probabilities = torch.log_softmax(scores[0].float(), dim=-1)
        probabilities = log_probabilities.exp()
        entropy = -torch.dot(probabilities, log_probabilities.clamp_min_(_LOG_OF_NOTHING))
        self._measured.append(torch.stack((probabilities.amax(), entropy)))
        return scores

    def numbers(self, tokens: int) -> Tuple[List[float], List[float]]:
        """Return largest probabilities and entropies (nats) of the first ``tokens`` tokens."""
        if not tokens or not self._measured:
            return [], []
        largest, entropies = torch.stack(self._measured[:tokens]).T.tolist()
        return largest, [max(0.0, entropy) for entropy in entropies]


class DecodingWatch(StoppingCriteria):  # type: ignore[misc]
    """Follows a reply token by token, passes its text on, and ends it.

    It ends at one of ``end_ids`` or before one of ``stops`` (``finish_reason`` ``stop``), where ``cancelled`` says so
    (``cancelled``), and where three tokens repeat right after themselves (``repetition``; the copy is dropped).

    :param tokenizer: of the model.
    :param end_ids: ids that close the model's turn.
    :param on_text: told each piece of the reply's text.
    :param cancelled: asked after each token.
    :param repetition_check: whether to look for repetitions.
    :param stops: strings before which the reply ends.
    """

    def __init__(
        self,
        tokenizer: Any,
        end_ids: Collection[int],
        on_text: Optional[Callable[[str], None]] = None,
        cancelled: Callable[[], bool] = lambda: False,
        repetition_check: bool = True,
        stops: Sequence[str] = (),
    ) -> None:
        self.token_ids: List[int] = []
        self.finish_reason = ""
        self._tokenizer = tokenizer
        self._end_ids = frozenset(end_ids)
        self._cancelled = cancelled
        self._repetition_check = repetition_check
        self._text = ReplyText(tokenizer, on_text, stops)

    def __call__(self, input_ids: Tensor, scores: Any, **kwargs: Any) -> Tensor:
        """Take the last token of ``input_ids``, int [1, tokens]; return whether to stop, bool [1]."""
        # Some devices learn of the end one token late; what was over stays over.
        if not self.finish_reason:
            self.take(int(input_ids[0, -1]))
        return torch.full((len(input_ids),), bool(self.finish_reason), dtype=torch.bool, device=input_ids.device)

    def take(self, token: int) -> None:
        """Go on by one token; :attr:`finish_reason` is set when the reply is over."""
        self.token_ids.append(token)
        if token in self._end_ids:
            self.finish_reason = "stop"
        elif self._repetition_check and repeats(self.token_ids, self._has_letter):
            self.finish_reason = "repetition"
            self._keep(len(self.token_ids) - REPEATED_TOKENS)
        else:
            # A copy is found out with its last token: until then its first ones must not have been passed on.
            kept = self._text.push(token, begun_copy(self.token_ids) if self._repetition_check else 0)
            if kept is not None:
                self.finish_reason = "stop"
                self._keep(kept)
            elif self._cancelled():
                self.finish_reason = "cancelled"

    def finish(self) -> str:
        """Pass on what was held back and return the reply's text."""
        return self._text.finish()

    def _keep(self, tokens: int) -> None:
        del self.token_ids[tokens:]
        self._text.cut(tokens)

    def _has_letter(self, ids: Sequence[int]) -> bool:
        return any(character.isalpha() for character in decode_exactly(self._tokenizer, ids))


def repeats(ids: Sequence[int], has_letter: Callable[[Sequence[int]], bool]) -> bool:
    """Return True when the last three of ``ids`` repeat the three before them, nine more where they hold no letter."""
    last = ids[-REPEATED_TOKENS:]
    if len(ids) < 2 * REPEATED_TOKENS or last != ids[-2 * REPEATED_TOKENS : -REPEATED_TOKENS]:
        return False
    return has_letter(last) or list(ids[-REPEATED_TOKENS * COPIES_WITHOUT_LETTERS :]) == (
        list(last) * COPIES_WITHOUT_LETTERS
    )


def begun_copy(ids: Sequence[int]) -> int:
    """Return how many of the last of ``ids`` may be the beginning of three that repeat the three before them."""
    for length in range(REPEATED_TOKENS - 1, 0, -1):
        if len(ids) >= REPEATED_TOKENS + length and ids[-length:] == ids[-REPEATED_TOKENS - length : -REPEATED_TOKENS]:
            return length
    return 0
