from __future__ import annotations

from typing import Any

from sovl_core.evaluation_mode import evaluating, learning


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


def test_what_learns_is_in_training_mode_meanwhile(linear_models: Any) -> None:
    models = linear_models()
    adapter = models.trainables["adapter"].module.eval()
    with learning(models):
        assert adapter.training
        with evaluating(models):
            assert not adapter.training
        assert adapter.training
    assert not adapter.training


def test_of_a_peft_model_only_the_adapters_drop_out(tiny_model: Any, linear_models: Any) -> None:
    import torch
    from peft import LoraConfig, get_peft_model

    inner = tiny_model("gpt2")
    assert any(isinstance(part, torch.nn.Dropout) and part.p > 0 for part in inner.modules())
    scaffold = get_peft_model(inner, LoraConfig(r=2, lora_dropout=0.5, target_modules=["c_attn"], fan_in_fan_out=True))
    models = linear_models()
    models.register_trainable("scaffold", scaffold.eval())
    with learning(models):
        awake = {name.rsplit(".", 1)[-1] for name, part in scaffold.named_modules() if part.training}
        dropouts = [part for part in scaffold.modules() if isinstance(part, torch.nn.Dropout) and part.training]
    assert awake == {"lora_dropout", "default"}
    assert len(dropouts) == 4
    assert not any(part.training for part in scaffold.modules())
