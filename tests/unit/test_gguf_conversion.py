from __future__ import annotations

import errno
import sys

import pytest
import torch

from sovl_core import gguf_conversion
from sovl_core.gguf_conversion import check_gguf, convert_gguf, converted_size
from sovl_core.model_folder import SourceFailed, missing_parts

TEMPLATE = "{% for message in messages %}{{ message['role'] + ': ' + message['content'] }}{% endfor %}"


@pytest.fixture
def model(tiny_model):
    return tiny_model("llama", num_hidden_layers=2)


@pytest.fixture
def gguf_file(model, tmp_path, write_gguf):
    return write_gguf(tmp_path / "tiny.gguf", model, chat_template=TEMPLATE)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "converted").mkdir()
    return tmp_path / "converted"


@pytest.mark.parametrize("tied", [False, True])
def test_the_converted_model_computes_what_the_original_does(tied, tmp_path, folder, tiny_model, write_gguf):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = tiny_model("llama", num_hidden_layers=2, tie_word_embeddings=tied)
    gguf_file = write_gguf(tmp_path / "tiny.gguf", model, chat_template=TEMPLATE)
    convert_gguf(gguf_file, folder)
    assert missing_parts(folder) == []
    loaded = AutoModelForCausalLM.from_pretrained(folder).eval()
    assert getattr(loaded.config, "quantization_config", None) is None
    tokens = torch.tensor([[3, 4, 5, 10]])
    with torch.no_grad():
        assert torch.allclose(loaded(tokens).logits, model(tokens).logits, atol=1e-6)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert tokenizer.encode("hello") == [10]
    assert tokenizer.chat_template == TEMPLATE
    assert loaded.generation_config.eos_token_id == loaded.config.eos_token_id == tokenizer.eos_token_id == 2


def test_converting_draws_no_random_numbers_and_prints_nothing(gguf_file, folder, capfd):
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    convert_gguf(gguf_file, folder)
    assert torch.equal(torch.rand(2), expected)
    assert capfd.readouterr() == ("", "")
    assert sys.stderr.writable()


def test_the_size_is_that_of_the_unpacked_weights(gguf_file, model):
    assert converted_size(gguf_file) == 4 * sum(p.numel() for p in model.parameters())


def test_tensors_that_are_not_there_are_not_made_up(tmp_path, folder, model, write_gguf):
    model.config.num_hidden_layers = 1
    one_layer = write_gguf(tmp_path / "one.gguf", model)
    # The same length: every offset in the file stays right.
    one_layer.write_bytes(one_layer.read_bytes().replace(b"blk.0.ffn_up.weight", b"blk.0.ffn_xx.weight"))
    with pytest.raises(SourceFailed, match=r"it lacks 1 of the model's tensors \(model\.layers\.0\.mlp\.up_proj"):
        convert_gguf(one_layer, folder)


@pytest.mark.parametrize("keep", [4, 100, 0.5])
def test_a_truncated_file_is_refused_by_name(gguf_file, folder, keep):
    data = gguf_file.read_bytes()
    gguf_file.write_bytes(data[: keep if isinstance(keep, int) else int(len(data) * keep)])
    with pytest.raises(SourceFailed, match=r"tiny\.gguf is damaged"):
        converted_size(gguf_file)
    with pytest.raises(SourceFailed, match=r"tiny\.gguf cannot be converted"):
        convert_gguf(gguf_file, folder)


def test_an_architecture_transformers_does_not_know_is_named(tmp_path, folder, model, write_gguf):
    write_gguf(tmp_path / "odd.gguf", model, architecture="oddity")
    with pytest.raises(SourceFailed, match=r"odd\.gguf cannot be converted.*oddity"):
        convert_gguf(tmp_path / "odd.gguf", folder)


def test_other_files_are_told_apart_by_their_first_bytes(tmp_path, gguf_file):
    check_gguf(gguf_file)
    (tmp_path / "text.gguf").write_text("hello")
    with pytest.raises(SourceFailed, match="is not a GGUF file"):
        check_gguf(tmp_path / "text.gguf")
    with pytest.raises(SourceFailed, match="cannot be read"):
        check_gguf(tmp_path / "absent.gguf")


def test_a_full_disk_is_an_operating_system_error_whoever_reports_it(gguf_file, folder, mocker):
    full = mocker.Mock()
    full.save_pretrained.side_effect = Exception("I/O error: No space left on device (os error 28)")
    mocker.patch.object(gguf_conversion, "_plain_copy", return_value=full)
    with pytest.raises(OSError, match="No space left") as raised:
        convert_gguf(gguf_file, folder)
    assert raised.value.errno == errno.ENOSPC
