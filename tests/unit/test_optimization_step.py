from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, Callable, List, Optional

import pytest
import torch
from torch import Tensor, nn

from sovl_core.answer_states import PromptCache, full_states
from sovl_core.data_processing import Encoded, Example, collate
from sovl_core.events import TrainStep
from sovl_core.models import Models
from sovl_core.optimization_step import KNOWN_TOKEN_WEIGHT, optimise, train_step

TOKENIZER = SimpleNamespace(pad_token_id=0, eos_token_id=2)


class Push(nn.Module):
    """Something to learn: moves the hidden states of one layer, wherever the scaffold may act."""

    def __init__(self, models: Models, start: float = 0.0) -> None:
        super().__init__()
        # Not the same for all: a layer norm takes what all have in common away.
        self.by = nn.Parameter(start * torch.linspace(-1, 1, 32))
        models.register_trainable("push", self)

        def hook(module: Any, args: Any, output: Any) -> Any:
            if not models.scaffold_enabled:
                return output
            if isinstance(output, Tensor):
                return output + self.by
            return (output[0] + self.by, *output[1:])

        layers = getattr(models.base.base_model, "layers", None) or models.base.base_model.h
        layers[1].register_forward_hook(hook)


@pytest.fixture(params=["llama", "gpt2"])
def models(request: Any, tiny_model: Callable[..., Any]) -> Models:
    return Models(tiny_model(request.param, initializer_range=0.3), TOKENIZER)


def item(prompt: int, answer: int, kind: str = "pair", weight: float = 1.0, seed: int = 0) -> Encoded:
    generator = torch.Generator().manual_seed(seed + 100 * prompt + answer)
    ids = torch.randint(3, 96, (prompt + answer,), generator=generator).tolist()
    return Encoded(ids, prompt, Example("p", "a", kind, weight))


def step(models: Models, items: List[Encoded], **fields: Any) -> TrainStep:
    return TrainStep(collate(items, 0), models, **fields)


def nll(models: Models, items: List[Encoded]) -> Tensor:
    """Negative log-likelihood of each answer token, by whole sequences."""
    with torch.no_grad():
        states = full_states(models, collate(items, 0))
        return nn.functional.cross_entropy(models.logits(states.hidden), states.targets, reduction="none")


def test_answers_are_learned_by_cross_entropy_tokens_known_already_counting_less(models: Models) -> None:
    items = [item(5, 4), item(2, 3)]
    ids = items[0].input_ids
    # What the model itself would say is known: greedy tokens of a confident head.
    models.base.get_output_embeddings().weight.data.mul_(20)
    with torch.no_grad():
        for position in range(5, 9):
            ids[position] = int(models.base(torch.tensor([ids[:position]])).logits[0, -1].argmax())
    each = nll(models, items)
    known = each < math.log(2)
    assert known.any()
    assert not known.all()
    expected = float((each * torch.where(known, KNOWN_TOKEN_WEIGHT, 1.0)).sum() / 7)
    result = train_step(step(models, items))
    assert result.losses == {"answer": pytest.approx(expected, rel=1e-4)}
    assert result.loss == pytest.approx(expected, rel=1e-4)
    assert result.tokens == 7
    assert result.correct >= 4
    assert result.least_probability == pytest.approx(
        [math.exp(-float(each[:4].max())), math.exp(-float(each[4:].max()))], rel=1e-3
    )


def test_the_weight_of_an_example_multiplies_its_loss(models: Models) -> None:
    items = [item(5, 4), item(2, 4, weight=3.0)]
    each = nll(models, items)
    expected = float((each[:4].sum() + 3 * each[4:].sum()) / 8)
    assert train_step(step(models, items)).loss == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("kind", ["background", "contrast"])
def test_background_is_kept_as_it_is(models: Models, kind: str) -> None:
    push = Push(models)
    items = [item(5, 4, kind), item(3, 6, kind)]
    kept = step(models, items, backward=lambda loss: loss.backward())
    result = train_step(kept)
    assert list(result.losses) == ["kept"]
    assert result.losses["kept"] == pytest.approx(0.0, abs=1e-5)
    assert push.by.grad is not None
    assert float(push.by.grad.abs().max()) < 1e-3
    with torch.no_grad():
        push.by.copy_(torch.linspace(-1, 1, 32))
        states = full_states(models, kept.batch)
        now = torch.log_softmax(models.logits(states.hidden), -1)
        with models.bypass():
            alone = torch.log_softmax(models.logits(full_states(models, kept.batch).hidden), -1)
    expected = float((alone.exp() * (alone - now)).sum(-1).mean())
    assert expected > 0.01
    again = train_step(step(models, items, prompt_frozen=False))
    assert again.losses["kept"] == pytest.approx(expected, rel=1e-3)


def test_the_teacher_is_asked_once(models: Models, mocker: Any) -> None:
    Push(models)
    items = [item(5, 4, "background"), item(3, 2), item(4, 3, "contrast")]
    cache = PromptCache()
    train_step(step(models, items, prompt_cache=cache))
    first = [kept.teacher_hidden for kept in (items[0], items[2])]
    assert [None if hidden is None else hidden.shape[0] for hidden in first] == [4, 3]
    assert items[1].teacher_hidden is None
    passes = mocker.spy(models.base.base_model, "forward")
    train_step(step(models, items, prompt_cache=cache))
    assert passes.call_count == 1
    assert items[0].teacher_hidden is first[0]


def test_the_teacher_is_the_bare_base_whatever_was_learned(models: Models) -> None:
    Push(models, start=1.0)
    kept = item(5, 4, "background")
    result = train_step(step(models, [kept]))
    assert result.losses["kept"] > 0.01
    with torch.no_grad(), models.bypass():
        alone = full_states(models, collate([kept], 0)).hidden
    assert kept.teacher_hidden is not None
    torch.testing.assert_close(kept.teacher_hidden, alone, rtol=1e-4, atol=1e-5)


def test_answers_and_background_are_added(models: Models) -> None:
    Push(models, start=0.3)
    pair, kept = item(5, 4), item(4, 2, "background")
    alone = train_step(step(models, [pair])).losses["answer"]
    background = train_step(step(models, [kept])).losses["kept"]
    both = train_step(step(models, [kept, pair]))
    assert both.losses == {"answer": pytest.approx(alone, rel=1e-4), "kept": pytest.approx(background, rel=1e-3)}
    assert both.loss == pytest.approx(alone + background, rel=1e-4)


def test_loss_terms_are_added_and_given_gradients(models: Models) -> None:
    push = Push(models)
    received: List[TrainStep] = []

    def term(given: TrainStep) -> Tensor:
        received.append(given)
        return 2.0 * push.by.sum() + 7.0

    given = step(models, [item(5, 4)], backward=lambda loss: loss.backward())
    plain = train_step(given).loss
    assert push.by.grad is not None
    alone = push.by.grad.clone()
    push.by.grad = None
    given.loss_terms["mine"] = term
    result = train_step(given)
    assert result.losses["mine"] == pytest.approx(7.0)
    assert result.loss == pytest.approx(plain + 7.0, rel=1e-5)
    torch.testing.assert_close(push.by.grad, alone + 2.0)
    assert received == [given]


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_is_skipped_before_any_gradient(models: Models, bad: float) -> None:
    push = Push(models)
    called: List[Tensor] = []
    given = step(models, [item(5, 4)], backward=called.append, loss_terms={"bad": lambda _: torch.tensor(bad)})
    assert train_step(given).skipped == "the loss is not finite"
    assert called == []
    assert push.by.grad is None


def test_a_step_that_nothing_learning_took_part_in_is_skipped(models: Models) -> None:
    """A plugin may have registered what nobody else listens to."""
    called: List[Tensor] = []
    assert train_step(step(models, [item(5, 4)], backward=called.append)).skipped == "nothing that learns took part"
    assert called == []


def test_in_validation_no_gradient_is_taken(models: Models) -> None:
    called: List[Tensor] = []
    result = train_step(step(models, [item(5, 4)], phase="validation", backward=called.append))
    assert math.isfinite(result.loss)
    assert called == []


@pytest.mark.parametrize("kind", ["pair", "background"])
def test_a_batch_without_an_answer_is_skipped(models: Models, kind: str) -> None:
    assert train_step(step(models, [item(4, 0, kind)])).skipped == "no example has an answer to learn"


def test_an_example_without_an_answer_beside_others_changes_nothing(models: Models) -> None:
    alone = train_step(step(models, [item(5, 4)]))
    beside = train_step(step(models, [item(4, 0), item(5, 4)]))
    assert beside.loss == pytest.approx(alone.loss, rel=1e-4)
    assert beside.least_probability == [1.0, pytest.approx(alone.least_probability[0], rel=1e-3)]


@pytest.mark.parametrize("kind", ["pair", "background"])
def test_an_example_without_a_prompt_is_learned_from_its_second_token_on(models: Models, kind: str) -> None:
    result = train_step(step(models, [item(0, 4, kind), item(3, 2, kind)]))
    assert result.skipped is None
    assert result.tokens == 5


def test_whole_sequences_where_a_plugin_acts_on_prompts_too(models: Models) -> None:
    items = [item(5, 4), item(2, 3)]
    frozen, whole = (train_step(step(models, items, prompt_frozen=value)) for value in (True, False))
    assert whole.loss == pytest.approx(frozen.loss, rel=1e-4)
    Push(models, start=0.5)
    frozen, whole = (train_step(step(models, items, prompt_frozen=value)) for value in (True, False))
    assert whole.loss != pytest.approx(frozen.loss, rel=1e-3)


class Schedule:
    def __init__(self) -> None:
        self.steps = 0

    def step(self) -> None:
        self.steps += 1


def optimised(gradient: Optional[List[float]], max_norm: float) -> Any:
    parameter = nn.Parameter(torch.zeros(2))
    if gradient is not None:
        parameter.grad = torch.tensor(gradient)
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    schedule = Schedule()
    norm = optimise(None, optimizer, schedule, max_norm)  # type: ignore[arg-type]
    assert parameter.grad is None
    assert schedule.steps == 1
    return norm, parameter.tolist()


def test_gradients_are_clipped() -> None:
    norm, after = optimised([3.0, 4.0], 1.0)
    assert norm == pytest.approx(5.0)
    assert after == pytest.approx([-0.6, -0.8], rel=1e-4)


@pytest.mark.parametrize("gradient", [[math.nan, 1.0], [math.inf, 1.0]])
def test_gradients_that_are_not_finite_are_not_followed(gradient: List[float]) -> None:
    norm, after = optimised(gradient, 1.0)
    assert not math.isfinite(norm)
    assert after == [0.0, 0.0]


def test_without_gradients_nothing_moves() -> None:
    assert optimised(None, 1.0) == (0.0, [0.0, 0.0])
