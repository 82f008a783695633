"""What would be used without SOVL: the model as transformers loads it, and its own ``generate``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List


class BareModel:
    """A causal LM and its tokenizer; replies are greedy and never end early.

    :param folder: of the model.
    """

    def __init__(self, folder: Path) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        from sovl_core.pretrained import quiet_transformers

        # Typed as anything: what mypy makes of it differs between the versions of transformers.
        self.tokenizer: Any = AutoTokenizer.from_pretrained(str(folder))
        with quiet_transformers():
            self.model: Any = AutoModelForCausalLM.from_pretrained(str(folder)).float().eval()
        self.model.generation_config.eos_token_id = None
        self.model.generation_config.pad_token_id = self.tokenizer.eos_token_id

    def prompt_ids(self, prompt: str) -> Any:
        """Return the ids of a conversation that begins with this prompt, int64 [1, tokens]."""
        talk = [{"role": "user", "content": prompt}]
        text = self.tokenizer.apply_chat_template(talk, tokenize=False, add_generation_prompt=True)
        return self.tokenizer(text, return_tensors="pt", add_special_tokens=False)["input_ids"]

    def generate(self, prompt: str, tokens: int) -> List[int]:
        """Return so many greedy tokens."""
        import torch

        ids = self.prompt_ids(prompt)
        said = self.model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=tokens
        )
        return said[0, ids.shape[1] :].tolist()
