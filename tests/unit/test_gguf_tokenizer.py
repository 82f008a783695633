from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sovl_core.gguf_tokenizer import read_gguf_tokenizer

TEMPLATE = "{% for message in messages %}{{ '<s>' + message['content'] + '</s>' }}{% endfor %}"


@pytest.fixture
def read(tmp_path, tiny_model, write_gguf):
    def read(**arguments):
        path = write_gguf(tmp_path / "tiny.gguf", tiny_model("llama", num_hidden_layers=1), **arguments)
        return read_gguf_tokenizer(path)

    return read


def test_roles_come_from_the_file(read):
    tokenizer = read(chat_template=TEMPLATE)
    assert (tokenizer.bos_token, tokenizer.eos_token, tokenizer.pad_token, tokenizer.unk_token) == (
        "<s>",
        "</s>",
        "</s>",
        "<unk>",
    )
    assert len(tokenizer) == 96


def test_text_is_cut_by_the_files_own_merges(read):
    tokenizer = read()
    assert tokenizer.encode("hello hell") == [10, 11, 9]
    assert tokenizer.decode([10, 11, 9]) == "hello hell"


def test_digits_stand_alone_where_the_file_says_so(read):
    assert read(pre="gpt-2").encode("12") == [14]
    assert read(pre="smollm").encode("12") == [12, 13]


def test_a_first_token_is_added_only_where_the_file_says_so(read):
    assert read(bos=False).encode("hello") == [10]
    assert read(bos=True).encode("hello") == [1, 10]


def test_the_template_writes_control_tokens_that_are_read_back_as_such(read):
    tokenizer = read(chat_template=TEMPLATE)
    prompt = tokenizer.apply_chat_template([{"role": "user", "content": "hello"}], tokenize=False)
    assert tokenizer.encode(prompt) == [1, 10, 2]
    assert tokenizer.decode([1, 10, 2], skip_special_tokens=True) == "hello"


def test_a_model_takes_everything_it_gives(read):
    assert sorted(read()("hello")) == ["attention_mask", "input_ids"]


def test_it_is_the_same_once_saved(read, tmp_path):
    from transformers import AutoTokenizer

    tokenizer = read(chat_template=TEMPLATE, pre="smollm", bos=True)
    tokenizer.save_pretrained(tmp_path / "saved")
    loaded = AutoTokenizer.from_pretrained(tmp_path / "saved")
    assert loaded.encode("hello 12") == tokenizer.encode("hello 12")
    assert loaded.special_tokens_map == tokenizer.special_tokens_map
    assert loaded.chat_template == TEMPLATE
    assert sorted(loaded("hello")) == ["attention_mask", "input_ids"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(text=st.text(alphabet="helo 12", max_size=30))
def test_every_text_of_the_vocabulary_is_read_back(tokenizer, text):
    assert tokenizer.decode(tokenizer.encode(text)) == text


@pytest.fixture
def tokenizer(read):
    return read(pre="smollm")


def test_other_kinds_are_left_to_transformers_with_roles_set_right(read, mocker):
    theirs = mocker.Mock()
    reader = mocker.patch("transformers.AutoTokenizer.from_pretrained", return_value=theirs)
    assert read(pre="some-other-way") is theirs
    assert reader.call_args.kwargs["gguf_file"] == "tiny.gguf"
    theirs.add_special_tokens.assert_called_once_with(
        {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "</s>"}
    )


def test_a_file_without_a_tokenizer_is_an_error_not_a_guess(tmp_path):
    import gguf

    writer = gguf.GGUFWriter(str(tmp_path / "bare.gguf"), "llama")
    writer.add_name("bare")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(Exception, match=r".+"):
        read_gguf_tokenizer(tmp_path / "bare.gguf")
