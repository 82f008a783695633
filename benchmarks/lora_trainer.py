"""What would be used for a night without SOVL: PEFT LoRA on the base under the Hugging Face Trainer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Sequence

if TYPE_CHECKING:
    from sovl_core.data_processing import Batch
    from sovl_core.settings import LoraSettings


def examples_of(batches: Sequence[Batch]) -> List[Dict[str, List[int]]]:
    """Return the examples of batches in order, as a Trainer takes them: the answer alone is learned."""
    return [
        {
            "input_ids": item.input_ids,
            "attention_mask": [1] * len(item),
            "labels": [-100] * item.prompt_length + item.input_ids[item.prompt_length :],
        }
        for batch in batches
        for item in batch.encoded
    ]


def lora_trainer(
    base: Path, examples: Sequence[Dict[str, List[int]]], batch_size: int, steps: int, lora: LoraSettings, output: Path
) -> Any:
    """Return a Trainer that takes the examples in order, so many a step, in batches as long as their longest.

    :param lora: rank and scale of the adapters, on every linear layer as SOVL's are.
    """
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import (
        AutoModelForCausalLM,
        AutoTokenizer,
        DataCollatorForSeq2Seq,
        Trainer,
        TrainingArguments,
    )

    class InOrder(Trainer):  # type: ignore[misc]
        """The same batches as the night's, not shuffled."""

        def _get_train_sampler(self, *_: Any) -> Any:
            return torch.utils.data.SequentialSampler(self.train_dataset)

    tokenizer = AutoTokenizer.from_pretrained(str(base))
    adapters = LoraConfig(
        r=lora.rank, lora_alpha=lora.alpha, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM"
    )
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(str(base)).float(), adapters)
    arguments = TrainingArguments(
        output_dir=str(output),
        max_steps=steps,
        per_device_train_batch_size=batch_size,
        learning_rate=1e-3,
        lr_scheduler_type="cosine",
        logging_strategy="no",
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
        dataloader_pin_memory=False,
    )
    collator = DataCollatorForSeq2Seq(tokenizer, padding=True)
    return InOrder(model=model, args=arguments, train_dataset=list(examples), data_collator=collator)
