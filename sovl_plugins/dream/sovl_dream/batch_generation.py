"""Many texts at once from the bare base: what it makes up by itself, and its own answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, List, Sequence

import torch

from sovl_core.data_processing import encode_chat, pad_token_id, user_opening
from sovl_core.generation import end_ids
from sovl_core.records import Message

if TYPE_CHECKING:
    from sovl_core.models import Models

#: Texts computed side by side.
BATCH = 16


def sampled_prompts(
    models: Models, count: int, seed: int, system_prompt: str, breathe: Callable[[], None], max_new_tokens: int = 32
) -> List[str]:
    """Let the base make up what users say, by going on from an empty user's turn (Magpie, arXiv:2406.08464).

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
    return list(dict.fromkeys(found))


def greedy_answers(
    models: Models, prompts: Sequence[str], max_new_tokens: int, system_prompt: str, breathe: Callable[[], None]
) -> List[str]:
    """Return the bare base's greedy answer to each prompt, in order, cut at ``max_new_tokens``."""
    answers: List[str] = []
    for start in range(0, len(prompts), BATCH):
        breathe()
        rows = [
            encode_chat(models.base_tokenizer, [Message("user", prompt)], system_prompt)
            for prompt in prompts[start : start + BATCH]
        ]
        answers += [text.strip() for text, _ in _generate(models, rows, max_new_tokens)]
    return answers


def _generate(
    models: Models, rows: Sequence[Sequence[int]], max_new_tokens: int, temperature: float = 0.0
) -> List[tuple[str, bool]]:
    """Return the text that follows each row, and whether it came to an end by itself."""
    tokenizer, ends = models.base_tokenizer, end_ids(models)
    pad = pad_token_id(tokenizer)
    width = max(len(row) for row in rows)
    # Padded on the left: generation goes on from the last position.
    ids = torch.tensor([[pad] * (width - len(row)) + list(row) for row in rows], device=models.device)
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows], device=models.device)
    sampling = {"do_sample": True, "temperature": temperature, "top_p": 0.95} if temperature else {"do_sample": False}
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
