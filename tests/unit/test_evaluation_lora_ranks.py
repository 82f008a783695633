from __future__ import annotations

from typing import Any, Dict

import pytest

from sovl_core.evaluation.lora_ranks import choose_ranks, numbers_of_one_rank
from sovl_core.models import Models

EACH = {"0.q": 30, "0.up": 70, "1.q": 30, "1.up": 70}


def _total(ranks: Dict[str, int]) -> int:
    return sum(rank * EACH[path] for path, rank in ranks.items())


@pytest.mark.parametrize(("wanted", "rank"), [(200, 1), (190, 1), (620, 3), (655, 3), (3990, 20)])
def test_one_rank_for_all_where_it_is_near(wanted: int, rank: int) -> None:
    assert choose_ranks(EACH, wanted) == dict.fromkeys(EACH, rank)


def test_else_some_layers_have_one_more_from_the_top() -> None:
    assert choose_ranks(EACH, 300) == {"0.q": 1, "0.up": 1, "1.q": 2, "1.up": 2}
    # What is left over goes where it fits.
    assert choose_ranks(EACH, 260) == {"0.q": 2, "0.up": 1, "1.q": 2, "1.up": 1}


def test_few_numbers_adapt_some_layers_only() -> None:
    assert choose_ranks(EACH, 100) == {"1.q": 1, "1.up": 1}
    assert choose_ranks(EACH, 5) == {"0.q": 1}


def test_what_is_wanted_is_met_whatever_it_is() -> None:
    for wanted in range(100, 2000, 10):
        assert 0.7 <= _total(choose_ranks(EACH, wanted)) / wanted <= 1.1
    # From where the smallest layer is a tenth.
    for wanted in range(300, 2000):
        assert 0.9 <= _total(choose_ranks(EACH, wanted)) / wanted <= 1.1


def test_layers_are_named_by_their_path_with_what_they_add(tiny_model: Any, chat_tokenizer: Any) -> None:
    models = Models(tiny_model(vocab_size=len(chat_tokenizer)), chat_tokenizer)
    found = numbers_of_one_rank(models)
    modules = dict(models.base.named_modules())
    assert found == {path: sum(modules[path].weight.shape) for path in found}
    assert len({path.split(".")[-1] for path in found}) == 7
    # In the order of the base, so that its top is the end.
    assert list(found) == [path for path in modules if path in found]
