from __future__ import annotations

import pytest
import torch

from sovl_anchor.weights import Importance, copy_of, distance, placed, still_there
from sovl_core.models import Models


@pytest.fixture
def models():
    made = Models(torch.nn.Linear(2, 2), base_tokenizer=None)
    adapter = torch.nn.Linear(2, 1)
    with torch.no_grad():
        adapter.weight.copy_(torch.tensor([[3.0, 4.0]]))
        adapter.bias.zero_()
    made.register_trainable("adapter", adapter)
    return made


def moved(models, weight, bias=0.0):
    adapter = models.trainables["adapter"].module
    with torch.no_grad():
        adapter.weight.copy_(torch.tensor([weight]))
        adapter.bias.fill_(bias)


def test_distance_is_a_share_of_the_length(models):
    anchor = copy_of(models)
    assert distance(models, anchor).item() == 0.0
    moved(models, [3.0, 9.0])
    assert distance(models, anchor).item() == pytest.approx(25 / 25)
    moved(models, [3.0, 4.0], bias=0.5)
    assert distance(models, anchor).item() == pytest.approx(0.25 / 25)


def test_what_matters_more_counts_for_more(models):
    anchor = copy_of(models)
    importance = {"adapter/weight": torch.tensor([[4.0, 1.0]]), "adapter/bias": torch.ones(7)}
    moved(models, [4.0, 4.0])
    assert distance(models, anchor, importance).item() == pytest.approx(4 / (4 * 9 + 16))
    moved(models, [3.0, 5.0])
    # An importance of another shape is none.
    assert distance(models, anchor, importance).item() == pytest.approx(1 / (4 * 9 + 16))


def test_what_has_no_yesterday_is_free(models):
    anchor = copy_of(models)
    models.register_trainable("new", torch.nn.Linear(2, 2))
    assert distance(models, anchor).item() == 0.0
    assert distance(models, {"adapter/weight": torch.zeros(5)}) is None


def test_importance_is_a_running_mean_of_squared_gradients(models):
    adapter = models.trainables["adapter"].module
    importance = Importance(recent=0.25)
    for gradient in ([2.0, 0.0], [0.0, 4.0]):
        adapter.weight.grad = torch.tensor([gradient])
        importance.add(models, {})
    assert importance.squares["adapter/weight"].tolist() == [[3.0, 4.0]]
    assert "adapter/bias" not in importance.squares


def test_the_penaltys_own_gradient_does_not_matter(models):
    adapter = models.trainables["adapter"].module
    adapter.weight.grad = torch.tensor([[5.0, 1.0]])
    importance = Importance(recent=0.5)
    importance.add(models, {"adapter/weight": torch.tensor([[2.0, 1.0]])})
    assert importance.squares["adapter/weight"].tolist() == [[9.0, 0.0]]


def test_older_nights_fade(models):
    importance = Importance(recent=0.5)
    importance.squares = {"adapter/weight": torch.tensor([[1.0, 3.0]])}
    merged = importance.merged({"adapter/weight": torch.tensor([[2.0, 2.0]]), "gone/x": torch.ones(1)}, 0.5)
    assert merged["adapter/weight"].tolist() == [[1.5, 2.5]]
    assert merged["gone/x"].tolist() == [0.5]
    assert Importance(0.5).merged({}, 0.5) == {}


def test_what_a_trainable_no_longer_has_is_dropped(models):
    weights = {"adapter/weight": torch.ones(1), "adapter/forgotten": torch.ones(1), "absent/weight": torch.ones(1)}
    assert set(still_there(models, weights)) == {"adapter/weight", "absent/weight"}


def test_importance_is_carried_to_the_weights_once(models):
    weights = {"adapter/weight": torch.ones(1, 2), "gone/weight": torch.ones(3)}
    here = placed(models, weights)
    assert list(here) == ["adapter/weight"]
    models.trainables["adapter"].module.to("meta")
    assert placed(models, weights)["adapter/weight"].device.type == "meta"
