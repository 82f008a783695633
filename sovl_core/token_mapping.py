"""From one tokenizer's ids to another's: the scaffold may have been raised on a different vocabulary.

Words are carried over as text, control tokens by what they are for (beginning, end, padding). Nothing is dropped.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Optional, Sequence

from sovl_core.safe_encoding import (
    control_tokens,
    decode_exactly,
    encode_inner,
    encode_text,
    encode_trusted,
)

#: What a control token may be for, the most telling role first: many models use one token in several.
ROLES = ("bos", "eos", "pad", "unk", "sep", "cls", "mask")
_BROKEN_CHARACTER = "\ufffd"


def same_tokenizer(base_tokenizer: Any, scaffold_tokenizer: Any) -> bool:
    """Return True when an id means the same to both."""
    if base_tokenizer is scaffold_tokenizer:
        return True
    same_size = len(base_tokenizer) == len(scaffold_tokenizer)
    return same_size and bool(base_tokenizer.get_vocab() == scaffold_tokenizer.get_vocab())


def map_sequence(
    base_ids: Sequence[int],
    base_tokenizer: Any,
    scaffold_tokenizer: Any,
    mapping: Optional[Dict[int, List[int]]] = None,
) -> List[int]:
    """Return the scaffold's ids for a sequence of the base's.

    The same tokenizer gives the sequence back. Otherwise control tokens go by role (see :func:`map_special`) and what
    stands between them is decoded and encoded again, so that the text is the same.

    :param base_ids: ids in the base's vocabulary.
    :param mapping: from :func:`build_mapping`: tokens found there are replaced one by one, which keeps track of which
        scaffold tokens came from which base token; tokens that are not (pieces of a character) go by their text.
    """
    if mapping is None and same_tokenizer(base_tokenizer, scaffold_tokenizer):
        return list(base_ids)
    special = map_special(base_tokenizer, scaffold_tokenizer, base_ids)
    table = mapping or {}
    mapped: List[int] = []
    run: List[int] = []

    def finish_run() -> None:
        if run:
            text = decode_exactly(base_tokenizer, run)
            mapped.extend(encode_text(scaffold_tokenizer, text, template_tokens=False, inner=bool(mapped)))
            run.clear()

    for token in base_ids:
        replacement = special.get(token) or table.get(token)
        if replacement is None:
            run.append(token)
        else:
            finish_run()
            mapped.extend(replacement)
    finish_run()
    return mapped


def build_mapping(
    base_tokenizer: Any, scaffold_tokenizer: Any, ids: Optional[Iterable[int]] = None
) -> Dict[int, List[int]]:
    """Return, for each base token by itself, the scaffold's tokens that spell it.

    Tokens that are only part of a character are left out: only their neighbours give them a text. A whole vocabulary
    takes about a second; do it once, not every turn.

    :param ids: base tokens to map, the whole vocabulary where None.
    """
    wanted = sorted(base_tokenizer.get_vocab().values()) if ids is None else sorted(set(ids))
    if same_tokenizer(base_tokenizer, scaffold_tokenizer):
        return {token: [token] for token in wanted}
    mapping = map_special(base_tokenizer, scaffold_tokenizer, wanted)
    spelling = _Spelling(base_tokenizer)
    texts = {token: spelling.of(token) for token in wanted if token not in mapping}
    whole = {token: text for token, text in texts.items() if text and _BROKEN_CHARACTER not in text}
    control = control_tokens(scaffold_tokenizer, template_tokens=False)
    for (token, text), encoded in zip(whole.items(), encode_inner(scaffold_tokenizer, list(whole.values()))):
        is_control = control.hit(text, encoded)
        mapping[token] = encode_text(scaffold_tokenizer, text, template_tokens=False) if is_control else encoded
    return mapping


def map_special(base_tokenizer: Any, scaffold_tokenizer: Any, ids: Iterable[int]) -> Dict[int, List[int]]:
    """Return the scaffold's counterpart of each of the base's control tokens among ``ids``.

    In this order: the control token of the same string, the one of the same role (beginning, end, padding ...), the
    characters that the string consists of.
    """
    counterparts: Dict[int, List[int]] = {}
    wanted, added = set(ids), base_tokenizer.added_tokens_decoder
    base_special = {token: added[token].content for token in wanted.intersection(added) if added[token].special}
    scaffold_special = {t.content: i for i, t in scaffold_tokenizer.added_tokens_decoder.items() if t.special}
    for token, string in base_special.items():
        by_string = scaffold_special.get(string)
        counterpart = _by_role(token, base_tokenizer, scaffold_tokenizer) if by_string is None else by_string
        if counterpart is None:
            counterparts[token] = encode_text(scaffold_tokenizer, string, template_tokens=False)
        else:
            counterparts[token] = [counterpart]
    return counterparts


def _by_role(token: int, base_tokenizer: Any, scaffold_tokenizer: Any) -> Optional[int]:
    for role in ROLES:
        if getattr(base_tokenizer, role + "_token_id") == token:
            counterpart = getattr(scaffold_tokenizer, role + "_token_id")
            if counterpart is not None:
                return int(counterpart)
    return None


class _Spelling:
    """The text of single tokens as it stands inside a sentence: decoders strip the space of a sequence's first one."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._anchor = encode_trusted(tokenizer, "x")
        self._anchor_text = decode_exactly(tokenizer, self._anchor)

    def of(self, token: int) -> str:
        text = decode_exactly(self._tokenizer, [*self._anchor, token])
        if text.startswith(self._anchor_text):
            return text[len(self._anchor_text) :]
        return decode_exactly(self._tokenizer, [token])
