"""A curious life, measured: half the questions of a file are answered, a night is slept, the other half never is.

Told and never told are drawn by chance from the same facts, so that nothing but the telling parts them. Shown is

- whether answers lower the loss on their topic: nats a token on the right reply to questions in other words, before
  and after the night, for what was answered and for what was not (how replies are worded both halves may learn);
- how well ignorance ranks what was never told above what was told: ``/curiosity measure`` on all wordings.

A line of the file is ``{"tell": ..., "question": what the system asks, "reply": what it should say later, "ask": [other
wordings], "answer": [...]}``. An example and not a command, because it lives a life of its own from beginning to end;
the measuring is the command's. Run it with ``python examples/curious_life.py FILE``; exit status 1 when the answers
taught nothing.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

from sovl_core import SOVLSystem
from sovl_core.data_processing import Example, make_batches, tokenize_and_map
from sovl_core.error_handling import SOVLError
from sovl_core.validation import validate_epoch

#: What an answer to a question of the system weighs in training.
ANSWER_WEIGHT = 1.2

Fact = Dict[str, Any]


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Live the curious life; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("facts", type=Path, help="facts with questions, one a line")
    parser.add_argument("--life", type=Path, help="folder of the life (a new temporary one otherwise)")
    parser.add_argument("--out", type=Path, help="JSONL file for what was found of each question")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting, for this run")
    options = parser.parse_args(arguments)
    folder = options.life or Path(tempfile.mkdtemp(prefix="sovl-curious-")) / "life"
    overrides = {"core.seed": options.seed, **dict(each.split("=", 1) for each in options.set)}
    facts = [json.loads(line) for line in options.facts.read_text(encoding="utf-8").splitlines() if line.strip()]
    random.Random(options.seed).shuffle(facts)
    answered, withheld = facts[: len(facts) // 2], facts[len(facts) // 2 :]
    try:
        with SOVLSystem.open(folder, overrides=overrides) as life:
            return live(life, answered, withheld, folder, options.out)
    except SOVLError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_status


def live(life: SOVLSystem, answered: List[Fact], withheld: List[Fact], folder: Path, out: Optional[Path]) -> int:
    """Answer one half, sleep, and measure both; return 0 when the answers lowered the loss more than silence did."""
    for fact in answered:
        question = life.journal.add_question(fact["question"], "curiosity", status="asked")
        details = {"question": question.id}
        life.journal.begin_episode(
            fact["tell"], life.conversation, source="answer", weight=ANSWER_WEIGHT, details=details
        )
        life.journal.update_question(question.id, status="answered")
    before = [topic_loss(life, half) for half in (answered, withheld)]
    night = life.sleep()
    print(f"night {night.number}: {night.status} ({night.reason}), {night.steps} steps, {night.seconds:.0f} s")
    after = [topic_loss(life, half) for half in (answered, withheld)]
    print("\nnats a token on the right reply, questions in other words, before the night and after")
    for name, half, old, new in zip(("answered", "never told"), (answered, withheld), before, after):
        print(f"  {name:<12}{len(half):>4} facts {old:8.3f} -> {new:.3f}  ({new - old:+.3f})")
    print()
    curiosity = life.commands()["curiosity"]
    questions = questions_file(folder, answered, withheld)
    print(curiosity.run(["measure", str(questions)], {} if out is None else {"out": str(out)}))
    print()
    print(str(curiosity.run([], {})).split("\n\n")[0])
    gained, silence = (old - new for old, new in zip(before, after))
    return 0 if gained > max(0.0, silence) else 1


def topic_loss(life: SOVLSystem, facts: Sequence[Fact]) -> float:
    """Return the loss on the right reply to every wording, nats a token."""
    models = life.models()
    examples = [Example(question, fact["reply"]) for fact in facts for question in fact["ask"]]
    encoded = tokenize_and_map(models.base_tokenizer, examples, system_prompt=life.config.generation.system_prompt)
    return validate_epoch(models, make_batches(encoded, 8), life.plugins).loss


def questions_file(folder: Path, answered: Sequence[Fact], withheld: Sequence[Fact]) -> Path:
    """Write what is asked about both halves, in the form of ``/curiosity measure``; returns the file."""
    lines = [{"tell": fact["tell"], "ask": fact["ask"], "answer": fact["answer"]} for fact in answered]
    lines += [{"ask": fact["ask"], "answer": []} for fact in withheld]
    path = folder / "questions.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


if __name__ == "__main__":
    sys.exit(main())
