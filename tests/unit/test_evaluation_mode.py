from __future__ import annotations

from typing import Any

from sovl_core.evaluation_mode import evaluating


def test_each_part_is_back_in_its_own_mode(linear_models: Any) -> None:
    import torch

    models = linear_models()
    inner = torch.nn.Sequential(torch.nn.Dropout(), torch.nn.Linear(1, 1))
    models.register_trainable("mixed", inner)
    inner.train()
    inner[0].eval()
    with evaluating(models):
        assert not any(part.training for part in inner.modules())
    assert [inner.training, inner[0].training, inner[1].training] == [True, False, True]


def test_modes_come_back_after_an_exception(linear_models: Any) -> None:
    models = linear_models()
    adapter = models.trainables["adapter"].module.train()
    try:
        with evaluating(models):
            raise ValueError
    except ValueError:
        pass
    assert adapter.training
