"""Many texts at once from the bare base: what it makes up by itself, and its own answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Sequence, Tuple

import torch
from transformers import DynamicCache

from sovl_core.data_processing import encode_chat, pad_token_id, user_opening
from sovl_core.generation import end_ids
from sovl_core.records import Message
from sovl_core.shared_prefix import LayerStates, exported_cache

if TYPE_CHECKING:
    from sovl_core.models import Models

#: Texts computed side by side.
BATCH = 16


def _untold(count: int) -> None:
    """Stand in where nobody wants to know how many texts there are by now."""


def sampled_prompts(
    models: Models,
    count: int,
    seed: int,
    system_prompt: str,
    breathe: Callable[[], None],
    written: Callable[[int], None] = _untold,
    max_new_tokens: int = 32,
) -> List[str]:
    """Let the base make up what users say, by going on from an empty user's turn (Magpie, arXiv:2406.08464).

    :param written: told after each batch how many of ``count`` have been written.
    :return: at most ``count`` prompts that came to an end, without repetition.
    """
    opening = user_opening(models.base_tokenizer, system_prompt)
    found: List[str] = []
    with torch.random.fork_rng(devices=[models.device] if models.device.type == "cuda" else []):
        torch.manual_seed(seed)
        for start in range(0, count, BATCH):
            breathe()
            rows = [opening] * min(BATCH, count - start)
            texts = _generate(models, rows, max_new_tokens, temperature=1.0)
            found += [text.strip() for text, ended in texts if ended and text.strip()]
            written(start + len(rows))
    return list(dict.fromkeys(found))


def greedy_answers(
    models: Models,
    prompts: Sequence[str],
    max_new_tokens: int,
    system_prompt: str,
    breathe: Callable[[], None],
    written: Callable[[int], None] = _untold,
) -> List[str]:
    """Return the bare base's greedy answer to each prompt, in order, cut at ``max_new_tokens``.

    :param written: told after each batch how many there are by now.
    """
    answers: List[str] = []
    for start in range(0, len(prompts), BATCH):
        breathe()
        rows = [
            encode_chat(models.base_tokenizer, [Message("user", prompt)], system_prompt)
            for prompt in prompts[start : start + BATCH]
        ]
        answers += [text.strip() for text, _ in _generate(models, rows, max_new_tokens)]
        written(len(answers))
    return answers


def greedy_continuations(
    models: Models,
    rows: Sequence[Sequence[int]],
    max_new_tokens: int,
    breathe: Callable[[], None],
    written: Callable[[int], None] = _untold,
) -> List[str]:
    """Return what the bare base says after each row of ids; what all rows begin with is read once.

    :param rows: prompts as ids, with a beginning in common.
    :param written: told after each batch how many there are by now.
    """
    if not rows:
        return []
    shared = _common_length(rows)
    prefix = _read(models, rows[0][:shared]) if shared else None
    order = sorted(range(len(rows)), key=lambda index: len(rows[index]))
    texts = [""] * len(rows)
    for start in range(0, len(order), BATCH):
        breathe()
        chosen = order[start : start + BATCH]
        generated = _generate(models, [rows[index] for index in chosen], max_new_tokens, prefix=prefix, shared=shared)
        for index, (text, _) in zip(chosen, generated):
            texts[index] = text
        written(start + len(chosen))
    return texts


def _common_length(rows: Sequence[Sequence[int]]) -> int:
    """Return how many ids all rows begin with, at most all but one of the shortest."""
    limit = min(len(row) for row in rows) - 1
    shared = 0
    while shared < limit and all(row[shared] == rows[0][shared] for row in rows):
        shared += 1
    return shared


def _read(models: Models, ids: Sequence[int]) -> LayerStates:
    with torch.no_grad(), models.bypass():
        output = models.base.base_model(input_ids=torch.tensor([list(ids)], device=models.device), use_cache=True)
    return exported_cache(output.past_key_values)


def _expanded(prefix: LayerStates, rows: int) -> DynamicCache:
    cache = DynamicCache()
    for index, (keys, values) in enumerate(prefix):
        cache.update(keys.expand(rows, -1, -1, -1), values.expand(rows, -1, -1, -1), index)
    return cache


def _generate(
    models: Models,
    rows: Sequence[Sequence[int]],
    max_new_tokens: int,
    temperature: float = 0.0,
    prefix: Optional[LayerStates] = None,
    shared: int = 0,
) -> List[Tuple[str, bool]]:
    """Return the text that follows each row, and whether it came to an end by itself."""
    tokenizer, ends = models.base_tokenizer, end_ids(models)
    pad = pad_token_id(tokenizer)
    width = max(len(row) for row in rows)
    # Padded after what they share, before the rest: generation goes on from the last position.
    padding = [width - len(row) for row in rows]
    padded = [list(row[:shared]) + [pad] * fill + list(row[shared:]) for row, fill in zip(rows, padding)]
    masks = [[1] * shared + [0] * fill + [1] * (len(row) - shared) for row, fill in zip(rows, padding)]
    ids, mask = torch.tensor(padded, device=models.device), torch.tensor(masks, device=models.device)
    sampling: Dict[str, Any] = {"do_sample": False}
    if temperature:
        sampling = {"do_sample": True, "temperature": temperature, "top_p": 0.95}
    if prefix:
        sampling["past_key_values"] = _expanded(prefix, len(rows))
    with torch.no_grad(), models.bypass():
        output = models.base.generate(
            input_ids=ids,
            attention_mask=mask,
            max_new_tokens=max_new_tokens,
            eos_token_id=sorted(ends) or None,
            pad_token_id=pad,
            **sampling,
        )
    texts = []
    for row in output[:, width:].tolist():
        end = next((index for index, token in enumerate(row) if token in ends), None)
        texts.append((tokenizer.decode(row[:end], skip_special_tokens=True), end is not None))
    return texts
