"""The scaffold in step with the base: it reads the prompt and then each token that the base says.

CALM composes two models that both read everything (arXiv:2401.02412); here the smaller one runs beside the other on a
key/value cache of its own. Position t of the answer hears what the scaffold made of the answer's tokens up to t.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence, Tuple

import torch

from sovl_core import model_layers
from sovl_core.error_handling import SOVLError
from sovl_core.events import ScaffoldContext
from sovl_cross_attention.reader import word_ids
from sovl_cross_attention.said_tokens import SaidTokens, TokenTable, said_tokens

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_core.data_processing import Batch
    from sovl_core.models import Models


def answers_said(table: TokenTable, batch: Batch) -> List[Tuple[List[int], List[int]]]:
    """Return for each example what its answer gives the scaffold to read, and with which token (:func:`said_tokens`).

    An answer's last token is left out: nothing is foretold after it.
    """
    answer = (batch.attention_mask.bool() & ~batch.prompt_mask).tolist()
    rows = [
        [token for token, is_answer in zip(ids, marks) if is_answer]
        for ids, marks in zip(batch.input_ids.tolist(), answer)
    ]
    return [said_tokens(table, row[:-1]) for row in rows]


class GoingOn:
    """The scaffold reading one text piece by piece, what it has read kept as keys and values.

    Texts longer than its positions are read in windows, as ``scaffold_hidden_states`` reads them. ``length`` counts the
    tokens it has read.
    """

    def __init__(self, models: Models) -> None:
        self.length = 0
        self._scaffold = models.scaffold
        self._models = models
        self._decoder = model_layers.decoder(models.scaffold)
        self._window = model_layers.max_positions(models.scaffold)
        self._cache: Any = None
        self._in_window: List[int] = []

    def read(self, ids: Sequence[int]) -> Tensor:
        """Read on: float [1, tokens, scaffold width], after the final norm, on the base's device.

        :param ids: at least one, in the scaffold's vocabulary.
        """
        parts, start = [], 0
        while start < len(ids):
            if len(self._in_window) == self._window:
                self._cache, self._in_window = None, []
            room = len(ids) if self._window is None else self._window - len(self._in_window)
            parts.append(self._piece(ids[start : start + room]))
            start += room
        self.length += len(ids)
        return torch.cat(parts, dim=1)

    def _piece(self, ids: Sequence[int]) -> Tensor:
        from transformers import DynamicCache

        self._in_window.extend(ids)
        device = next(self._scaffold.parameters()).device
        fed = self._in_window if self._cache is None else ids
        with torch.no_grad():
            output = self._decoder(
                input_ids=torch.tensor([list(fed)], device=device),
                attention_mask=torch.ones(1, len(self._in_window), dtype=torch.int64, device=device),
                past_key_values=self._cache,
                use_cache=True,
            )
        # Where a model's own cache cannot grow (Gemma of older transformers), the window is read anew each time.
        grows = isinstance(output.past_key_values, (tuple, DynamicCache))
        self._cache = output.past_key_values if grows else None
        states: Tensor = output.last_hidden_state[:, -len(ids) :]
        return states.to(self._models.device)


class Steps:
    """One reply: what the scaffold has read of it so far.

    ``count`` is how many of the reply's tokens the base was fed.

    :param text: the user's words.
    :param table: from the base's vocabulary to the scaffold's.
    """

    def __init__(self, models: Models, text: str, table: TokenTable) -> None:
        self.count = 0
        self._models = models
        self._table = table
        self._prompt = word_ids(models.scaffold_tokenizer, text)
        self._text = text
        self._begin = -1
        self._reading: Optional[GoingOn] = None
        self._said = SaidTokens(table)

    def context(self) -> ScaffoldContext:
        """Return the context of the prompt; its words are read when somebody wants to know."""
        return ScaffoldContext(None, None, None, prompt=self._text, prompts=[self._text], reader=self._read_prompt)

    def follow(self, ids: Tensor, first: int) -> List[int]:
        """Take a pass of the base over tokens; return the scaffold's tokens to be read now.

        The first pass ends with the prompt. One that does not go on where the last one ended begins another reply.

        :param ids: int64 [1, tokens].
        :param first: position of the first of them.
        """
        if len(ids) != 1:
            raise ValueError(f"the scaffold follows one reply at a time, not {len(ids)}")
        if self._begin < 0 or first != self._begin + self.count:
            if self.count:
                self._reading = None
            self.count, self._begin, self._said = 0, first + ids.shape[1], SaidTokens(self._table)
            return []
        self.count += ids.shape[1]
        return [token for said in ids[0].tolist() for token in self._said.push(said)]

    @property
    def length(self) -> int:
        """How many tokens the scaffold has read."""
        return 0 if self._reading is None else self._reading.length

    def read(self, tokens: Sequence[int]) -> Tensor:
        """Let the scaffold read on: float [1, tokens, scaffold width].

        :param tokens: what :meth:`follow` returned, at least one.
        """
        if self._reading is None:
            self._reading = GoingOn(self._models)
            self._reading.read(self._prompt)
        return self._reading.read(tokens)

    def _read_prompt(self) -> Tuple[Tensor, Tensor, Tensor]:
        self._reading = GoingOn(self._models)
        hidden = self._reading.read(self._prompt)
        ids = torch.tensor([self._prompt], device=hidden.device)
        return hidden, torch.ones_like(ids, dtype=torch.bool), ids


def fed_tokens(args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Tuple[Tensor, int]:
    """Return the ids [batch, tokens] that a causal LM is called with, and the position of the first of them.

    :raises SOVLError: when it is called with something else than ids.
    """
    ids = kwargs.get("input_ids", args[0] if args else None)
    if ids is None:
        raise SOVLError(
            "The scaffold cannot move with this base: it is fed something else than tokens",
            'Set plugins.cross_attention.scaffold_mode to "encoder".',
        )
    return ids, _cached(kwargs, int(ids.shape[1]))


def _cached(kwargs: Dict[str, Any], tokens: int) -> int:
    mask, places, cache = (kwargs.get(key) for key in ("attention_mask", "cache_position", "past_key_values"))
    if isinstance(mask, torch.Tensor) and mask.dim() == 2:
        return int(mask.shape[1]) - tokens
    if places is not None:
        return int(places[0])
    if hasattr(cache, "get_seq_length"):
        return int(cache.get_seq_length())
    return int(cache[0][0].shape[-2]) if cache else 0
