"""What a night rehearses of earlier ones: half of it what surprises the accepted weights most, half at random.

What was learned long ago and is fading surprises, and is worth most; what is only drawn by surprise leaves the rest to
fade unseen (prioritized replay mixes both: arXiv:1511.05952).
"""

from __future__ import annotations

import contextlib
import json
import math
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence

from sovl_core.constants import KEPT_KINDS
from sovl_core.durable import private_folder, replace_file
from sovl_core.events import Dream, Night, Progress, StepResult, TrainStep

if TYPE_CHECKING:
    from sovl_core.plugin import PluginContext

#: Dreams of earlier nights that one night rehearses at most; where there are no more, it rehearses all.
REPLAYED = 512
#: Memories whose surprise is measured at most, drawn at random.
MEASURED = 128
#: Memories that are rehearsed for their surprise at most.
SURPRISING = 32
#: Dreams that are measured side by side.
MEASURED_TOGETHER = 16
#: Where a night keeps what surprised it: it goes on after an interruption with the same choice.
SURPRISE = "surprise.json"


@dataclass
class Replay:
    """Dreams of earlier nights, in no order; ``surprising`` are the memories chosen for that, with their loss."""

    dreams: List[Dream] = field(default_factory=list)
    surprising: Dict[int, float] = field(default_factory=dict)

    def metrics(self) -> Dict[str, Any]:
        """Return what a night's report says of the choice; nothing where all there is was rehearsed."""
        return {"replayed": len(self.dreams), "surprising": sorted(self.surprising)} if self.surprising else {}


def choose_replay(night: Night, context: PluginContext, seed: str) -> Replay:
    """Choose what to rehearse among dreams of earlier nights whose memories still hold.

    :param seed: what is drawn at random follows from it.
    :raises NightInterrupted: when the night has to end.
    """
    pool, rng = _pool(night, context), random.Random(f"{seed}:replay")
    rng.shuffle(pool)
    if len(pool) <= REPLAYED:
        return Replay(pool)
    of_memory: Dict[int, List[Dream]] = {}
    for dream in pool:
        of_memory.setdefault(dream.parents[0], []).append(dream)
    found = _remembered(night.folder) if night.resumed else None
    if found is None:
        asked = [dreams[0] for dreams in of_memory.values()][:MEASURED]
        losses = surprise(asked, night, context)
        found = {dream.parents[0]: loss for dream, loss in zip(asked, losses) if math.isfinite(loss)}
        private_folder(night.folder)
        replace_file(night.folder / SURPRISE, json.dumps(found).encode())
    ranked = sorted((memory for memory in found if memory in of_memory), key=lambda memory: -found[memory])
    surprising = ranked[: min(SURPRISING, math.ceil(len(of_memory) / 2))]
    chosen = _in_turn([of_memory[memory] for memory in surprising], REPLAYED // 2)
    taken = {dream.id for dream in chosen}
    chosen += [dream for dream in pool if dream.id not in taken][: REPLAYED - len(chosen)]
    rng.shuffle(chosen)
    return Replay(chosen, {memory: found[memory] for memory in surprising})


def surprise(dreams: Sequence[Dream], night: Night, context: PluginContext) -> List[float]:
    """Return the loss of the accepted weights on each dream, in nats a token; NaN where it could not be measured."""
    import torch

    from sovl_core.data_processing import collate, pad_token_id
    from sovl_core.evaluation_mode import evaluating
    from sovl_gestation.night_training import encode_dreams

    models = night.models
    encoded = encode_dreams(models, dreams, context.config.generation.system_prompt)
    alike = sorted(range(len(encoded)), key=lambda index: len(encoded[index]))
    losses = [math.nan] * len(encoded)
    with contextlib.ExitStack() as by_day:
        for put_in_place in night.while_awake:
            by_day.enter_context(put_in_place())
        for first in range(0, len(alike), MEASURED_TOGETHER):
            night.breathe()
            night.progress(Progress("replay", first, len(alike), detail="what is fading"))
            rows = alike[first : first + MEASURED_TOGETHER]
            batch = collate([encoded[row] for row in rows], pad_token_id(models.base_tokenizer)).to(models.device)
            measured: List[float] = []
            with torch.no_grad(), evaluating(models):
                step = TrainStep(batch, models, first, len(alike), "validation")
                context.hooks.on_train_step(step, lambda step, into=measured: _measure(step, into))
            for row, loss in zip(rows, measured):
                losses[row] = loss
    return losses


def _measure(step: TrainStep, into: List[float]) -> StepResult:
    """Put the mean loss of each example's answer into a list; the innermost ``on_train_step`` here."""
    import torch

    from sovl_core.answer_states import answer_states, full_states

    frozen = step.prompt_frozen and all(item.prompt_length > 0 for item in step.batch.encoded)
    states = (answer_states if frozen else full_states)(step.models, step.batch)
    logits = step.models.logits(states.hidden)  # [answer tokens, vocabulary]
    nll = torch.nn.functional.cross_entropy(logits, states.targets, reduction="none")
    into.extend(nll[states.rows == row].mean().item() for row in range(len(step.batch)))
    return StepResult(loss=nll.mean().item(), tokens=len(nll))


def _pool(night: Night, context: PluginContext) -> List[Dream]:
    current = {memory.id for memory in night.old_memories if memory.superseded_by is None and memory.learnable}
    if night.parent is None or not current:
        return []
    nights = context.journal.ancestors(night.parent)
    pool = context.journal.accepted_dreams(nights=nights, limit=None, memories=current)
    return [
        d for d in pool if d.kind not in KEPT_KINDS and not d.held_out and d.parents and current.issuperset(d.parents)
    ]


def _remembered(folder: Path) -> Optional[Dict[int, float]]:
    try:
        read = json.loads((folder / SURPRISE).read_text(encoding="utf-8"))
        return {int(memory): float(loss) for memory, loss in read.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _in_turn(lists: Sequence[List[Dream]], count: int) -> List[Dream]:
    """Return the first of each list, then the second of each, and so on, at most ``count``."""
    longest = max((len(dreams) for dreams in lists), default=0)
    return [dreams[place] for place in range(longest) for dreams in lists if place < len(dreams)][:count]
