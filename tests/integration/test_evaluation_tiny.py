"""The whole instrument on a tiny random model: three facts, two nights, every arm, in folders that are gone after."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest

from sovl_core.evaluation.arms import ARMS
from sovl_core.evaluation.facts import Asked, Fact, FactSet
from sovl_core.evaluation.off_topic_prompts import OFF_TOPIC
from sovl_core.evaluation.run import Evaluation, Plan
from sovl_core.evaluation.workplace import Workplace

FIGURES = {
    "recall_before",
    "recall",
    "reverse_recall",
    "false_recall",
    "kl",
    "perplexity_ratio",
    "bit_exact_off_topic",
    "backward_transfer",
    "seconds",
    "trainable_parameters",
    "nights",
}
LOOKED_UP = {"coinciding_questions", "coinciding", "notes", "per_fact", "never_told"}
FACTS = FactSet(
    (
        Fact("My dog's name is Biscuit.", Asked(("Tell me my dog's name.",), ("Biscuit",))),
        Fact("I live in Oslo.", Asked(("Where is my home?",), ("Oslo",)), Asked(("What is Oslo to me?",), ("home",))),
        Fact("My favourite tea is rooibos.", Asked(("Which tea do I like best?",), ("rooibos",))),
    ),
    ("Who is my plumber?",),
)
NIGHT = {
    "least_steps": 2,
    "most_steps": 2,
    "background": 4,
    "batch_answers": 4,
    "batch_background": 2,
    "dreams_per_memory": 4,
    "judged_memories": 1,
    "learning_rate": 0.01,
    # A random model recalls nothing: what it learned is to be looked at all the same.
    "least_recall": 0.0,
    "drift_budget": 100.0,
}


@pytest.fixture(scope="module", autouse=True)
def short_replies() -> Iterator[None]:
    """A random model never comes to an end: its replies are cut short instead."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sovl_core.evaluation.questions.ANSWER_TOKENS", 4)
        patch.setattr("sovl_core.evaluation.measures.DRIFT_TOKENS", 4)
        yield


@pytest.fixture(scope="module")
def base_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Llama of 3 layers with a byte-level chat tokenizer, as a folder on disk."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    vocabulary = {token: i for i, token in enumerate([*special, *sorted(pre_tokenizers.ByteLevel.alphabet())])}
    core = Tokenizer(models.BPE(vocabulary, []))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens(special)
    end = "<|im_end|>"
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, bos_token=special[1], eos_token=end, pad_token=end)
    tokenizer.chat_template = (
        "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    )
    torch.manual_seed(0)
    tokens = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2, "vocab_size": len(vocabulary)}
    shape = {"num_hidden_layers": 3, "num_attention_heads": 4, "max_position_embeddings": 1024}
    config = LlamaConfig(hidden_size=48, intermediate_size=64, initializer_range=0.2, **shape, **tokens)
    folder = tmp_path_factory.mktemp("models") / "tiny"
    LlamaForCausalLM(config).save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))
    return folder


def _evaluate(folder: Path, base: Path, arms: Any, nights: int, facts: FactSet = FACTS) -> Dict[str, Any]:
    sleeper = "gestation"
    overrides: Dict[str, Any] = {
        "core.base_model": str(base),
        "core.scaffold_model": "base[:2]",
        "core.device": "cpu",
        **{f"plugins.{sleeper}.{key}": value for key, value in NIGHT.items()},
    }
    place = Workplace(
        folder,
        overrides=overrides,
        plugins=["cross_attention", "dream", "recall", sleeper],
        more={"environ": {}, "strict": True},
    )
    background = "It rained all day and the river rose. " * 4
    result = Evaluation(Plan(facts, arms, nights, background, seed=3, prompts=OFF_TOPIC[:3]), place).run()
    values: Dict[str, Any] = json.loads(json.dumps(result.values(), allow_nan=False))
    return values


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, base_folder: Path) -> Dict[str, Any]:
    """What an evaluation of every arm over two nights finds, and where its lives lie under ``folder``."""
    folder = tmp_path_factory.mktemp("evaluation")
    return {**_evaluate(folder, base_folder, ARMS, 2), "folder": folder}


def test_every_arm_reports_every_figure(whole: Dict[str, Any]) -> None:
    assert whole["facts"] == 3
    assert list(whole["arms"]) == list(ARMS)
    for arm in whole["arms"].values():
        assert set(arm) == FIGURES | LOOKED_UP
        assert arm["recall_before"] is not None
        assert [len(fact["ask"]) for fact in arm["per_fact"]] == [1, 1, 1]
        assert arm["reverse_recall"] is not None
        assert arm["false_recall"] is not None


def test_arms_without_learning_have_no_nights(whole: Dict[str, Any]) -> None:
    for name in ("base", "context"):
        arm = whole["arms"][name]
        assert (arm["nights"], arm["trainable_parameters"], arm["seconds"]) == ([], 0, 0.0)
        assert arm["backward_transfer"] is None
    base, context = whole["arms"]["base"], whole["arms"]["context"]
    assert (base["kl"], base["perplexity_ratio"], base["bit_exact_off_topic"]) == (0.0, 1.0, 1.0)
    assert context["kl"] > 0


def test_arms_that_learn_have_the_same_nights(whole: Dict[str, Any]) -> None:
    learning = [whole["arms"][name] for name in ("sovl", "lora", "sovl-no-dreams")]
    for arm in learning:
        assert [(night["told"], night["steps"], night["status"]) for night in arm["nights"]] == [
            (2, 2, "accepted"),
            (1, 2, "accepted"),
        ]
        assert arm["backward_transfer"] is not None
        assert arm["seconds"] == pytest.approx(sum(night["seconds"] for night in arm["nights"]))
        assert all(night["metrics"]["base_bit_exact"] for night in arm["nights"])
    ratio = learning[1]["trainable_parameters"] / learning[0]["trainable_parameters"]
    assert 0.9 <= ratio <= 1.1
    assert f"{ratio:.3f}" in learning[1]["notes"][0]


def _dreams(folder: Path, arm: str) -> Any:
    from sovl_core.journal import Journal

    journal = Journal(folder / arm / "journal.db", read_only=True)
    try:
        found = [(d.night, d.kind, d.prompt, d.completion, d.held_out) for d in journal.dreams(limit=None)]
        return found, [episode.prompt for episode in reversed(journal.episodes())]
    finally:
        journal.close()


def test_arms_dream_the_same_and_only_what_was_told_is_remembered(whole: Dict[str, Any]) -> None:
    sovl, told = _dreams(whole["folder"], "sovl")
    lora, told_to_lora = _dreams(whole["folder"], "lora")
    plain, _ = _dreams(whole["folder"], "sovl-no-dreams")
    assert sovl == lora
    assert told == told_to_lora == [fact.tell for fact in FACTS.facts]
    assert {d[3] for d in plain if d[1] not in ("background", "contrast")} == set(told)
    # The first night's background: what comes later starts from another state of the random generator.
    assert [d for d in plain if d[1] == "background" and d[0] == 1] == [
        d for d in sovl if d[1] == "background" and d[0] == 1
    ]


def test_lora_moves_unrelated_prompts(whole: Dict[str, Any]) -> None:
    lora = whole["arms"]["lora"]
    assert lora["kl"] > 0
    assert lora["bit_exact_off_topic"] == 0.0
    assert lora["perplexity_ratio"] != 1.0


def test_the_same_seed_finds_the_same(whole: Dict[str, Any], tmp_path: Path, base_folder: Path) -> None:
    again = _evaluate(tmp_path, base_folder, ["lora"], 2)["arms"]["lora"]
    # Without the arm that says how many numbers learn the rank may be another: what is told and dreamed is not.
    assert again["recall_before"] == whole["arms"]["lora"]["recall_before"]
    assert [night["told"] for night in again["nights"]] == [2, 1]
    assert _dreams(tmp_path, "lora") == _dreams(whole["folder"], "lora")


def test_questions_leave_no_trace_in_the_nights_that_follow(
    whole: Dict[str, Any], tmp_path: Path, base_folder: Path
) -> None:
    asked_last = (*(Fact(fact.tell) for fact in FACTS.facts[:2]), FACTS.facts[2])
    found = _evaluate(tmp_path, base_folder, ["sovl"], 2, FactSet(asked_last))["arms"]["sovl"]
    assert [night["recall_of_nights"] for night in found["nights"]] == [[None], [None, 0.0]]
    assert [len(night["recall_of_nights"]) for night in whole["arms"]["sovl"]["nights"]] == [1, 2]
    assert _dreams(tmp_path, "sovl") == _dreams(whole["folder"], "sovl")
    weights = [_weights(folder / "sovl" / "nights") for folder in (tmp_path, whole["folder"])]
    assert len(weights[0]) >= 4
    assert weights[0] == weights[1]


def _weights(nights: Path) -> Dict[str, bytes]:
    return {str(path.relative_to(nights)): path.read_bytes() for path in sorted(nights.rglob("*.safetensors"))}
