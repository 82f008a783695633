"""The base's hidden states where it answers, computed without computing its prompts twice.

The scaffold speaks to the base only from the last prompt token on, so everything before is the bare base's and never
changes: its keys and values are computed once a prompt and kept (:class:`PromptCache`), and a training step runs over
the answers alone.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple

from sovl_core.constants import IGNORED_LABEL
from sovl_core.shared_prefix import LayerStates, exported_cache, read_side_by_side

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_core.data_processing import Batch, Encoded
    from sovl_core.models import Models

#: Prompts that are read ahead side by side.
READ_TOGETHER = 16


@dataclass
class AnswerStates:
    """Hidden states that foretell answer tokens.

    ``hidden`` float [answer tokens, width]; ``targets`` int64 [answer tokens], what each foretells; ``rows`` int64
    [answer tokens], the example each belongs to, in order.
    """

    hidden: Tensor
    targets: Tensor
    rows: Tensor


class PromptCache:
    """Keys and values of prompts by their tokens, the least recently used given up beyond a number of bytes.

    :param limit_bytes: memory it may take; 0 keeps nothing.
    """

    def __init__(self, limit_bytes: int = 1 << 30) -> None:
        self.limit_bytes = limit_bytes
        self.used_bytes = 0
        self.closed = False
        self._entries: OrderedDict[Tuple[int, ...], LayerStates] = OrderedDict()

    def get(self, tokens: Sequence[int]) -> Optional[LayerStates]:
        """Return what is kept of a prompt, or None."""
        key = tuple(tokens)
        if key in self._entries:
            self._entries.move_to_end(key)
            return self._entries[key]
        return None

    def put(self, tokens: Sequence[int], states: LayerStates) -> None:
        """Keep a prompt's keys and values, giving up others where there is no room; a closed cache stays as it is."""
        size = _size(states)
        key = tuple(tokens)
        if self.closed or size > self.limit_bytes or key in self._entries:
            return
        self._entries[key] = states
        self.used_bytes += size
        while self.used_bytes > self.limit_bytes:
            _, dropped = self._entries.popitem(last=False)
            self.used_bytes -= _size(dropped)

    def __len__(self) -> int:
        return len(self._entries)


def read_ahead(
    models: Models, encoded: Iterable[Encoded], cache: PromptCache, breathe: Callable[[], None] = lambda: None
) -> None:
    """Read the prompts of examples until the cache is full, and close it.

    In floating point a prompt is read a little differently beside others. What is kept afterwards hangs on the examples
    alone, not on the order of the steps they come up in: training that was interrupted finds what it had.

    :param breathe: called between prompts.
    """
    prompts = {tuple(item.input_ids[: item.prompt_length - 1]) for item in encoded if item.prompt_length > 1}
    alike = sorted(prompts, key=lambda prompt: (len(prompt), prompt))
    for first in range(0, len(alike), READ_TOGETHER):
        breathe()
        together = alike[first : first + READ_TOGETHER]
        read = _read_prompts(models, together)
        if cache.used_bytes + sum(_size(states) for states in read) > cache.limit_bytes:
            break
        for prompt, states in zip(together, read):
            cache.put(prompt, states)
    cache.closed = True


def answer_states(models: Models, batch: Batch, cache: Optional[PromptCache] = None) -> AnswerStates:
    """Run the base over the answers of a batch, its prompts taken from the cache or computed bare.

    Gradients flow through the answer positions only.

    :param models: base and tokenizer.
    :param batch: as ``collate`` returns it, on the models' device; every prompt holds at least one token.
    :param cache: keeps prompts between steps; None computes them anew.
    """
    import torch

    prefixes = _prefixes(models, batch.encoded, cache if cache is not None else PromptCache(0))
    lengths = [item.prompt_length - 1 for item in batch.encoded]
    width = max(lengths)
    device = batch.input_ids.device
    answers = [item.input_ids[item.prompt_length - 1 :] for item in batch.encoded]
    # The last token is never fed: nothing is foretold after it.
    tokens = max(len(answer) for answer in answers) - 1
    ids = torch.zeros(len(answers), tokens, dtype=torch.int64)
    targets = torch.full((len(answers), tokens), IGNORED_LABEL, dtype=torch.int64)
    mask = torch.zeros(len(answers), width + tokens, dtype=torch.int64)
    for row, (answer, length) in enumerate(zip(answers, lengths)):
        ids[row, : len(answer) - 1] = torch.tensor(answer[:-1])
        targets[row, : len(answer) - 1] = torch.tensor(answer[1:])
        # Prompts are padded on the left: a sliding window counts the places between tokens, padding among them.
        mask[row, width - length : width] = 1
        mask[row, width : width + len(answer) - 1] = 1
    positions = torch.tensor(lengths)[:, None] + torch.arange(tokens)[None, :]
    arguments: Dict[str, Any] = {"input_ids": ids.to(device), "attention_mask": mask.to(device), "use_cache": False}
    if width:
        arguments.update(past_key_values=_padded_cache(prefixes, lengths, width), use_cache=True)
    if models.takes_position_ids:
        arguments["position_ids"] = positions.to(device)
    hidden = models.base.base_model(**arguments).last_hidden_state
    wanted = (targets != IGNORED_LABEL).to(device)
    rows = torch.arange(len(answers), device=device)[:, None].expand(-1, tokens)
    return AnswerStates(hidden[wanted], targets.to(device)[wanted], rows[wanted])


def full_states(models: Models, batch: Batch) -> AnswerStates:
    """Run the base over prompts and answers together, gradients flowing through both.

    For plugins that act on the prompt's positions too (``TrainStep.prompt_frozen`` False).
    """
    import torch

    targets = batch.labels[:, 1:]
    wanted = targets != IGNORED_LABEL
    hidden = models.hidden_states(batch.input_ids, batch.attention_mask)[:, :-1]
    rows = torch.arange(len(batch), device=hidden.device)[:, None].expand_as(targets)
    return AnswerStates(hidden[wanted], targets[wanted], rows[wanted])


def _prefixes(models: Models, encoded: Sequence[Encoded], cache: PromptCache) -> List[LayerStates]:
    prompts = [item.input_ids[: item.prompt_length - 1] for item in encoded]
    found: Dict[Tuple[int, ...], LayerStates] = {}
    for prompt in prompts:
        kept = cache.get(prompt)
        if kept is not None:
            found[tuple(prompt)] = kept
    missing = list(OrderedDict.fromkeys(tuple(p) for p in prompts if tuple(p) not in found and p))
    if missing:
        for key, states in zip(missing, _read_prompts(models, missing)):
            found[key] = states
            cache.put(key, states)
    return [found.get(tuple(prompt), []) for prompt in prompts]


def _read_prompts(models: Models, prompts: Sequence[Tuple[int, ...]]) -> List[LayerStates]:
    import torch

    width = max(len(prompt) for prompt in prompts)
    ids = torch.tensor([list(prompt) + [0] * (width - len(prompt)) for prompt in prompts], device=models.device)
    mask = torch.tensor([[1] * len(p) + [0] * (width - len(p)) for p in prompts], device=models.device)
    with torch.no_grad(), models.bypass():
        _, cache = read_side_by_side(models.base.base_model, ids, mask)
    layers = exported_cache(cache)
    return [
        [
            (keys[row : row + 1, :, : len(p)].clone(), values[row : row + 1, :, : len(p)].clone())
            for keys, values in layers
        ]
        for row, p in enumerate(prompts)
    ]


def _padded_cache(prefixes: Sequence[LayerStates], lengths: Sequence[int], width: int) -> Any:
    import torch
    from torch.nn.functional import pad
    from transformers import DynamicCache

    cache = DynamicCache()
    template = next(prefix for prefix in prefixes if prefix)
    for index in range(len(template)):
        pairs = []
        for part in (0, 1):
            empty = template[index][part][:, :, :0]
            pairs.append(
                torch.cat(
                    [
                        pad(prefix[index][part] if prefix else empty, (0, 0, width - length, 0))
                        for prefix, length in zip(prefixes, lengths)
                    ]
                )
            )
        cache.update(pairs[0], pairs[1], index)
    return cache


def _size(states: LayerStates) -> int:
    return sum(tensor.numel() * tensor.element_size() for pair in states for tensor in pair)
