"""Estrangement: dreams behind the prompts of others, so that a recalled memory is told however it is asked for."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Container, Dict, Sequence, Tuple

from sovl_core.constants import KEPT_KINDS
from sovl_core.data_processing import Batch, collate, pad_token_id, tokenize_and_map

if TYPE_CHECKING:
    from sovl_core.models import Models


def estrange(
    batch: Batch,
    models: Models,
    memories: Container[int],
    prompts: Sequence[str],
    share: float,
    rng: random.Random,
    system_prompt: str,
) -> Tuple[Batch, Dict[int, int]]:
    """Return a batch in which some dreams stand behind another one's prompt, and the memories of those.

    :param memories: those that can be recalled; dreams of others stay as they are, and so does what is learned as the
        base's own.
    :param prompts: those that dreams are put behind.
    :param share: of the dreams that can be recalled.
    :return: the batch on the models' device, and the memory of each row that was changed.
    """
    encoded, changed = list(batch.encoded), {}
    for row, item in enumerate(batch.encoded):
        dream = item.example.dream
        if dream is None or dream.kind in KEPT_KINDS or not dream.parents or dream.parents[0] not in memories:
            continue
        if not prompts or rng.random() >= share:
            continue
        example = replace(item.example, prompt=rng.choice(prompts), history=())
        encoded[row] = tokenize_and_map(models.base_tokenizer, [example], system_prompt=system_prompt)[0]
        changed[row] = dream.parents[0]
    if not changed:
        return batch, {}
    return collate(encoded, pad_token_id(models.base_tokenizer)).to(models.device), changed
