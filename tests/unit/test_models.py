from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Callable, Dict, List, Tuple

import pytest
import torch
from torch import nn

from sovl_core.models import Models


@pytest.fixture
def models(tiny_model: Callable[..., Any]) -> Models:
    return Models(tiny_model("llama"), "tokenizer", base_path="/models/tiny")


class Adapter(nn.Module):
    """Two matrices, a gate that learns otherwise, and one parameter that does not learn."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(2, 3, bias=False)
        self.second = nn.Linear(3, 2, bias=False)
        self.gate = nn.Parameter(torch.zeros(()))
        self.fixed = nn.Parameter(torch.ones(2), requires_grad=False)


def test_the_base_is_frozen_and_evaluates(tiny_model: Callable[..., Any]) -> None:
    base = tiny_model("gpt2").train()
    Models(base, None)
    assert not any(parameter.requires_grad for parameter in base.parameters())
    assert not any(part.training for part in base.modules())


def test_hidden_states_and_logits_are_the_models_own(tiny_model: Callable[..., Any], family: str) -> None:
    models = Models(tiny_model(family), None)
    ids = torch.tensor([[5, 6, 7, 8, 9], [10, 11, 12, 0, 0]])
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    with torch.no_grad():
        expected = models.base(input_ids=ids, attention_mask=mask).logits
        hidden = models.hidden_states(ids, mask)
        logits = models.logits(hidden)
    assert logits.dtype == torch.float32
    torch.testing.assert_close(logits[mask.bool()], expected[mask.bool()], rtol=1e-5, atol=1e-5)
    assert models.logits(hidden[0, 0]).shape == logits.shape[2:]


def test_logits_are_capped_where_the_model_caps_them(tiny_model: Callable[..., Any]) -> None:
    models = Models(tiny_model("gemma2", final_logit_softcapping=0.5), None)
    ids = torch.tensor([[5, 6, 7]])
    with torch.no_grad():
        logits = models.logits(models.hidden_states(ids, torch.ones_like(ids)) * 100)
    assert float(logits.abs().max()) <= 0.5


def test_logits_of_a_base_in_half_precision_are_float32(tiny_model: Callable[..., Any]) -> None:
    models = Models(tiny_model("llama").to(torch.bfloat16), None)
    assert models.logits(torch.zeros(2, 32)).dtype == torch.float32


def test_the_device_is_the_bases(models: Models) -> None:
    assert models.device == torch.device("cpu")


def test_bypass_is_left_also_by_an_exception_and_within_another(models: Models) -> None:
    with models.bypass():
        with models.bypass():
            assert not models.scaffold_enabled
        assert not models.scaffold_enabled
    assert models.scaffold_enabled
    with pytest.raises(KeyError), models.bypass():
        raise KeyError
    assert models.scaffold_enabled


def test_the_scaffold_is_built_once_on_first_use_and_learns(tiny_model: Callable[..., Any]) -> None:
    built: List[Models] = []
    adapter = Adapter()

    def build(models: Models) -> Any:
        built.append(models)
        return adapter, "its tokenizer"

    models = Models(tiny_model("llama"), "tokenizer", build)
    assert models.has_scaffold
    assert not models.scaffold_loaded
    assert models.scaffold_tokenizer == "its tokenizer"
    assert models.scaffold is adapter
    assert built == [models]
    assert models.scaffold_loaded
    assert models.trainables["scaffold"].module is adapter


def test_without_a_scaffold_the_setting_is_named(models: Models) -> None:
    assert not models.has_scaffold
    with pytest.raises(RuntimeError, match=r"core\.scaffold_model"):
        models.scaffold  # noqa: B018


def test_only_what_requires_a_gradient_is_trained_counted_and_kept(models: Models) -> None:
    models.register_trainable("adapter", Adapter())
    assert models.trainable_parameters() == 6 + 6 + 1
    assert sorted(models.snapshot()["adapter"]) == ["first.weight", "gate", "second.weight"]


def test_two_modules_cannot_share_a_name(models: Models) -> None:
    adapter = Adapter()
    models.register_trainable("adapter", adapter)
    models.register_trainable("adapter", adapter)
    with pytest.raises(ValueError, match="'adapter' is registered already"):
        models.register_trainable("adapter", Adapter())
    models.unregister_trainable("adapter")
    models.unregister_trainable("never there")
    models.register_trainable("adapter", Adapter())


def test_optimizer_groups_by_learning_rate_and_decay(models: Models) -> None:
    adapter, plain = Adapter(), nn.Linear(2, 2, bias=False)
    models.register_trainable("adapter", adapter)
    models.scale_learning_rate("adapter", "gate", 10.0, decay=False)
    models.register_trainable("plain", plain, learning_rate_scale=0.5, decay=False)
    groups = models.parameter_groups(1e-3, 0.01)
    told = [(g["name"], g["lr"], g["weight_decay"], len(g["params"])) for g in groups]
    assert told == [
        ("adapter", pytest.approx(1e-2), 0.0, 1),
        ("adapter", pytest.approx(1e-3), 0.01, 2),
        ("plain", pytest.approx(5e-4), 0.0, 1),
    ]
    assert groups[0]["params"][0] is adapter.gate
    torch.optim.AdamW(groups)


def test_a_snapshot_is_a_copy_that_goes_back_in_place(models: Models) -> None:
    adapter = Adapter()
    models.register_trainable("adapter", adapter)
    before = models.snapshot()
    parameter = adapter.first.weight
    with torch.no_grad():
        parameter.add_(1.0)
        adapter.gate.fill_(3.0)
    assert not torch.equal(before["adapter"]["first.weight"], parameter)
    models.restore(before)
    assert adapter.first.weight is parameter
    assert torch.equal(parameter, before["adapter"]["first.weight"])
    assert adapter.gate.item() == 0.0


def test_what_a_snapshot_does_not_know_is_left_alone(models: Models) -> None:
    adapter = Adapter()
    models.register_trainable("adapter", adapter)
    kept = adapter.second.weight.detach().clone()
    models.restore({"absent": {"x": torch.zeros(1)}, "adapter": {"gate": torch.tensor(2.0)}})
    assert adapter.gate.item() == 2.0
    assert torch.equal(adapter.second.weight, kept)


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        ({"gate": torch.ones(()), "first.weight": torch.ones(1, 1)}, r"adapter\.first\.weight: stored shape \(1, 1\)"),
        ({"gate": torch.ones(()), "third": torch.ones(1)}, "adapter: stored parameter 'third' has no counterpart"),
    ],
)
def test_a_snapshot_that_does_not_fit_changes_nothing(models: Models, stored: Any, message: str) -> None:
    adapter = Adapter()
    models.register_trainable("adapter", adapter)
    with pytest.raises(ValueError, match=message):
        models.restore({"adapter": stored})
    assert adapter.gate.item() == 0.0


class Growing(nn.Module):
    """Has a parameter for everything it was ever given."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.rows = nn.ParameterDict({name: nn.Parameter(torch.zeros(2)) for name in names})

    def make_room(self, tensors: Dict[str, torch.Tensor]) -> None:
        names = {key.split(".")[1]: tensor for key, tensor in tensors.items()}
        self.rows = nn.ParameterDict({name: nn.Parameter(torch.zeros_like(tensor)) for name, tensor in names.items()})


def numbers(growing: Growing) -> Dict[str, List[float]]:
    return {name: parameter.tolist() for name, parameter in growing.rows.items()}


class Choosy(nn.Linear):
    """Fits what it is given and yet may have no use for it."""

    problem = "of another kind"

    def misfit(self, tensors: Dict[str, torch.Tensor]) -> str:
        return self.problem


def test_a_module_may_refuse_what_would_fit_and_then_nothing_is_restored(models: Models) -> None:
    growing, choosy = Growing("old"), Choosy(1, 1, bias=False)
    models.register_trainable("growing", growing)
    models.register_trainable("choosy", choosy)
    stored = {"growing": {"rows.new": torch.ones(2)}, "choosy": {"weight": torch.full((1, 1), 9.0)}, "absent": {}}
    with pytest.raises(ValueError, match="choosy: of another kind"):
        models.restore(stored)
    assert numbers(growing) == {"old": [0.0, 0.0]}
    choosy.problem = ""
    models.restore(stored)
    assert numbers(growing) == {"new": [1.0, 1.0]}
    assert float(choosy.weight.detach()) == 9.0


def test_a_module_that_grows_makes_room_for_what_is_restored(models: Models) -> None:
    growing = Growing("old", "later")
    models.register_trainable("growing", growing)
    models.restore({"growing": {"rows.old": torch.ones(2), "rows.new": torch.full((3,), 4.0)}})
    assert numbers(growing) == {"old": [1.0, 1.0], "new": [4.0, 4.0, 4.0]}
    models.restore({"growing": {}})
    assert numbers(growing) == {}


def test_what_a_growing_module_has_grown_goes_away_with_an_older_snapshot(models: Models) -> None:
    growing = Growing("first")
    models.register_trainable("growing", growing)
    before = models.snapshot()
    growing.rows["second"] = nn.Parameter(torch.ones(2))
    after = models.snapshot()
    models.restore(before)
    assert numbers(growing) == {"first": [0.0, 0.0]}
    models.restore(after)
    assert numbers(growing) == {"first": [0.0, 0.0], "second": [1.0, 1.0]}


@pytest.mark.parametrize("order", [("adapter", "growing"), ("growing", "adapter")])
def test_nothing_grows_where_something_else_does_not_fit(models: Models, order: Tuple[str, str]) -> None:
    adapter, growing = Adapter(), Growing("old")
    models.register_trainable("adapter", adapter)
    models.register_trainable("growing", growing)
    stored = {"adapter": {"gate": torch.ones(7)}, "growing": {"rows.new": torch.ones(2)}}
    with pytest.raises(ValueError, match=r"adapter\.gate: stored shape \(7,\)"):
        models.restore({name: stored[name] for name in order})
    assert numbers(growing) == {"old": [0.0, 0.0]}
    assert adapter.gate.item() == 0.0


def test_a_module_that_does_not_grow_is_not_asked_to(models: Models) -> None:
    models.register_trainable("growing", Growing("old"))
    models.restore({"absent": {"rows.new": torch.ones(2)}})
    assert sorted(models.snapshot()["growing"]) == ["rows.old"]


def test_whether_positions_can_be_given_is_read_from_the_decoder(tiny_model: Callable[..., Any]) -> None:
    assert Models(tiny_model("gpt2"), None).takes_position_ids

    class Counts(nn.Module):
        def forward(self, input_ids: Any, attention_mask: Any = None) -> None: ...

    base = nn.Linear(1, 1)
    base.base_model = Counts()
    assert not Models(base, SimpleNamespace()).takes_position_ids


def test_what_everything_was_when_it_came_is_not_lost_by_training(models: Models) -> None:
    adapter = torch.nn.Linear(2, 2)
    models.register_trainable("late", adapter)
    before = adapter.weight.detach().clone()
    with torch.no_grad():
        adapter.weight.add_(1.0)
    models.register_trainable("late", adapter)
    assert torch.equal(models.untrained()["late"]["weight"], before)
    models.restore(models.untrained())
    assert torch.equal(adapter.weight, before)
    models.unregister_trainable("late")
    assert "late" not in models.untrained()
