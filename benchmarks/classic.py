"""The classic program's night, written for comparison from the description of its algorithms.

Everything is padded to 512 tokens; the scaffold's context is pooled to one vector that the base hears at some layers;
logits are computed at every position, and the loss is taken where the answer is. The log is read whole at each batch,
and the token map decays over the whole vocabulary. What is learned is not compared, only what it costs: the scaffold
has as many layers and adapters as SOVL's, so that the algorithms alone differ.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any, Dict, List, Sequence

import torch
from torch import nn

MAX_LENGTH = 512
BATCH = 2
ACCUMULATION = 4
DECAY = 0.95


class ClassicNight:
    """Trains on examples as the classic program did.

    :param base: a causal LM.
    :param scaffold: another one of the same width, with adapters that learn.
    :param examples: ``input_ids`` and ``labels`` (-100 where nothing is learned).
    :param log: where the log is kept, one JSON object an example.
    """

    def __init__(self, base: Any, scaffold: Any, examples: Sequence[Dict[str, List[int]]], log: Path) -> None:
        self.base, self.scaffold, self.examples, self.log = base.eval(), scaffold, examples, log
        self.log.write_text("".join(json.dumps(example) + "\n" for example in examples), encoding="utf-8")
        width, layers = base.config.hidden_size, base.base_model.layers
        self.listening = [layers[len(layers) // 3], layers[len(layers) // 2], layers[-len(layers) // 3]]
        self.projections = nn.ModuleList([nn.Linear(width, width) for _ in self.listening])
        self.token_map = {token: {"ids": [token], "weight": 1.0} for token in range(base.config.vocab_size)}
        learns = [p for p in (*scaffold.parameters(), *self.projections.parameters()) if p.requires_grad]
        self.learns, self.optimizer = learns, torch.optim.AdamW(learns, lr=1e-4)
        self.dream_memory: List[torch.Tensor] = []

    def dream(self, rng: random.Random, questions: int = 3, tokens: int = 8) -> None:
        """Pick a memory by likeness and recency, keep it with noise, and try some questions."""
        log = self._read_log()
        latest = self._pooled([log[-1]])
        likeness = [float(torch.cosine_similarity(latest, self._pooled([entry]))) for entry in log[-10:]]
        recency = [(place + 1) / len(likeness) for place in range(len(likeness))]
        weights = [max(1e-6, 0.5 * like + 0.5 * recent) for like, recent in zip(likeness, recency)]
        chosen = rng.choices(log[-10:], weights)[0]
        state = self._pooled([chosen])
        self.dream_memory = [*self.dream_memory, state + 0.05 * torch.randn_like(state)][-10:]
        for _ in range(questions):
            ids = torch.tensor([chosen["input_ids"]])
            self.base.generate(
                input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=True, max_new_tokens=tokens
            )

    def train(self, batches: int) -> int:
        """Train on so many batches; return how many examples that were."""
        for number in range(batches):
            log = self._read_log()
            together = [log[(number * BATCH + place) % len(log)] for place in range(BATCH)]
            loss = self._loss(together) / ACCUMULATION
            loss.backward()
            if (number + 1) % ACCUMULATION == 0 or number + 1 == batches:
                torch.nn.utils.clip_grad_norm_(self.learns, 1.0)
                self.optimizer.step()
                self.optimizer.zero_grad()
            self._decay()
        return batches * BATCH

    def _loss(self, examples: Sequence[Dict[str, List[int]]]) -> torch.Tensor:
        ids, mask = _padded(examples, "input_ids", 0)
        labels, _ = _padded(examples, "labels", -100)
        context = self._pooled(examples, learning=True)  # [batch, width]

        def hear(projection: nn.Module) -> Any:
            def hook(module: nn.Module, args: Any, output: Any) -> Any:
                hidden = output[0] if isinstance(output, tuple) else output
                heard = hidden + 0.1 * projection(context)[:, None]
                return (heard, *output[1:]) if isinstance(output, tuple) else heard

            return hook

        hooks = [layer.register_forward_hook(hear(one)) for layer, one in zip(self.listening, self.projections)]
        try:
            logits = self.base(input_ids=ids, attention_mask=mask, use_cache=False).logits  # [batch, 512, vocabulary]
        finally:
            for hook in hooks:
                hook.remove()
        return nn.functional.cross_entropy(
            logits[:, :-1].reshape(-1, logits.shape[-1]), labels[:, 1:].reshape(-1), ignore_index=-100
        )

    def _pooled(self, examples: Sequence[Dict[str, List[int]]], learning: bool = False) -> torch.Tensor:
        ids, mask = _padded(examples, "input_ids", 0)
        with torch.set_grad_enabled(learning):
            output = self.scaffold(input_ids=ids, attention_mask=mask, output_hidden_states=True, use_cache=False)
            return output.hidden_states[-1].mean(dim=1)

    def _read_log(self) -> List[Dict[str, List[int]]]:
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def _decay(self) -> None:
        for entry in self.token_map.values():
            entry["weight"] = max(0.1, float(entry["weight"]) * DECAY)  # type: ignore[arg-type]


def _padded(examples: Sequence[Dict[str, List[int]]], key: str, filler: int) -> Any:
    rows = [example[key][:MAX_LENGTH] for example in examples]
    padded = torch.tensor([row + [filler] * (MAX_LENGTH - len(row)) for row in rows])
    return padded, torch.tensor([[1] * len(row) + [0] * (MAX_LENGTH - len(row)) for row in rows])
