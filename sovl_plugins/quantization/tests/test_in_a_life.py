"""The plugin alone in a real life on a tiny model: what was learned stays, replies and training go on."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("mode", ["int8", "int4", "bf16"])
def test_precision_changes_in_place_and_what_was_learned_stays(open_life, mode):
    import torch

    system = open_life("quantization")
    system.generate("My dog is called Biscuit.")
    with torch.no_grad():
        for name, parameter in system.models().scaffold.named_parameters():
            if "lora_B" in name:
                parameter.fill_(0.5)
    before = {name: tensor.clone() for name, tensor in system.models().snapshot()["scaffold"].items()}
    text = system.commands()[mode].run([], {"tokens": 2})
    assert mode in text
    models = system.models()
    models.scaffold  # noqa: B018 - built again for the new base
    after = models.snapshot()["scaffold"]
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], before[name]) for name in before)
    assert system.generate("Who is Biscuit?").token_ids
    assert not any(parameter.requires_grad for parameter in models.base.parameters())


def test_the_setting_holds_from_the_start(open_life):
    system = open_life("quantization", plugins__quantization__mode="int8")
    system.generate("My dog is called Biscuit.")
    assert system.plugins.get("quantization").on_status().rows["base"] == "int8"


@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_training_goes_on_through_a_quantized_base(open_life, mode):
    import torch

    system = open_life("quantization", plugins__quantization__mode=mode)
    system.generate("My dog is called Biscuit.")
    models = system.models()
    ids = torch.tensor([[5, 6, 7, 8]])
    embedded = models.base.get_input_embeddings()(ids).detach().requires_grad_(True)
    models.base(inputs_embeds=embedded, labels=ids).loss.backward()
    assert embedded.grad.abs().sum() > 0


@pytest.fixture
def sovl(tmp_path, tiny_base, monkeypatch, capsys):
    """Return ``sovl(*arguments, stdin="")``: what the command says, run in this process."""
    import io
    import sys

    from sovl_core.cli.application import run as run_command

    for name, value in {
        "SOVL_LIFE": str(tmp_path / "life"),
        "SOVL_PLUGINS": "quantization",
        "SOVL_CORE__BASE_MODEL": str(tiny_base),
        "SOVL_CORE__DEVICE": "cpu",
        "COLUMNS": "200",
    }.items():
        monkeypatch.setenv(name, value)

    def run(*arguments, stdin=""):
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        assert run_command(list(arguments)) == 0
        said = capsys.readouterr()
        return said.out + said.err

    return run


def test_shell_session_and_library_say_the_same(sovl, open_life):
    in_the_shell = sovl("run", "int8", "--tokens", "2")
    in_a_session = sovl(stdin="/int8 --tokens 2\n")
    by_library = open_life("quantization").commands()["int8"].run([], {"tokens": 2})
    for text in (in_the_shell, in_a_session, by_library):
        labels = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.strip()}
        assert labels["before"] == ["now"]
        assert labels["precision"] == ["fp32", "int8"]
        assert len(labels["weights"]) == len(labels["tokens/s"]) * 2 == 4
        assert float(labels["weights"][0]) > float(labels["weights"][2])
        assert "To keep it: config set plugins.quantization.mode int8" in text
