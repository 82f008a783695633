"""A reply gone through again: the base is made to say what was said, and shows what it foretold at each token.

The tokens are decoded by the same loop as a reply's, one by one on the model's cache, so that whatever takes part in a
reply takes part here in the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Sequence

from sovl_core.chat_format import answer_frame, encode_completion, has_chat_template
from sovl_core.generation import generation_config, prefill
from sovl_core.journal_rows import clean_text
from sovl_core.model_layers import max_positions
from sovl_core.prompt_fitting import fit_prompt
from sovl_core.reply_text import ReplyText

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_core.events import Turn
    from sovl_core.models import Models
    from sovl_core.settings import GenerationSettings


def reply_ids(tokenizer: Any, reply: str, ended: bool, written: Sequence[int] = ()) -> List[int]:
    """Return a reply as the ids that the model wrote.

    :param reply: its text. Where ``written`` does not fit it, the usual way to write it is taken, one of several.
    :param ended: whether the model ended it by itself: its end of turn is then part of it.
    :param written: the ids that were written down with it, which another model's tokenizer reads as something else.
    """
    if written and _reads_as(tokenizer, written, reply):
        return list(written)
    words, end = encode_completion(tokenizer, reply, answer_frame(tokenizer))
    # In a transcript a reply ends with the next speaker's name, which is no single token and no part of it.
    return words + end[-1:] if ended and has_chat_template(tokenizer) else words


def follow(models: Models, turn: Turn, ids: Sequence[int], settings: GenerationSettings) -> Tensor:
    """Let the base say given tokens in answer to a turn, as plugins have prepared it.

    :param turn: as in ``generate_reply``; ``use_scaffold`` False follows with the bare base.
    :param ids: the tokens, at least one.
    :param settings: give the system prompt and the length of prompts.
    :return: the hidden states, after the final norm, that foretold each token: float [tokens, width]; fewer than were
        given where the model has no positions for all.
    """
    import contextlib

    import torch

    positions = max_positions(models.base)
    prompt = fit_prompt(models.base_tokenizer, turn, settings, positions)
    ids = ids if positions is None else ids[: max(0, positions - len(prompt.ids))]
    foretold: List[Tensor] = []

    def keep(_module: Any, inputs: Any) -> None:
        # The last position foretells the next token; others are computed only on some versions.
        foretold.append(inputs[0][:, -1].detach())

    with contextlib.ExitStack() as stack:
        if not turn.use_scaffold:
            stack.enter_context(models.bypass())
        handle = models.base.get_output_embeddings().register_forward_pre_hook(keep)
        stack.callback(handle.remove)
        if len(ids):
            in_chunks = len(prompt.ids) > settings.max_prompt_tokens
            _say(models, turn, prompt.ids, ids, in_chunks)
    return torch.cat(foretold[: len(ids)]) if foretold else torch.zeros(0, 0)


def _reads_as(tokenizer: Any, ids: Sequence[int], reply: str) -> bool:
    text = ReplyText(tokenizer)
    try:
        for token in ids:
            text.push(token)
        words = clean_text(text.finish())
    except (IndexError, OverflowError, TypeError, ValueError):  # ids that this vocabulary does not have
        return False
    # What a plugin put around the model's words is no part of them.
    return bool(words) and words in reply


def _say(models: Models, turn: Turn, prompt: Sequence[int], ids: Sequence[int], in_chunks: bool) -> None:
    import torch
    from transformers import LogitsProcessorList

    input_ids = torch.tensor([list(prompt)], dtype=torch.int64, device=models.device)
    config = generation_config(models, turn, len(ids), ends=())
    # Greedy whatever the turn was: there is nothing to choose.
    config.do_sample = False
    read_before: Dict[str, Any] = {}
    cache = prefill(models, input_ids, turn.cancelled) if in_chunks else None
    if cache is not None:
        read_before["past_key_values"] = cache
        config.cache_implementation = None
    models.base.generate(
        input_ids=input_ids,
        attention_mask=torch.ones_like(input_ids),
        generation_config=config,
        logits_processor=LogitsProcessorList([_forced(ids)]),
        **read_before,
    )


def _forced(ids: Sequence[int]) -> Any:
    """Return a logits processor that leaves one token possible at each step: the next of ``ids``."""
    from transformers import LogitsProcessor

    class ForcedTokens(LogitsProcessor):  # type: ignore[misc]
        def __init__(self) -> None:
            self._rest = iter(ids)

        def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
            forced = scores.new_full(scores.shape, float("-inf"))
            forced[:, next(self._rest)] = 0.0
            return forced

    return ForcedTokens()
