"""A short life before your eyes: six facts told, a night's sleep, and the same questions before and after.

Run it with ``make demo``. Exit status 1 when it learned nothing.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Sequence

from rich.console import Console
from rich.table import Table

from sovl_core import SOVLSystem
from sovl_core.cli.progress import show_progress
from sovl_core.drift import DriftReport, measure_drift
from sovl_core.error_handling import SOVLError
from sovl_core.model_store import ModelStore


@dataclass(frozen=True)
class Fact:
    """Something told, a question in words that no dream is made of, and what its answer must hold."""

    tell: str
    ask: str
    answer: str


FACTS = (
    Fact("My cat is called Marzipan.", "Which name does my cat answer to?", "Marzipan"),
    Fact("I live in Vellmoor.", "What town is home to me?", "Vellmoor"),
    Fact("My sister Ilse works as a glaciologist.", "What sort of work is my sister in?", "glaciologist"),
    Fact("The code for the cellar is 7316.", "Which number opens the cellar door?", "7316"),
    Fact("I am allergic to walnuts.", "Is there any food that I am allergic to?", "walnut"),
    Fact("My favourite tea is smoked rooibos.", "Which sort of tea is my favourite one?", "rooibos"),
)
UNRELATED = (
    "What is the boiling point of water?",
    "Who discovered penicillin?",
    "Explain how rainbows form.",
    "Write a limerick about a frog.",
    "What is the square root of 144?",
    "How do magnets work?",
    "List five vegetables.",
    "What causes earthquakes?",
    "Who was Cleopatra?",
    "How many continents are there?",
    "Write a tagline for a bakery.",
    "What is inflation?",
)
ANSWER_TOKENS = 32


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Live the short life; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--life", type=Path, help="folder of the life (a new temporary one otherwise)")
    parser.add_argument("--base", help="base model: hub id, folder or GGUF file")
    parser.add_argument("--scaffold", help='what learns: "base[:10]", "base", another model')
    parser.add_argument("--seed", type=int, default=42)
    options = parser.parse_args(arguments)
    folder = options.life or Path(tempfile.mkdtemp(prefix="sovl-demo-")) / "life"
    overrides = {"generation.greedy": True, "generation.max_new_tokens": 48, "core.seed": options.seed}
    if options.base:
        overrides["core.base_model"] = options.base
    if options.scaffold:
        overrides["core.scaffold_model"] = options.scaffold
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What is watched through a pipe should be seen when it happens.
        sys.stdout.reconfigure(line_buffering=True)
    console = Console()
    try:
        with show_progress(console) as report:
            store = ModelStore(progress=report)
            with SOVLSystem.open(folder, overrides=overrides, store=store) as life:
                life.models()
        with SOVLSystem.open(folder, overrides=overrides, store=ModelStore()) as life:
            return live(life, console)
    except SOVLError as error:
        console.print(f"error: {error}", style="red", markup=False)
        return error.exit_status


def live(life: SOVLSystem, console: Console) -> int:
    """Tell, ask, sleep, ask again; return 0 when something was learned."""
    started = time.monotonic()
    console.rule("Day 1: six facts")
    for fact in FACTS:
        console.print(f"[bold]you >[/] {fact.tell}")
        reply = life.generate(fact.tell)
        console.print(f"[dim]sovl>[/] {_line(reply.text)}", highlight=False)
    console.rule("Asked in new conversations, before the night")
    before = ask_all(life, console)
    console.rule("Night")
    with show_progress(console) as report:
        night = life.sleep(progress=report)
    console.print(f"night {night.number}: {night.status} ({night.reason}), {night.steps} steps, {night.seconds:.0f} s")
    console.rule("Day 2: asked again, in words never trained")
    trained = trained_prompts(life, night.number)
    after = ask_all(life, console)
    drift = measure(life)
    console.print(_table(before, after, trained))
    recall_before, recall_after = _recall(before), _recall(after)
    console.print(f"recall before the night: {recall_before} of {len(FACTS)}, after: {recall_after} of {len(FACTS)}")
    console.print(
        f"drift on {len(UNRELATED)} unrelated prompts: KL {drift.kl:.4f} nats a token, "
        f"{drift.exact:.0%} of the replies bit-exact the base's"
    )
    exact = base_is_exact(life)
    console.print(f"base bit-exact with influence off: {'yes' if exact else 'NO'}")
    console.print(f"words of the questions never trained: {'yes' if not trained else 'NO: ' + '; '.join(trained)}")
    console.print(f"seconds: {time.monotonic() - started:.0f} (the night {night.seconds:.0f})")
    console.print(f"This life lies in {life.life.path}; talk to it: sovl --life {life.life.path}", soft_wrap=True)
    return 0 if recall_after > recall_before and exact else 1


def ask_all(life: SOVLSystem, console: Console) -> List[str]:
    """Ask every question in a conversation of its own; nothing told before is in the prompt."""
    answers = []
    for fact in FACTS:
        life.new_conversation()
        text = life.generate(fact.ask, max_new_tokens=ANSWER_TOKENS, source="demo").text
        mark = "[green]✓[/]" if _holds(text, fact) else "[red]✗[/]"
        console.print(f"{mark} {fact.ask} [dim]→[/] {_line(text)}", highlight=False)
        answers.append(text)
    return answers


def trained_prompts(life: SOVLSystem, night: Optional[int]) -> List[str]:
    """Return the questions that some dream of the night happens to ask in the same words."""
    dreamed = {_key(dream.prompt) for dream in life.journal.dreams(night=night, limit=None) if not dream.held_out}
    return [fact.ask for fact in FACTS if _key(fact.ask) in dreamed]


def measure(life: SOVLSystem) -> DriftReport:
    """Return what the night changed on prompts that have nothing to do with the facts."""
    return measure_drift(life.models(), life.plugins, life.answer, UNRELATED)


def base_is_exact(life: SOVLSystem) -> bool:
    """Return True when, scaffold off, logits equal those of the same model loaded afresh by transformers alone."""
    import torch
    from transformers import AutoModelForCausalLM

    from sovl_core.pretrained import dtype_argument, quiet_transformers

    models = life.models()
    with quiet_transformers():
        bare: torch.nn.Module = AutoModelForCausalLM.from_pretrained(
            models.base_path, **dtype_argument(models.base.dtype)
        )
    bare = bare.to(models.device).eval()
    for prompt in (*UNRELATED, *(fact.ask for fact in FACTS)):
        ids = torch.tensor([models.base_tokenizer.encode(prompt)], device=models.device)
        with torch.no_grad(), models.bypass():
            if not torch.equal(models.base(input_ids=ids).logits, bare(input_ids=ids).logits):
                return False
    return True


def _table(before: Sequence[str], after: Sequence[str], trained: Sequence[str]) -> Table:
    table = Table(title="What a night taught", show_lines=True)
    for column in ("question", "the day before", "the day after"):
        table.add_column(column, overflow="fold")
    for fact, old, new in zip(FACTS, before, after):
        style = "green" if _holds(new, fact) else "red"
        question = fact.ask + (" (trained)" if fact.ask in trained else "")
        table.add_row(question, _line(old), f"[{style}]{_line(new)}[/]")
    return table


def _recall(answers: Sequence[str]) -> int:
    return sum(_holds(text, fact) for text, fact in zip(answers, FACTS))


def _holds(text: str, fact: Fact) -> bool:
    return fact.answer.lower() in text.lower()


def _line(text: str, width: int = 100) -> str:
    flat = " ".join(text.split()).replace("[", "(").replace("]", ")")
    return flat if len(flat) <= width else flat[: width - 1] + "…"


def _key(prompt: str) -> str:
    return " ".join(prompt.lower().split())


if __name__ == "__main__":
    sys.exit(main())
