"""Row 3: ways to decode the same tokens faster than transformers' own loop on a CPU, and where its time goes."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any, Callable, Dict, List

import pytest

from benchmarks.bench_turns import STORY

if TYPE_CHECKING:
    from benchmarks.bare import BareModel
    from benchmarks.figures import Figures
    from benchmarks.size import Size
    from benchmarks.timing import Paired

#: There are many ways.
ROUNDS = 3
#: Tokens that are decoded under the profiler.
PROFILED = 16


def growing_cache(bare: BareModel, size: Size) -> List[int]:
    """Decode with the model's forward pass alone: no sampling machinery around it."""
    return _loop(bare, size, bare.model, None)


def static_cache(bare: BareModel, size: Size) -> List[int]:
    """The same, with a cache of fixed size."""
    return _loop(bare, size, bare.model, _static_cache(bare, size))


def written_out(bare: BareModel, size: Size) -> List[int]:
    """The same arithmetic without the library's modules."""
    from benchmarks.llama_step import LlamaStep

    ids = bare.prompt_ids(STORY)
    return LlamaStep(bare.model, ids.shape[1] + size.tokens).generate(ids, size.tokens)


@pytest.mark.parametrize("way", [growing_cache, static_cache, written_out], ids=lambda way: way.__name__)
def test_a_way_to_decode(
    way: Callable[[BareModel, Size], List[int]], paired: Paired, figures: Figures, size: Size, bare: BareModel
) -> None:
    _measure(lambda: way(bare, size), way.__name__.replace("_", " "), paired, figures, size, bare)


def test_a_compiled_step(paired: Paired, figures: Figures, size: Size, bare: BareModel) -> None:
    if not size.compiled:
        figures.add(3, "bare generate / compiled step", None, "times", at_least=1.5, why="only with --compile")
        pytest.skip("only with --compile")
    import torch

    step: Any = torch.compile(bare.model, mode="default", dynamic=False)
    # Compiled once: a cache of its own for each reply would compile anew.
    cache = _static_cache(bare, size)
    _measure(lambda: _loop(bare, size, step, cache), "compiled step", paired, figures, size, bare)


def test_the_most_any_loop_could_reach(paired: Paired, figures: Figures, size: Size, bare: BareModel) -> None:
    """Every weight has to be read once a token; products with them alone, and nothing else, are the least there is."""
    import torch

    linear = torch.nn.functional.linear
    weights = [part.weight for part in bare.model.modules() if isinstance(part, torch.nn.Linear)]
    read = sum(weight.numel() * weight.element_size() for weight in weights)

    @torch.inference_mode()
    def products() -> None:
        inputs = [torch.ones(1, weight.shape[1]) for weight in weights]
        for _ in range(size.tokens):
            for one, weight in zip(inputs, weights):
                linear(one, weight)

    pair = paired(products, lambda: bare.generate(STORY, size.tokens), rounds=min(ROUNDS, size.rounds))
    figures.add(
        3,
        "bare generate / its matrix products alone: no loop over these weights is faster",
        statistics.median(other / ours for ours, other in zip(*pair)),
        "times",
        seconds=pair._asdict(),
        bytes_a_token=read,
        tokens=size.tokens,
    )


def test_where_the_time_goes(figures: Figures, size: Size, bare: BareModel) -> None:
    """The profile: what part of the time is matrix products, which read every weight once a token."""
    import torch
    from torch.profiler import ProfilerActivity, profile

    bare.generate(STORY, PROFILED)
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        bare.generate(STORY, PROFILED)
    shares: Dict[str, float] = {}
    for event in profiler.key_averages():
        shares[event.key] = shares.get(event.key, 0.0) + event.self_cpu_time_total
    total = sum(shares.values())
    products = sum(spent for name, spent in shares.items() if name in ("aten::mm", "aten::addmm", "aten::bmm"))
    largest = sorted(shares.items(), key=lambda item: -item[1])[:12]
    figures.add(
        3,
        "share of matrix products in the operators of generate",
        products / total,
        "of 1",
        operators={name: spent / total for name, spent in largest},
        torch_threads=torch.get_num_threads(),
    )


def _measure(
    decode: Callable[[], List[int]], name: str, paired: Paired, figures: Figures, size: Size, bare: BareModel
) -> None:
    said: List[List[int]] = [[], []]

    def faster() -> None:
        said[0] = decode()

    def generate() -> None:
        said[1] = bare.generate(STORY, size.tokens)

    pair = paired(faster, generate, rounds=min(ROUNDS, size.rounds))
    alike = said[0] == said[1]
    figures.ratio(3, f"bare generate / {name}", *pair, at_least=1.5, identical_tokens=alike, tokens=len(said[0]))
    assert alike


def _static_cache(bare: BareModel, size: Size) -> Any:
    from transformers import StaticCache

    return StaticCache(config=bare.model.config, max_cache_len=bare.prompt_ids(STORY).shape[1] + size.tokens)


def _loop(bare: BareModel, size: Size, step: Any, cache: Any) -> List[int]:
    import torch

    if cache is not None:
        cache.reset()
    ids = bare.prompt_ids(STORY)
    said: List[int] = []
    with torch.no_grad():
        # The prompt is read by the model itself: a compiled step is compiled for one token.
        output = bare.model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
        cache, place = output.past_key_values, ids.shape[1]
        while True:
            said.append(int(output.logits[0, -1].argmax()))
            if len(said) == size.tokens:
                return said
            fed = torch.tensor([[said[-1]]])
            position = torch.tensor([place + len(said) - 1])
            output = step(
                input_ids=fed,
                past_key_values=cache,
                use_cache=True,
                cache_position=position,
                position_ids=position[None],
            )
