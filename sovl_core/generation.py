"""The kernel's own reply to a turn, the innermost ``on_generate``: transformers' ``generate``, watched.

Greedy tokens are those of a bare ``model.generate`` on the same ids, bit for bit. The library's own loop does the
decoding; what is added to a token is one pass over its logits and the decoding of a few ids.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any, Callable, Collection, Dict, Iterator, Optional, Set, cast

from sovl_core.chat_format import TRANSCRIPT_STOPS, has_chat_template, turn_end_ids
from sovl_core.data_processing import pad_token_id
from sovl_core.events import Reply
from sovl_core.prompt_fitting import FittedPrompt, fit_prompt
from sovl_core.utils import calculate_confidence_score

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_core.decoding_watch import DecodingWatch, ProbabilityProbe
    from sovl_core.events import Turn
    from sovl_core.models import Models
    from sovl_core.settings import GenerationSettings

#: ``turn.annotations`` key: the scaffold answers by itself, the base takes no part.
SCAFFOLD_ALONE = "generation.scaffold_alone"
#: Tokens of a long prompt that the model reads at once; bounds the memory that reading takes.
PREFILL_CHUNK = 512


def generate_reply(models: Models, turn: Turn, settings: GenerationSettings) -> Reply:
    """Answer a turn with the base, as plugins have prepared it.

    How to sample is for ``turn`` to say; ``settings`` gives the system prompt, the length of prompts and whether
    repetitions are cut. Annotations of the reply: ``generation.dropped_messages`` and ``generation.dropped_tokens``
    where the prompt was too long.

    :param turn: the request. ``turn.annotations["generation.prompt_ids"]`` holds ids to go on from as they are, in
        place of prompt and history; ``turn.annotations["generation.scaffold_alone"]`` lets the scaffold answer instead.
    :return: the reply; text handed to ``turn.on_text`` in pieces is ``reply.text`` when put together.
    :raises BadInput: when the prompt cannot be brought to fit the model, or its chat template refuses it.
    """
    import torch

    from sovl_core.decoding_watch import DecodingWatch, ProbabilityProbe

    started = time.perf_counter()
    if turn.annotations.get(SCAFFOLD_ALONE):
        models = cast("Models", _ScaffoldAlone(models))
    tokenizer = models.base_tokenizer
    positions = getattr(models.base.config, "max_position_embeddings", None)
    prompt = fit_prompt(tokenizer, turn, settings, positions)
    length = turn.max_new_tokens if positions is None else min(turn.max_new_tokens, positions - len(prompt.ids))
    ends = end_ids(models)
    stops = () if has_chat_template(tokenizer) else TRANSCRIPT_STOPS
    watch = DecodingWatch(tokenizer, ends, turn.on_text, turn.cancelled, settings.repetition_check, stops)
    probe = ProbabilityProbe()
    with contextlib.ExitStack() as stack:
        if not turn.use_scaffold:
            stack.enter_context(models.bypass())
        stack.enter_context(_seeded(turn.seed, models.device))
        if length > 0:
            input_ids = torch.tensor([prompt.ids], dtype=torch.int64, device=models.device)
            in_chunks = len(prompt.ids) > settings.max_prompt_tokens
            _decode(models, turn, input_ids, generation_config(models, turn, length, ends), watch, probe, in_chunks)
    text = watch.finish()
    probabilities, entropies = probe.numbers(len(watch.token_ids))
    return Reply(
        text=text,
        token_ids=watch.token_ids,
        prompt_tokens=len(prompt.ids),
        confidence=calculate_confidence_score(probabilities),
        token_probabilities=probabilities,
        token_entropies=entropies,
        finish_reason=watch.finish_reason or "length",
        seconds=time.perf_counter() - started,
        annotations=_annotations(prompt),
    )


class _ScaffoldAlone:
    """The scaffold in the base's place: what generating needs of ``Models``."""

    def __init__(self, models: Models) -> None:
        self.base, self.base_tokenizer = models.scaffold, models.scaffold_tokenizer
        self.device, self.bypass = models.device, models.bypass


def end_ids(models: Models) -> Set[int]:
    """Return the ids that end a reply: those of the generation config, of the tokenizer and of its chat template."""
    ends = turn_end_ids(models.base_tokenizer)
    configured = models.base.generation_config.eos_token_id
    if configured is not None:
        ends.update(configured if isinstance(configured, (list, tuple)) else [configured])
    return ends


def generation_config(models: Models, turn: Turn, max_new_tokens: int, ends: Collection[int]) -> Any:
    """Return transformers' ``GenerationConfig`` of a turn, on top of what the model's own says.

    Every sampling value is set, so that none of the model's own takes part unasked; the repetition penalty is left
    out (see :func:`_processors`).
    """
    import copy

    from transformers import GenerationConfig

    neutral = GenerationConfig()  # type: ignore[no-untyped-call]
    config = copy.deepcopy(models.base.generation_config)
    values = {
        "do_sample": turn.temperature > 0,
        "temperature": turn.temperature if turn.temperature > 0 else 1.0,
        "top_k": turn.top_k if turn.temperature > 0 else neutral.top_k,
        "top_p": turn.top_p if turn.temperature > 0 else 1.0,
        "typical_p": neutral.typical_p,
        "min_p": neutral.min_p,
        "repetition_penalty": 1.0,
        "num_beams": 1,
        "num_return_sequences": 1,
        "use_cache": True,
        "return_dict_in_generate": False,
        # With both lengths set the library warns at every turn.
        "max_length": neutral.max_length,
        "max_new_tokens": max_new_tokens,
        "eos_token_id": sorted(ends) or None,
        "pad_token_id": pad_token_id(models.base_tokenizer),
    }
    for name, value in values.items():
        setattr(config, name, value)
    return config


def prefill(models: Models, input_ids: Tensor, cancelled: Callable[[], bool], chunk: int = PREFILL_CHUNK) -> Any:
    """Let the base read a long prompt in pieces, bare, and return its key/value cache.

    The scaffold speaks at a prompt's last token alone, which is not among what is read here.

    :param input_ids: int [1, tokens].
    :param cancelled: asked before each piece; what has been read so far is returned when it says so.
    :param chunk: tokens to read at once.
    :return: the cache of all tokens but the last, None where this model's cache cannot grow.
    """
    import torch
    from transformers import DynamicCache

    cache: Any = None
    with torch.no_grad(), models.bypass():
        for start in range(0, input_ids.shape[1] - 1, chunk):
            if cancelled():
                break
            end = min(start + chunk, input_ids.shape[1] - 1)
            mask = torch.ones_like(input_ids[:, :end])
            output = models.base.base_model(
                input_ids=input_ids[:, start:end], attention_mask=mask, past_key_values=cache, use_cache=True
            )
            cache = output.past_key_values
            if not isinstance(cache, (tuple, DynamicCache)):
                return None
    return cache


def _decode(
    models: Models,
    turn: Turn,
    input_ids: Tensor,
    config: Any,
    watch: DecodingWatch,
    probe: ProbabilityProbe,
    in_chunks: bool,
) -> None:
    import torch
    from transformers import StoppingCriteriaList

    read_before: Dict[str, Any] = {}
    if in_chunks:
        cache = prefill(models, input_ids, turn.cancelled)
        if turn.cancelled():
            watch.finish_reason = "cancelled"
            return
        if cache is not None:
            read_before["past_key_values"] = cache
            config.cache_implementation = None
    models.base.generate(
        input_ids=input_ids,
        attention_mask=torch.ones_like(input_ids),
        generation_config=config,
        logits_processor=_processors(turn, probe),
        stopping_criteria=StoppingCriteriaList([watch]),
        **read_before,
    )


def _processors(turn: Turn, probe: ProbabilityProbe) -> Any:
    """Return the probe and, after it, the repetition penalty: the library would apply its own before the probe."""
    from transformers import LogitsProcessorList, RepetitionPenaltyLogitsProcessor

    processors = LogitsProcessorList([probe])
    if turn.repetition_penalty != 1.0:
        processors.append(RepetitionPenaltyLogitsProcessor(turn.repetition_penalty))
    return processors


@contextlib.contextmanager
def _seeded(seed: Optional[int], device: Any) -> Iterator[None]:
    """Sample from a fresh seed within this block and leave the random state of everybody else as it was."""
    if seed is None:
        yield
        return
    import torch

    # CPU state is always put back; of accelerators only CUDA's can be, by device.
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def _annotations(prompt: FittedPrompt) -> Dict[str, Any]:
    counts = {"dropped_messages": prompt.dropped_messages, "dropped_tokens": prompt.dropped_tokens}
    return {f"generation.{name}": count for name, count in counts.items() if count}
