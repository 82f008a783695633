from __future__ import annotations

import errno
import sys

import pytest
import torch

from sovl_core import gguf_conversion
from sovl_core.gguf_conversion import check_gguf, convert_gguf, converted_size
from sovl_core.model_folder import SourceFailed, missing_parts

TEMPLATE = "{% for message in messages %}{{ message['role'] + ': ' + message['content'] }}{% endfor %}"

#: llama.cpp's names of a Llama layer's tensors.
NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}


def permuted(weight, heads):
    # llama.cpp keeps the two halves of each head interleaved for its rotary embedding.
    width = weight.shape[1]
    return weight.reshape(heads, 2, weight.shape[0] // heads // 2, width).transpose(1, 2).reshape(weight.shape)


def write_gguf(path, model, architecture="llama"):
    import gguf

    config, state = model.config, model.state_dict()
    writer = gguf.GGUFWriter(str(path), architecture)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(10000.0)
    writer.add_rope_dimension_count(config.hidden_size // config.num_attention_heads)
    writer.add_vocab_size(config.vocab_size)
    words = ["<unk>", "<s>", "</s>", "h", "e", "l", "o", "he", "ll", "hell", "hello"]
    words += [f"<{i}>" for i in range(config.vocab_size - len(words))]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(words)
    writer.add_token_types([3, 3, 3] + [1] * (len(words) - 3))
    writer.add_token_merges(["h e", "l l", "he ll", "hell o"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(2)
    writer.add_chat_template(TEMPLATE)
    tensors = {
        "token_embd": state["model.embed_tokens.weight"],
        "output_norm": state["model.norm.weight"],
        "output": state["lm_head.weight"],
    }
    for layer in range(config.num_hidden_layers):
        for ours, theirs in NAMES.items():
            weight = state[f"model.layers.{layer}.{ours}.weight"]
            if ours.endswith("q_proj"):
                weight = permuted(weight, config.num_attention_heads)
            elif ours.endswith("k_proj"):
                weight = permuted(weight, config.num_key_value_heads)
            tensors[f"blk.{layer}.{theirs}"] = weight
    for name, tensor in tensors.items():
        writer.add_tensor(f"{name}.weight", tensor.contiguous().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.fixture
def model(tiny_model):
    return tiny_model("llama", num_hidden_layers=2)


@pytest.fixture
def gguf_file(model, tmp_path):
    path = tmp_path / "tiny.gguf"
    write_gguf(path, model)
    return path


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "converted").mkdir()
    return tmp_path / "converted"


def test_the_converted_model_computes_what_the_original_does(gguf_file, folder, model):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    convert_gguf(gguf_file, folder)
    assert missing_parts(folder) == []
    loaded = AutoModelForCausalLM.from_pretrained(folder).eval()
    assert getattr(loaded.config, "quantization_config", None) is None
    tokens = torch.tensor([[3, 4, 5, 10]])
    with torch.no_grad():
        assert torch.allclose(loaded(tokens).logits, model(tokens).logits, atol=1e-6)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert tokenizer.encode("hello", add_special_tokens=False) == [10]
    assert tokenizer.eos_token == "</s>"
    assert tokenizer.chat_template == TEMPLATE


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


@pytest.mark.parametrize("keep", [4, 100, 0.5])
def test_a_truncated_file_is_refused_by_name(gguf_file, folder, keep):
    data = gguf_file.read_bytes()
    gguf_file.write_bytes(data[: keep if isinstance(keep, int) else int(len(data) * keep)])
    with pytest.raises(SourceFailed, match=r"tiny\.gguf is damaged"):
        converted_size(gguf_file)
    with pytest.raises(SourceFailed, match=r"tiny\.gguf cannot be converted"):
        convert_gguf(gguf_file, folder)


def test_an_architecture_transformers_does_not_know_is_named(tmp_path, folder, model):
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
