"""A short life on a tiny random model: everything real but the size of the model and what its plugins do."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Dict, List

import pytest

from sovl_core.error_handling import SOVLError
from sovl_core.events import NightInterrupted, Progress
from sovl_core.system import SOVLSystem

PLUGINS = Path(__file__).parent / "tiny_plugins"
FACTS = ["My dog is called Biscuit.", "I was born in Oslo.", "My favourite colour is green."]
WORDS = ["Biscuit", "Oslo", "green"]
GREEDY: Dict[str, Any] = {"temperature": 0.0, "repetition_penalty": 1.0, "max_new_tokens": 12}
WAIT = 60.0


@pytest.fixture(scope="session")
def base_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Llama of 4 layers with a byte-level chat tokenizer, as a folder on disk."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    vocabulary = {token: i for i, token in enumerate([*special, *sorted(pre_tokenizers.ByteLevel.alphabet())])}
    core = Tokenizer(models.BPE(vocabulary, []))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens(special)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core, bos_token="<|im_start|>", eos_token="<|im_end|>", pad_token="<|im_end|>"
    )
    tokenizer.chat_template = (
        "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    )
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(vocabulary),
            hidden_size=48,
            intermediate_size=64,
            num_hidden_layers=4,
            num_attention_heads=4,
            max_position_embeddings=512,
            bos_token_id=1,
            eos_token_id=2,
            pad_token_id=2,
            initializer_range=0.2,
        )
    )
    folder = tmp_path_factory.mktemp("models") / "tiny"
    model.save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))
    return folder


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install both test plugins as distributions of their own; return the folder to put on ``sys.path``."""
    site = tmp_path / "site"
    for name, class_name in (("tiny_side", "TinySide"), ("tiny_night", "TinyNight")):
        info = site / f"sovl_{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: sovl-{name.replace('_', '-')}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[sovl]\n{name} = sovl_{name}:{class_name}\n")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.syspath_prepend(str(PLUGINS))
    return site


class Life:
    """Opens the same life again and again."""

    def __init__(self, path: Path, base: Path) -> None:
        self.path, self.base = path, base
        self.warnings: List[str] = []

    def open(self, *plugins: str, **more: Any) -> SOVLSystem:
        overrides = {
            "core.base_model": str(self.base),
            "core.scaffold_model": "none",
            "core.device": "cpu",
            **more.pop("overrides", {}),
        }
        names = plugins or ("tiny_side", "tiny_night")
        return SOVLSystem.open(
            self.path, overrides=overrides, plugins=names, environ={}, strict=True, warn=self.warnings.append, **more
        )


@pytest.fixture
def life(tmp_path: Path, base_folder: Path, installed: Path) -> Life:
    return Life(tmp_path / "life", base_folder)


def ask(system: SOVLSystem, **fields: Any) -> List[str]:
    """Ask about every fact, each in a conversation of its own."""
    return [
        system.generate(fact, conversation=system.new_conversation(), **{**GREEDY, **fields}).text for fact in FACTS
    ]


def tell_facts(system: SOVLSystem) -> None:
    for fact in FACTS:
        system.tell(fact)


def bare_replies(base: Path) -> List[str]:
    """What transformers alone says to each fact."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(base))
    model = AutoModelForCausalLM.from_pretrained(str(base)).eval()
    replies = []
    for fact in FACTS:
        text = tokenizer.apply_chat_template(
            [{"role": "user", "content": fact}], tokenize=False, add_generation_prompt=True
        )
        ids = tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids
        with torch.no_grad():
            output = model.generate(ids, max_new_tokens=12, do_sample=False, repetition_penalty=1.0)
        replies.append(tokenizer.decode(output[0, ids.shape[1] :], skip_special_tokens=True))
    return replies


UNCUT = {"generation.repetition_check": False}


def test_it_knows_next_day_what_it_was_told(life: Life) -> None:
    progress: List[Progress] = []
    with life.open(overrides=UNCUT) as system:
        tell_facts(system)
        before = ask(system)
        assert before == bare_replies(life.base)
        report = system.sleep(progress=progress.append)
        assert report.status == "accepted"
        assert report.learned == [episode.id for episode in reversed(system.journal.episodes())]
        assert ask(system) == WORDS
        # The base never changes: with no influence it answers as on the first day.
        assert ask(system, use_scaffold=False) == before
    assert [p.step for p in progress] == list(range(1, 61))
    with life.open(overrides=UNCUT) as system:
        assert not system.models_loaded
        assert ask(system) == WORDS
        assert ask(system, use_scaffold=False) == before
        assert system.journal.night(1).plugins == {
            "tiny_side": "sovl-tiny-side 1.0",
            "tiny_night": "sovl-tiny-night 1.0",
        }
        assert system.plugins.get("tiny_side").turns == 15
    assert life.warnings == []


def test_with_the_plugins_gone_it_is_the_bare_base_and_nothing_is_lost(life: Life) -> None:
    with life.open() as system:
        tell_facts(system)
        system.sleep()
    with life.open("none", overrides=UNCUT) as system:
        assert ask(system) == bare_replies(life.base)
        with pytest.raises(SOVLError, match="No plugin knows how to sleep"):
            system.sleep()
    with life.open() as system:
        assert ask(system) == WORDS
        assert system.plugins.get("tiny_side").turns == 3


def test_influence_off_is_the_base_bit_for_bit(life: Life) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    with life.open() as system:
        tell_facts(system)
        system.sleep()
        models = system.models()
        ids = torch.tensor([models.base_tokenizer(FACTS[0]).input_ids])
        bare = AutoModelForCausalLM.from_pretrained(str(life.base)).eval()
        with torch.no_grad():
            expected = bare(ids).logits
            with models.bypass():
                assert torch.equal(models.base(ids).logits, expected)
            assert not torch.equal(models.base(ids).logits, expected)


def test_nights_can_be_gone_back_behind_and_forth(life: Life) -> None:
    with life.open(overrides=UNCUT) as system:
        tell_facts(system)
        before = ask(system)
        system.sleep()
        system.use_night(None)
        assert ask(system) == before
        assert system.journal.count_unconsolidated() >= len(FACTS)
        system.use_night(1)
        assert ask(system) == WORDS


def test_the_scaffold_is_stored_with_the_night_and_built_again_when_it_is_needed(life: Life) -> None:
    import torch

    shared = {"core.scaffold_model": "base[:2]"}
    with life.open(overrides=shared) as system:
        tell_facts(system)
        models = system.models()
        assert not models.scaffold_loaded
        learned = next(p for name, p in models.scaffold.named_parameters() if "lora_B" in name)
        with torch.no_grad():
            learned.fill_(0.25)
        system.sleep()
    adapter = life.path / "nights" / "0001" / "adapter"
    assert (adapter / "adapter_model.safetensors").exists()
    with life.open(overrides=shared) as system:
        models = system.models()
        assert models.scaffold_loaded
        learned = next(p for name, p in models.scaffold.named_parameters() if "lora_B" in name)
        assert torch.equal(learned, torch.full_like(learned, 0.25))
    with life.open() as system:
        # Without its scaffold the life goes on, and the next night keeps what the scaffold had learned.
        system.tell("One more fact about me is new.")
        system.sleep()
    with life.open(overrides=shared) as system:
        assert system.models().scaffold_loaded
        assert system.journal.current_night() == 2


def test_settings_that_do_not_fit_what_was_learned_are_refused_by_name(life: Life) -> None:
    shared = {"core.scaffold_model": "base[:2]"}
    with life.open(overrides=shared) as system:
        tell_facts(system)
        assert system.models().scaffold is not None
        system.sleep()
    with life.open(overrides={**shared, "lora.rank": 4}) as system:
        with pytest.raises(SOVLError, match=r"night 1 do not fit.*scaffold.*nights use 0"):
            system.generate("hello")
        assert not system.models_loaded
        system.use_night(0)
        assert system.generate("hello", **GREEDY).text


def test_a_damaged_night_is_left_for_the_one_before(life: Life) -> None:
    with life.open() as system:
        system.tell(FACTS[0])
        system.sleep()
        system.tell(FACTS[1])
        system.sleep()
    file = life.path / "nights" / "0002" / "trainables" / "side.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(bytes(content))
    with life.open() as system:
        assert system.generate(FACTS[0], **GREEDY).text == WORDS[0]
        assert system.journal.current_night() == 1
        assert FACTS[1] in [episode.prompt for episode in system.journal.unconsolidated()]
    assert len(life.warnings) == 1
    assert "Night 2 is damaged" in life.warnings[0]
    assert "side.safetensors" in life.warnings[0]


def test_somebody_speaks_while_it_sleeps_and_is_answered_at_once(life: Life) -> None:
    learning, ended, outcomes = threading.Event(), threading.Event(), []

    def progress(report: Progress) -> None:
        if report.step == 20:
            learning.set()

    with life.open(overrides={**UNCUT, "plugins.tiny_night.steps": 80}) as system:
        tell_facts(system)
        before = ask(system)
        assert system.sleep_in_background(
            "gestation", progress, lambda outcome: (outcomes.append(outcome), ended.set())
        )
        assert learning.wait(WAIT)
        # Twenty steps on, the night's own weights would answer otherwise.
        assert ask(system) == before
        assert ended.wait(WAIT)
        assert outcomes[0].status == "accepted"
        assert ask(system) == WORDS
        assert system.plugins.get("tiny_night").steps_done == list(range(80))


def test_a_night_ended_by_closing_is_gone_on_with(life: Life) -> None:
    some_way = threading.Event()
    with life.open() as system:
        tell_facts(system)
        system.sleep_in_background(progress=lambda report: some_way.set() if report.step == 5 else None)
        assert some_way.wait(WAIT)
    assert isinstance(system.last_night, NightInterrupted)
    done = system.plugins.get("tiny_night").steps_done
    assert (life.path / "nights" / "0001.work" / "step.json").exists()
    with life.open() as system:
        assert system.journal.running_night().number == 1
        system.sleep()
        plugin = system.plugins.get("tiny_night")
        assert plugin.resumed == [True]
        assert done + plugin.steps_done == list(range(60))
        assert ask(system) == WORDS
    assert not (life.path / "nights" / "0001.work").exists()


def test_a_process_killed_in_the_night_loses_no_word_and_no_step(life: Life, installed: Path) -> None:
    script = f"""
import sys
sys.path[:0] = [{str(installed)!r}, {str(PLUGINS)!r}]
from sovl_core.system import SOVLSystem
overrides = {{
    "core.base_model": {str(life.base)!r}, "core.scaffold_model": "none", "plugins.tiny_night.die_at": 7,
}}
system = SOVLSystem.open({str(life.path)!r}, plugins=["tiny_side", "tiny_night"], environ={{}}, overrides=overrides)
for fact in {FACTS!r}:
    system.tell(fact)
system.generate("hello", temperature=0.0, max_new_tokens=4)
system.sleep()
"""
    root = Path(__file__).parents[2]
    killed = subprocess.run([sys.executable, "-c", script], cwd=str(root), capture_output=True, text=True, check=False)
    assert killed.returncode == 9, killed.stderr
    with life.open() as system:
        assert [episode.prompt for episode in reversed(system.journal.episodes())] == [*FACTS, "hello"]
        assert system.vitals.exposure == 2
        system.sleep()
        assert system.plugins.get("tiny_night").steps_done == list(range(7, 60))
        assert system.journal.night(1).status == "accepted"
        assert ask(system) == WORDS


def test_training_by_day_is_kept_and_a_dry_run_is_not(life: Life) -> None:
    pairs = list(zip(FACTS, WORDS))
    many = {**UNCUT, "training.learning_rate": 0.05, "training.epochs": 60, "training.weight_decay": 0.0}
    with life.open(overrides=many) as system:
        before = ask(system)
        system.train(pairs, dry_run=True)
        assert ask(system) == before
        assert system.journal.nights() == []
        report = system.train(pairs, test=pairs)
        assert report.losses[-1] < report.losses[0]
        assert report.test["accuracy_before"] < report.test["accuracy"] == 1.0
        assert ask(system) == WORDS
    with life.open(overrides=UNCUT) as system:
        assert ask(system) == WORDS
        assert system.journal.night(1).trigger == "train"
        system.use_night(None)
        assert ask(system) == before


def test_eight_people_talk_at_once_and_get_what_they_would_get_alone(life: Life) -> None:
    prompts = [f"I am number {number}." for number in range(8)]
    with life.open("none") as system:
        alone = [system.generate(p, conversation=system.new_conversation(), **GREEDY).text for p in prompts]
        together: Dict[int, str] = {}
        pieces: Dict[int, List[str]] = {number: [] for number in range(8)}

        def talk(number: int) -> None:
            together[number] = system.generate(
                prompts[number], conversation=f"talk {number}", on_text=pieces[number].append, **GREEDY
            ).text

        threads = [threading.Thread(target=talk, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT)
        assert [together[number] for number in range(8)] == alone
        assert ["".join(pieces[number]) for number in range(8)] == alone
        stored = {e.conversation: e.reply for e in system.journal.episodes(limit=100)}
        assert [stored[f"talk {number}"] for number in range(8)] == alone


def test_a_model_that_is_not_there_costs_no_word(life: Life) -> None:
    with life.open("none", overrides={"core.base_model": str(life.path / "no-such-model")}) as system:
        with pytest.raises(SOVLError, match="no-such-model"):
            system.generate("My dog is called Biscuit.")
        assert [(e.prompt, e.reply) for e in system.journal.episodes()] == [("My dog is called Biscuit.", "")]
        assert "reply_failed" in [entry["event"] for entry in system.logger.read()]
