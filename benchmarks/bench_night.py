"""Rows 4 and 5: a night beside PEFT LoRA under the Trainer, and beside the classic algorithm, on the same dreams."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List

from benchmarks.classic import BATCH, ClassicNight
from benchmarks.lora_trainer import examples_of, lora_trainer
from benchmarks.timing import seconds_of

if TYPE_CHECKING:
    from benchmarks.figures import Figures
    from benchmarks.lives import Slept
    from benchmarks.size import Size

#: Steps of the Trainer that are timed at most; all its steps cost alike.
TRAINER_STEPS = 15
#: Batches of the classic algorithm that are timed.
CLASSIC_BATCHES = 8


def test_a_night_beside_lora_under_the_trainer(
    benchmark: Any, figures: Figures, size: Size, slept: Slept, folder: Path
) -> None:
    batches = slept.watcher.batches
    timed = min(TRAINER_STEPS, len(batches))
    examples = examples_of(batches[:timed])
    # Warm: the first step of a process allocates what the others have.
    _trainer(examples, 1, size, slept, folder).train()
    trainer = _trainer(examples, timed, size, slept, folder)
    spent: List[float] = []
    benchmark.pedantic(lambda: spent.append(seconds_of(trainer.train)), rounds=1)
    assert trainer.state.global_step == timed
    other = [spent[0] / timed * len(batches)]
    told = {**_night(slept), "trainer_steps_timed": timed, "trainer_steps_counted": len(batches)}
    what = "the training of a night / PEFT LoRA under Trainer, same dreams and steps"
    figures.ratio(4, what, [slept.stages["train"]], other, at_most=1.0, **told)
    what = "a whole night, dreaming and judging too / PEFT LoRA under Trainer"
    figures.ratio(4, what, [slept.seconds], other, at_most=1.0, **told)


def test_a_night_beside_the_classic_algorithm(
    benchmark: Any, figures: Figures, size: Size, slept: Slept, folder: Path
) -> None:
    examples = examples_of(slept.watcher.batches)
    batches = 2 if size.quick else CLASSIC_BATCHES
    classic = _classic(size, slept, examples, folder)
    dreaming = seconds_of(lambda: classic.dream(random.Random(0)))
    classic.train(1)
    spent: List[float] = []
    benchmark.pedantic(lambda: spent.append(seconds_of(lambda: classic.train(batches))), rounds=1)
    other = [dreaming + spent[0] / (batches * BATCH) * len(examples)]
    told = {
        **_night(slept),
        "classic_examples_timed": batches * BATCH,
        "classic_examples_counted": len(examples),
        "classic_dream_seconds": dreaming,
    }
    what = "a whole night / the classic algorithm on the same examples"
    figures.ratio(5, what, [slept.seconds], other, at_most=0.1, **told)
    what = "the training of a night / the classic algorithm's"
    figures.ratio(5, what, [slept.stages["train"]], other, **told)


def _trainer(examples: List[Dict[str, List[int]]], steps: int, size: Size, slept: Slept, folder: Path) -> Any:
    batch_size = len(slept.watcher.batches[0])
    return lora_trainer(size.base, examples, batch_size, steps, slept.life.config.lora, folder / "trainer")


def _classic(size: Size, slept: Slept, examples: List[Dict[str, List[int]]], folder: Path) -> ClassicNight:
    """Return the classic program with a base and a scaffold of its own."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    from sovl_core.model_layers import decoder_layers
    from sovl_core.shared_layers import shared_layers

    base = AutoModelForCausalLM.from_pretrained(str(size.base)).float().requires_grad_(False)
    another = AutoModelForCausalLM.from_pretrained(str(size.base)).float()
    layers = len(decoder_layers(slept.life.models().scaffold))
    adapters = LoraConfig(r=slept.life.config.lora.rank, target_modules="all-linear", task_type="CAUSAL_LM")
    return ClassicNight(base, get_peft_model(shared_layers(another, layers), adapters), examples, folder / "log.jsonl")


def _night(slept: Slept) -> Dict[str, Any]:
    return {
        "steps": slept.report.steps,
        "stages": slept.stages,
        "answer_tokens": slept.watcher.tokens,
        "answer_tokens_a_second": slept.watcher.tokens / slept.stages["train"],
        "memories": len(slept.told),
    }
