"""From examples to tensors: tokenizing prompt and completion, cutting to length, bucketing by length, padding.

Chat format and the mapping between tokenizers have modules of their own (``chat_format``, ``token_mapping``); their
names can be imported from here.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence, Tuple

from sovl_core.chat_format import (
    AnswerFrame,
    answer_frame,
    encode_chat,
    encode_completion,
    has_chat_template,
    render_chat,
    user_opening,
)
from sovl_core.constants import BATCH_SIZE, IGNORED_LABEL, MAX_SEQ_LENGTH
from sovl_core.records import Message
from sovl_core.safe_encoding import encode_text
from sovl_core.token_mapping import build_mapping, map_sequence, same_tokenizer

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from sovl_core.events import Dream

__all__ = [
    "Batch",
    "Encoded",
    "Example",
    "build_mapping",
    "collate",
    "encode_chat",
    "encode_text",
    "has_chat_template",
    "make_batches",
    "map_sequence",
    "pad_token_id",
    "render_chat",
    "same_tokenizer",
    "tokenize_and_map",
    "user_opening",
]

#: Batches' worth of examples that are sorted by length together: more pads less, fewer mixes more.
_BUCKET_BATCHES = 16


@dataclass(frozen=True)
class Example:
    """What is learned: ``prompt`` is said by the user after ``history``, ``completion`` is the answer.

    ``kind`` is ``pair`` or the kind of the ``dream`` it came from; ``background`` and ``contrast`` are learned as the
    base's own distribution. ``weight`` multiplies its loss.
    """

    prompt: str
    completion: str
    kind: str = "pair"
    weight: float = 1.0
    history: Tuple[Message, ...] = ()
    dream: Optional[Dream] = None


@dataclass
class Encoded:
    """An example as ids: ``input_ids[:prompt_length]`` is the prompt, the rest the answer with its end of turn.

    ``teacher_hidden`` float [answer tokens, width] is where training keeps what the base alone makes of it;
    ``annotations`` is where plugins keep what they have computed for this example, keyed ``"plugin.value"``.
    """

    input_ids: List[int]
    prompt_length: int
    example: Example
    teacher_hidden: Optional[Tensor] = None
    annotations: Dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.input_ids)


@dataclass
class Batch:
    """Examples side by side, padded on the right.

    ``input_ids``, ``attention_mask`` (1 where there is a token) and ``labels`` (``input_ids`` on the answer,
    ``IGNORED_LABEL`` elsewhere, not shifted) are int64 [batch, tokens]; ``prompt_mask`` bool [batch, tokens] is True on
    the prompt; ``weights`` float32 [batch]. ``encoded`` and ``examples`` are in the order of the rows.
    """

    input_ids: Tensor
    attention_mask: Tensor
    labels: Tensor
    prompt_mask: Tensor
    weights: Tensor
    examples: List[Example]
    encoded: List[Encoded] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.examples)

    def to(self, device: torch.device | str) -> Batch:
        """Return the batch with its tensors on ``device``."""
        return replace(
            self,
            input_ids=self.input_ids.to(device),
            attention_mask=self.attention_mask.to(device),
            labels=self.labels.to(device),
            prompt_mask=self.prompt_mask.to(device),
            weights=self.weights.to(device),
        )


def tokenize_and_map(
    tokenizer: Any, examples: Sequence[Example], max_length: int = MAX_SEQ_LENGTH, system_prompt: str = ""
) -> List[Encoded]:
    """Return examples as ids, in order.

    The prompt is formatted as in conversation, ending where the assistant's turn opens; the answer is followed by the
    end of its turn. What is longer than ``max_length`` first loses its oldest history, then the end of an answer that
    takes more than half, then the beginning of the prompt.

    :param tokenizer: of the model that learns.
    :param max_length: most ids an example may have, at least 2.
    :param system_prompt: as in ``encode_chat``.
    """
    if max_length < 2:
        raise ValueError(f"max_length is {max_length}; an example needs at least 2 tokens")
    frame = answer_frame(tokenizer)
    return [_encode_example(tokenizer, example, frame, max_length, system_prompt) for example in examples]


def collate(encoded: Sequence[Encoded], pad_id: int) -> Batch:
    """Return a batch padded on the right to its longest example.

    :param encoded: at least one example.
    :param pad_id: id to pad with; the attention mask hides it.
    """
    import torch

    if not encoded:
        raise ValueError("a batch needs at least one example")
    width = max(len(item) for item in encoded)
    rows, masks, labels, prompts = [], [], [], []
    for item in encoded:
        length, prompt, padding = len(item), item.prompt_length, width - len(item)
        rows.append(item.input_ids + [pad_id] * padding)
        masks.append([1] * length + [0] * padding)
        labels.append([IGNORED_LABEL] * prompt + item.input_ids[prompt:] + [IGNORED_LABEL] * padding)
        prompts.append([True] * prompt + [False] * (width - prompt))
    return Batch(
        input_ids=torch.tensor(rows, dtype=torch.int64),
        attention_mask=torch.tensor(masks, dtype=torch.int64),
        labels=torch.tensor(labels, dtype=torch.int64),
        prompt_mask=torch.tensor(prompts, dtype=torch.bool),
        weights=torch.tensor([item.example.weight for item in encoded], dtype=torch.float32),
        examples=[item.example for item in encoded],
        encoded=list(encoded),
    )


def make_batches(
    encoded: Sequence[Encoded], batch_size: int = BATCH_SIZE, rng: Optional[random.Random] = None
) -> List[List[Encoded]]:
    """Return all examples in batches of similar length, so that little is padded, in random order.

    :param encoded: examples; each is in exactly one batch.
    :param batch_size: most examples a batch may have, at least 1.
    :param rng: shuffles; None keeps examples and batches in order of length.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; it must be at least 1")
    items = list(encoded)
    bucket = len(items) or 1
    if rng is not None:
        rng.shuffle(items)
        bucket = batch_size * _BUCKET_BATCHES
    batches: List[List[Encoded]] = []
    for start in range(0, len(items), bucket):
        alike = sorted(items[start : start + bucket], key=len)
        batches.extend(alike[i : i + batch_size] for i in range(0, len(alike), batch_size))
    if rng is not None:
        rng.shuffle(batches)
    return batches


def pad_token_id(tokenizer: Any) -> int:
    """Return the id to pad with: the tokenizer's own, else its end of text, else 0."""
    for candidate in (tokenizer.pad_token_id, tokenizer.eos_token_id):
        if candidate is not None:
            return int(candidate)
    return 0


def _encode_example(
    tokenizer: Any, example: Example, frame: AnswerFrame, max_length: int, system_prompt: str
) -> Encoded:
    words, end = encode_completion(tokenizer, example.completion, frame)
    answer = words + end
    history = list(example.history)
    prompt = encode_chat(tokenizer, [*history, Message("user", example.prompt)], system_prompt)
    while history and len(prompt) + len(answer) > max_length:
        history.pop(0)
        prompt = encode_chat(tokenizer, [*history, Message("user", example.prompt)], system_prompt)
    answer = answer[: max(max_length - len(prompt), max_length // 2)]
    prompt = prompt[max(0, len(prompt) + len(answer) - max_length) :]
    return Encoded(prompt + answer, len(prompt), example)
