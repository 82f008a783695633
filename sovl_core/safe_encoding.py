"""Text to token ids such that nobody's words are ever read as control tokens, and ids back to text unchanged.

A tokenizer reads ``<|im_end|>`` as the end of a turn wherever it stands. Words that came from a person or a model are
therefore cut inside each such string and encoded piece by piece: the text stays what it was, the control token does
not appear. (The tokenizers' own switch for this, ``split_special_tokens``, changes state that all threads share.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, FrozenSet, List, Sequence

#: Text in front of a piece that continues a sentence, for tokenizers that would put a space before it.
_ANCHOR = "\n"
#: Half a character, which no tokenizer takes: from bytes of a command line that are no text.
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class ControlTokens:
    """The strings that a tokenizer reads as control tokens; one-character ones cannot be told from ordinary text."""

    ids: FrozenSet[int]
    strings: FrozenSet[str]
    unknown_id: int = -1
    unknown: str = ""

    def hit(self, text: str, ids: Sequence[int]) -> bool:
        """Return True when encoding ``text`` gave ``ids`` with a control token among them.

        The id of the unknown token does not count where ``text`` lacks its string: a word outside the vocabulary.
        """
        found = self.ids.intersection(ids)
        if self.unknown_id in found and self.unknown not in text:
            found -= {self.unknown_id}
        return bool(found)

    def cuts(self, text: str) -> List[int]:
        """Return the positions at which ``text`` has to be cut so that no piece holds a control string."""
        if not self.strings:
            return []
        # The lookahead finds overlapping occurrences too; one cut in each is enough.
        pattern = "|".join(re.escape(string) for string in sorted(self.strings))
        return [match.start() + 1 for match in re.finditer(f"(?=(?:{pattern}))", text)]


def control_tokens(tokenizer: Any, template_tokens: bool = True) -> ControlTokens:
    """Return a tokenizer's control tokens.

    :param tokenizer: a Hugging Face tokenizer.
    :param template_tokens: also count the added tokens that are not marked special but that its chat template writes
        (``<think>``, ``<tool_call>`` of some models).
    """
    template = str(tokenizer.chat_template or "") if template_tokens else ""
    found: Dict[str, int] = {
        token.content: token_id
        for token_id, token in tokenizer.added_tokens_decoder.items()
        if len(token.content.strip()) > 1 and (token.special or token.content in template)
    }
    unknown = str(tokenizer.unk_token or "")
    return ControlTokens(frozenset(found.values()), frozenset(found), found.get(unknown, -1), unknown)


def encode_trusted(tokenizer: Any, text: str) -> List[int]:
    """Encode text in which control tokens mean what they say: the frame of a chat template."""
    if not text:
        return []
    ids: List[int] = tokenizer(_whole(text), add_special_tokens=False, verbose=False)["input_ids"]
    return ids


def encode_text(tokenizer: Any, text: str, template_tokens: bool = True, inner: bool = False) -> List[int]:
    """Encode words that came from a person or a model; the result holds no control token.

    :param tokenizer: a Hugging Face tokenizer.
    :param text: any text.
    :param template_tokens: as in :func:`control_tokens`.
    :param inner: the text continues what stands before it, see :func:`encode_inner`.
    :return: ids that decode to ``text`` (as far as the tokenizer preserves text at all); half a character becomes
        U+FFFD.
    """
    pieces = safe_pieces(tokenizer, text, control_tokens(tokenizer, template_tokens))
    return encode_pieces(tokenizer, pieces, inner)


def safe_pieces(tokenizer: Any, text: str, control: ControlTokens) -> List[str]:
    """Split text so that encoding each piece gives no control token; untouched text comes back as one piece."""
    if not text or not control.hit(text, encode_trusted(tokenizer, text)):
        return [text]
    pieces = _split(text, control.cuts(text))
    if any(control.hit(piece, encode_trusted(tokenizer, piece)) for piece in pieces):
        # A normalizer makes a control string out of something that looks different (full-width brackets, say).
        return list(text)
    return pieces


def encode_pieces(tokenizer: Any, pieces: Sequence[str], inner: bool = False) -> List[int]:
    """Encode pieces of one text, each by itself, as if they stood side by side.

    :param inner: the first piece, too, continues what stands before it.
    """
    pieces = [piece for piece in pieces if piece]
    first = [] if inner else encode_trusted(tokenizer, "".join(pieces[:1]))
    rest = encode_inner(tokenizer, pieces if inner else pieces[1:])
    return [*first, *(token for ids in rest for token in ids)]


def adds_prefix_space(tokenizer: Any) -> bool:
    """Return True for tokenizers that put a space before whatever they encode (the SentencePiece family)."""
    return decode_exactly(tokenizer, encode_trusted(tokenizer, "x") * 2) == "x x"


def encode_inner(tokenizer: Any, texts: Sequence[str]) -> List[List[int]]:
    """Encode texts that each continue what stands before it: without the space that some tokenizers put in front."""
    if not texts:
        return []
    texts = [_whole(text) for text in texts]
    plain: List[List[int]] = tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]
    if not adds_prefix_space(tokenizer):
        return plain
    anchor = encode_trusted(tokenizer, _ANCHOR)
    anchored = tokenizer([_ANCHOR + text for text in texts], add_special_tokens=False, verbose=False)["input_ids"]
    return [
        ids[len(anchor) :] if anchor and ids[: len(anchor)] == anchor else fallback
        for ids, fallback in zip(anchored, plain)
    ]


def decode_exactly(tokenizer: Any, ids: Sequence[int], skip_special_tokens: bool = False) -> str:
    """Decode without the tidying of spaces that some tokenizers do by default."""
    text: str = tokenizer.decode(list(ids), skip_special_tokens=skip_special_tokens, clean_up_tokenization_spaces=False)
    return text


def _whole(text: str) -> str:
    return _SURROGATE.sub("\ufffd", text)


def _split(text: str, cuts: Sequence[int]) -> List[str]:
    edges = [0, *cuts, len(text)]
    return [text[start:end] for start, end in zip(edges, edges[1:])]
