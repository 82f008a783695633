"""A decoding step of the Llama family written out plainly: what is left when the library's own overhead is not there.

The same weights and the same arithmetic as transformers' modules, without them: no module calls, no mask to build, a
cache of fixed size. It shows what could be had; nothing in SOVL uses it.
"""

from __future__ import annotations

from typing import Any, List

import torch
from torch.nn import functional


class LlamaStep:
    """Decodes greedily, one sequence.

    :param model: a ``LlamaForCausalLM``.
    :param positions: prompt and reply together, at most.
    :raises ValueError: for another architecture.
    """

    def __init__(self, model: Any, positions: int) -> None:
        if model.config.model_type != "llama":
            raise ValueError(f"this step is written for llama, not {model.config.model_type}")
        self.model, self.positions = model, positions
        config = model.config
        self.heads, self.shared = config.num_attention_heads, config.num_key_value_heads
        self.width = getattr(config, "head_dim", None) or config.hidden_size // self.heads
        ids = torch.arange(positions)[None]
        cos, sin = model.model.rotary_emb(torch.zeros(1, 1, config.hidden_size), ids)
        self.cos, self.sin = cos[0], sin[0]
        self.keys = torch.zeros(len(model.model.layers), self.shared, positions, self.width)
        self.values = torch.zeros_like(self.keys)

    @torch.inference_mode()
    def generate(self, ids: torch.Tensor, tokens: int) -> List[int]:
        """Return so many greedy tokens after a prompt, int64 [1, prompt tokens], read by the library's own modules."""
        output = self.model(input_ids=ids, use_cache=True)
        length = ids.shape[1]
        for number, layer in enumerate(output.past_key_values.layers):
            self.keys[number, :, :length], self.values[number, :, :length] = layer.keys[0], layer.values[0]
        said = [int(output.logits[0, -1].argmax())]
        while len(said) < tokens:
            said.append(int(self._logits(said[-1], length + len(said) - 1).argmax()))
        return said

    def _logits(self, token: int, position: int) -> torch.Tensor:
        decoder, linear = self.model.model, functional.linear
        hidden = decoder.embed_tokens.weight[token][None]  # [1, width]
        cos, sin = self.cos[position], self.sin[position]
        for number, layer in enumerate(decoder.layers):
            attention, mlp = layer.self_attn, layer.mlp
            normed = _norm(hidden, layer.input_layernorm)
            queries = _rotate(linear(normed, attention.q_proj.weight).view(self.heads, self.width), cos, sin)
            keys = _rotate(linear(normed, attention.k_proj.weight).view(self.shared, self.width), cos, sin)
            self.keys[number, :, position] = keys
            self.values[number, :, position] = linear(normed, attention.v_proj.weight).view(self.shared, self.width)
            heard = functional.scaled_dot_product_attention(
                queries[None, :, None],
                self.keys[None, number, :, : position + 1],
                self.values[None, number, :, : position + 1],
                enable_gqa=True,
            )
            hidden = hidden + linear(heard.reshape(1, -1), attention.o_proj.weight)
            normed = _norm(hidden, layer.post_attention_layernorm)
            gated = functional.silu(linear(normed, mlp.gate_proj.weight)) * linear(normed, mlp.up_proj.weight)
            hidden = hidden + linear(gated, mlp.down_proj.weight)
        return linear(_norm(hidden, decoder.norm), self.model.lm_head.weight)[0]


def _norm(hidden: torch.Tensor, norm: Any) -> torch.Tensor:
    return functional.rms_norm(hidden, (hidden.shape[-1],), norm.weight, norm.variance_epsilon)


def _rotate(states: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    first, second = states.chunk(2, dim=-1)
    return states * cos + torch.cat((-second, first), dim=-1) * sin
