"""Invention: memories that nobody has, told with what tonight's are told with, so that reading rows is what is learned.

What stays the same in every dream can be learned by heart, by what all memories share; the next night then tells it of
another memory ("Your dentist is ..." with the accountant's name). What is invented anew at each step can only be read
from rows (in-context copying is learned from data that cannot be memorised: arXiv:2205.05055).
"""

from __future__ import annotations

import math
import random
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Callable, List, Optional, Sequence, Tuple

from sovl_core.constants import KEPT_KINDS
from sovl_core.data_processing import Batch, Encoded, Example, collate, pad_token_id, tokenize_and_map

if TYPE_CHECKING:
    from sovl_core.models import Models

_WORD = re.compile(r"[^\W\d_]+|\d")
_ONSETS = (
    "b",
    "br",
    "c",
    "ch",
    "d",
    "dr",
    "f",
    "g",
    "gl",
    "h",
    "j",
    "k",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "st",
    "t",
    "v",
    "w",
)
_VOWELS = ("a", "e", "i", "o", "u", "ai", "ea", "ou")
_CODAS = ("", "", "", "n", "r", "l", "s", "m", "ck", "nd", "th")

#: A night with so many memories of its own has variety enough.
VARIETY = 24


def how_many(most: int, memories: int) -> int:
    """Return how many examples of a step are invented: ``most`` where tonight's memories are few, none where many.

    :param most: the setting; 0 for none at all.
    :param memories: of tonight.
    """
    return 0 if memories >= VARIETY else min(most, math.ceil(VARIETY / max(1, memories)))


def invented(text: str, rng: random.Random) -> str:
    """Return a text of the same shape that says something else: other digits, words that there are not.

    Marks, spaces, capitals and about the length of words stay.
    """
    return _WORD.sub(lambda found: _instead(found.group(), rng), text)


def _instead(word: str, rng: random.Random) -> str:
    if word.isdecimal():
        return str(rng.randrange(10))
    made = ""
    while len(made) < len(word) - 1:
        made += rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS)
    made = made or rng.choice(_VOWELS)
    return made.upper() if word.isupper() and len(word) > 1 else made.capitalize() if word[0].isupper() else made


def invent(
    batch: Batch,
    models: Models,
    telling: Callable[[int], Optional[Tuple[str, str]]],
    prompts: Sequence[str],
    count: int,
    rng: random.Random,
    system_prompt: str,
) -> Tuple[Batch, List[Encoded]]:
    """Return a batch with examples of invented memories behind its own, and those memories as they are told.

    :param telling: how a memory is told: the user's words and the words of its dreams; None for one that is not
        tonight's.
    :param prompts: those that examples are put behind.
    :param count: examples at most, each of another dream.
    :return: the batch on the models' device, and for each added row, in order, its memory in the scaffold's vocabulary.
    """
    from sovl_recall.states import told

    added: List[Example] = []
    memories: List[Encoded] = []
    for item in rng.sample(batch.encoded, len(batch.encoded)):
        dream = item.example.dream
        if len(added) == count or not prompts:
            break
        if dream is None or dream.kind in KEPT_KINDS or not dream.parents or not dream.answer:
            continue
        known = telling(dream.parents[0])
        if known is None or dream.answer not in dream.completion or dream.answer not in known[1]:
            continue
        other = invented(dream.answer, rng)
        completion = dream.completion.replace(dream.answer, other)
        added.append(replace(item.example, prompt=rng.choice(prompts), completion=completion, history=()))
        memories.append(told(models, known[0], known[1].replace(dream.answer, other), system_prompt))
    if not added:
        return batch, []
    encoded = tokenize_and_map(models.base_tokenizer, added, system_prompt=system_prompt)
    joined = collate([*batch.encoded, *encoded], pad_token_id(models.base_tokenizer))
    return joined.to(models.device), memories
