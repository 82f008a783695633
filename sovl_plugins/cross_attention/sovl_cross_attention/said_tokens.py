"""What the base says, token by token, in the scaffold's vocabulary."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence, Tuple

from sovl_core.safe_encoding import decode_exactly, encode_text
from sovl_core.token_mapping import build_mapping, same_tokenizer

_BROKEN_CHARACTER = "\ufffd"


class TokenTable:
    """Which scaffold tokens spell a base token by itself; each is looked up once.

    One by one, because encoding the text anew with each token would change the tokens before it.

    :param base_tokenizer: of the base.
    :param scaffold_tokenizer: of the scaffold; may be the same object.
    :param size: tokens that the scaffold knows.
    """

    def __init__(self, base_tokenizer: Any, scaffold_tokenizer: Any, size: int) -> None:
        self.base_tokenizer = base_tokenizer
        self.scaffold_tokenizer = scaffold_tokenizer
        self.same = same_tokenizer(base_tokenizer, scaffold_tokenizer)
        self._size = size
        self._known: Dict[int, List[int]] = {}

    def learn(self, tokens: Sequence[int]) -> None:
        """Look up those of some base tokens that are not known yet."""
        new = {token for token in tokens if token not in self._known}
        if self.same:
            # A base may have embeddings that its tokenizer has no token for, and say one.
            self._known.update({token: [token] if token < self._size else [] for token in new})
        elif new:
            mapping = build_mapping(self.base_tokenizer, self.scaffold_tokenizer, new)
            self._known.update({token: mapping.get(token, []) for token in new})

    def spelled(self, token: int) -> List[int]:
        """Return the scaffold's tokens for a base token, none for one that is a piece of a character."""
        if token not in self._known:
            self.learn([token])
        return self._known[token]


class SaidTokens:
    """Follows one answer: what each of its tokens adds to what the scaffold reads.

    Pieces of a character are held back until they are whole. What a token adds depends on those before it alone.
    """

    def __init__(self, table: TokenTable) -> None:
        self._table = table
        self._pieces: List[int] = []

    def push(self, token: int) -> List[int]:
        """Return the scaffold's tokens that this base token adds; none within a character."""
        spelled = self._table.spelled(token)
        if spelled or self._table.same:
            return [*self._in_pieces(), *spelled]
        self._pieces.append(token)
        text = decode_exactly(self._table.base_tokenizer, self._pieces)
        return self._in_pieces() if text and _BROKEN_CHARACTER not in text else []

    def _in_pieces(self) -> List[int]:
        if not self._pieces:
            return []
        text = decode_exactly(self._table.base_tokenizer, self._pieces)
        self._pieces.clear()
        return encode_text(self._table.scaffold_tokenizer, text, template_tokens=False, inner=True)


def said_tokens(table: TokenTable, answer: Sequence[int]) -> Tuple[List[int], List[int]]:
    """Return an answer in the scaffold's vocabulary, and the number of the base token that each of them came with.

    :param answer: ids in the base's vocabulary.
    :return: ids, and for each of them n where it was added by the n-th base token, counted from 1.
    """
    table.learn(answer)
    follower = SaidTokens(table)
    ids: List[int] = []
    numbers: List[int] = []
    for number, token in enumerate(answer, 1):
        added = follower.push(token)
        ids.extend(added)
        numbers.extend([number] * len(added))
    return ids, numbers
