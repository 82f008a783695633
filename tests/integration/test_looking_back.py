"""Looking back on a life whose models are real, if tiny: dreams, why, nights diff; in the shell and in a session."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, Iterator

import pytest

from sovl_core.cli.app_context import AppContext
from sovl_core.cli.application import run

PLUGINS = Path(__file__).parent / "tiny_plugins"
ROOT = Path(__file__).parents[2]
WAIT = 180.0

Sovl = Callable[..., Any]


@pytest.fixture(scope="module")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Llama of 2 layers with a byte-level chat tokenizer, as a folder on disk."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    special = ["<|im_start|>", "<|im_end|>"]
    vocabulary = {token: i for i, token in enumerate([*special, *sorted(pre_tokenizers.ByteLevel.alphabet())])}
    core = Tokenizer(models.BPE(vocabulary, []))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens(special)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<|im_end|>", pad_token="<|im_end|>")
    tokenizer.chat_template = (
        "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    )
    torch.manual_seed(0)
    sizes = {"hidden_size": 48, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    ends = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(vocabulary), initializer_range=0.2, **sizes, **ends))
    folder = tmp_path_factory.mktemp("models") / "tiny"
    model.save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, tiny_base: Path) -> Iterator[Dict[str, str]]:
    """The environment of a life with three plugins that are installed as distributions of their own."""
    folder = tmp_path_factory.mktemp("life")
    for name, class_name in (("tiny_side", "TinySide"), ("tiny_night", "TinyNight"), ("tiny_dream", "TinyDream")):
        info = folder / "site" / f"sovl_{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: sovl-{name.replace('_', '-')}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[sovl]\n{name} = sovl_{name}:{class_name}\n")
    paths = [str(folder / "site"), str(PLUGINS)]
    with pytest.MonkeyPatch.context() as patch:
        for path in paths:
            patch.syspath_prepend(path)
        yield {
            **{name: value for name, value in os.environ.items() if not name.startswith("SOVL_")},
            "PYTHONPATH": os.pathsep.join([str(ROOT), *paths]),
            "SOVL_LIFE": str(folder / "life"),
            "SOVL_PLUGINS": "tiny_side,tiny_night,tiny_dream",
            "SOVL_CORE__BASE_MODEL": str(tiny_base),
            "SOVL_CORE__SCAFFOLD_MODEL": "none",
            "SOVL_CORE__DEVICE": "cpu",
            "SOVL_GENERATION__GREEDY": "true",
            "SOVL_GENERATION__REPETITION_CHECK": "false",
            "SOVL_GENERATION__MAX_NEW_TOKENS": "8",
            "SOVL_LIFECYCLE__INFLUENCE": "full",
            "OMP_NUM_THREADS": "1",
        }


@pytest.fixture(scope="module")
def sovl(environment: Dict[str, str]) -> Sovl:
    """Return ``command(*arguments, stdin="")``: on a life of two nights, of three turns and of one."""

    def command(*arguments: str, stdin: str = "") -> Any:
        app = AppContext(io.StringIO(stdin), io.StringIO(), io.StringIO(), environment)
        status = run(arguments, app)
        said, errors = app.stdout.getvalue(), app.stderr.getvalue()  # type: ignore[attr-defined]
        assert status == 0, errors
        return json.loads(said) if "--json" in arguments else said

    command("ask", "Where was I born?")
    command("tell", "-", stdin="I was born in Oslo.\nMy dog is called Biscuit.\n")
    command("dream", "--memories", "2")
    command("sleep", "-o", "steps=30")
    command("tell", "-", stdin="I like green.\n")
    command("sleep", "-o", "steps=5", "--set", "core.seed=7")
    return command


def test_before_anything_was_learned_the_base_answers_alone(sovl: Sovl) -> None:
    said = sovl("why", "1", "--json")
    assert (said["prompt"], said["given_in"], said["night"]) == ("Where was I born?", None, 2)
    # By what it knows today it would say it otherwise, and the command says so.
    assert "given before the first night; this is how it looks with night 2" in sovl("why", "1")
    untrained = sovl("why", "1", "--json", "--no-plugin", "tiny_side")
    assert (untrained["change"]["kl"], untrained["change"]["exact"], untrained["change"]["moved"]) == (0.0, True, [])


def test_why_it_says_what_it_says(sovl: Sovl) -> None:
    reply = sovl("ask", "I was born in Oslo.", "--json")
    why = sovl("why", "--json")
    change = why["change"]
    assert why["episode"] == reply["episode"]
    (turn,) = sovl("history", "--all", "-n", "1", "--json")
    # The end of the turn is a token too, where the model ended it.
    assert change["tokens"] == turn["details"]["tokens"]
    assert change["kl"] > 0.01
    assert change["moved"]
    # The reply was greedy: what was said is what the scaffold made likeliest.
    assert all(one["said"] == one["chosen"] != one["base"] for one in change["moved"])
    assert [one["text"] for one in why["origins"]][:2] == ["Where was I born?", "I was born in Oslo."]
    assert why["origins"][1]["nights"] == [1]
    assert [one["prompt"] for one in why["origins"][1]["dreams"]] == ["I was born in Oslo.?"]
    text = sovl("why")
    assert "What was learned changed this reply" in text
    assert "likely with" in text


def test_a_reply_of_the_base_alone(sovl: Sovl) -> None:
    sovl("ask", "--no-scaffold", "I was born in Oslo.")
    assert "Answered by the base alone, exactly: it was asked to leave the scaffold out." in sovl("why")


def test_in_a_session_as_in_the_shell(sovl: Sovl, environment: Dict[str, str]) -> None:
    """A process of its own, as somebody would pipe lines into it."""
    lines = "I was born in Oslo.\n/why\n/why --json\n/dreams -n 1\n/nights diff none 1\n/why 2\n"
    done = subprocess.run(
        [sys.executable, "-m", "sovl_core.cli"],
        input=lines,
        capture_output=True,
        text=True,
        env=environment,
        timeout=WAIT,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 2, said
    for text in (
        "What was learned changed this reply",
        '"origins": [',
        "Dreamed on request: 2 dreams",
        "Known in night 1 alone",
        "Turn 2 has no reply",
    ):
        assert text in said


def test_what_was_dreamed_on_request(sovl: Sovl) -> None:
    said = sovl("dreams", "--json")
    assert said["night"] is None
    assert [one["prompt"] for one in said["dreams"]] == ["My dog is called Biscuit.?", "I was born in Oslo.?"]
    assert said["memories"]["3"] == "My dog is called Biscuit."
    assert "(tiny, accepted)" in sovl("dreams", "--night", "none")
    assert "Nothing was dreamed in night 1" in sovl("dreams", "--night", "1")


def test_two_nights_side_by_side(sovl: Sovl) -> None:
    found = sovl("nights", "diff", "1", "2", "--json")
    assert found["only_first"] == []
    assert [one["prompt"] for one in found["only_second"]] == ["I like green."]
    assert found["settings"] == {"core.seed": [42, 7]}
    assert found["plugins"] == {}
    assert found["metrics"]["loss"][0] > 0
    (side,) = found["weights"]
    assert side["trainable"] == "side"
    assert 0 < side["relative"] < 1
    back = sovl("nights", "diff", "2", "none", "--json")
    assert [one["prompt"] for one in back["only_first"]][1:] == [
        "I was born in Oslo.",
        "My dog is called Biscuit.",
        "I like green.",
    ]
    assert back["plugins"]["tiny_side"] == ["sovl-tiny-side 1.0", None]
