"""What a precision saves and costs, measured on the loaded base: bytes, tokens a second, loss on a fixed passage."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Optional

from sovl_core.model_layers import max_positions
from sovl_quantization.layers import footprint, precision_of

if TYPE_CHECKING:
    from sovl_core.models import Models

#: Plain prose, the same for every measurement; what rises in its loss is what the precision costs.
PASSAGE = (
    "The harbour was quiet in the early morning. A fishing boat came in past the lighthouse, and two men on the pier "
    "caught its ropes. They unloaded eleven boxes of herring, weighed them, and wrote the numbers on a slate. By eight "
    "o'clock the market had opened, the first customers had gone home with breakfast, and the cats of the quarter "
    "had gathered under the tables, as they did on every day but Sunday."
)


@dataclass(frozen=True)
class Measurement:
    """``footprint`` in bytes, ``tokens_per_second`` of greedy decoding, ``loss`` in nats a token on :data:`PASSAGE`."""

    precision: str
    footprint: int
    tokens_per_second: float
    loss: float


def measure(models: Models, tokens: int = 24, clock: Callable[[], float] = time.perf_counter) -> Measurement:
    """Measure the base alone, without the scaffold.

    :param models: the loaded models.
    :param tokens: how many tokens to decode for the speed.
    :param clock: seconds, of any origin.
    """
    import torch

    base = models.base
    ids = _passage(models, tokens)
    mask = torch.ones_like(ids)
    with models.bypass(), torch.no_grad():
        logits = models.logits(models.hidden_states(ids, mask)[:, :-1])
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[0, 1:]).item()
        # One token beforehand: the first pass in a precision prepares its kernels.
        _decode(base, ids, mask, 1)
        begun = clock()
        _decode(base, ids, mask, tokens)
        seconds = clock() - begun
    speed = tokens / seconds if seconds > 0 else float("inf")
    return Measurement(precision_of(base), footprint(base), speed, loss)


def report(before: Optional[Measurement], after: Measurement) -> str:
    """Return a table of both for the terminal."""
    rows = [
        ("precision", before.precision if before else "", after.precision),
        ("weights", _size(before.footprint) if before else "", _size(after.footprint)),
        ("tokens/s", _number(before.tokens_per_second) if before else "", _number(after.tokens_per_second)),
        ("loss (nats/token)", f"{before.loss:.3f}" if before else "", f"{after.loss:.3f}"),
    ]
    lines = [f"{'':<18}{'before':>12}{'now':>12}"] if before else [f"{'':<18}{'':>12}{'now':>12}"]
    lines += [f"{label:<18}{old:>12}{new:>12}" for label, old, new in rows]
    if before and before.precision != after.precision:
        lines.append(_verdict(before, after))
    return "\n".join(lines)


def _passage(models: Models, tokens: int) -> Any:
    encoded = models.base_tokenizer(PASSAGE, return_tensors="pt", add_special_tokens=False)
    ids = encoded["input_ids"].to(models.device)
    longest = max_positions(models.base)
    # A model for fewer positions than passage and decoded tokens take is measured on the passage's beginning.
    return ids if longest is None else ids[:, : max(2, longest - tokens)]


def _decode(base: Any, ids: Any, mask: Any, tokens: int) -> None:
    eos = base.generation_config.eos_token_id
    base.generate(
        input_ids=ids,
        attention_mask=mask,
        max_new_tokens=tokens,
        min_new_tokens=tokens,
        do_sample=False,
        # Greedy decoding warns about sampling parameters that the model's own generation config brings.
        temperature=None,
        top_p=None,
        top_k=None,
        pad_token_id=eos[0] if isinstance(eos, list) else (eos if eos is not None else 0),
    )


def _verdict(before: Measurement, after: Measurement) -> str:
    size = after.footprint / max(1, before.footprint)
    speed = after.tokens_per_second / before.tokens_per_second if before.tokens_per_second > 0 else float("nan")
    return f"{size:.2f} times the memory, {speed:.2f} times the speed, {after.loss - before.loss:+.3f} nats a token"


def _size(count: int) -> str:
    return f"{count / 2**20:.1f} MiB" if count >= 2**20 else f"{count / 2**10:.1f} KiB"


def _number(value: float) -> str:
    return f"{value:.1f}"
