"""What is measured in processes of their own: a chat, and the script that somebody would write without SOVL.

``python -m benchmarks.processes chat LIFE MODEL TOKENS QUESTION`` and ``bare MODEL TOKENS QUESTION`` print the first
token as soon as they have it, and at the end the most memory they had, in KiB.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, List, NamedTuple, Sequence

ROOT = Path(__file__).parents[1]


class Run(NamedTuple):
    """Seconds from the start to the first output; KiB at most, 0 where the process does not tell."""

    first_output: float
    peak: int


def environment() -> Dict[str, str]:
    """Return the environment of what is measured: its modules are compiled once, by the warm-up, as for any user."""
    return {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


def run(command: Sequence[str]) -> Run:
    """Run a process to its end.

    :raises RuntimeError: when it fails, with what it said.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        list(command),
        cwd=str(ROOT),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    begun = process.stdout.read(1)
    first_output = time.perf_counter() - started
    rest, errors = process.communicate()
    if process.returncode != 0 or not begun:
        raise RuntimeError(f"{' '.join(command)}\n{errors.decode(errors='replace')}")
    last = rest.decode(errors="replace").rsplit("\n", 2)[-2:]
    peak = last[0].partition("peak KiB: ")[2]
    return Run(first_output, int(peak) if peak else 0)


def script(*arguments: str) -> List[str]:
    """Return the command that runs this module."""
    return [sys.executable, "-m", "benchmarks.processes", *arguments]


def chat(life: str, model: str, tokens: str, question: str) -> None:
    """Answer a question in a life that is there, with all plugins; nothing is written."""
    from sovl_core.system import SOVLSystem

    settings = {"core.base_model": model, "core.device": "cpu", "generation.repetition_check": False}
    with SOVLSystem.open(life, overrides=settings, read_only=True, environ={}, warn=lambda text: None) as system:
        system.generate(
            question,
            temperature=0.0,
            max_new_tokens=int(tokens),
            on_text=lambda piece: print(piece, end="", flush=True),
        )
        print(f"\nscaffold loaded: {system.models().scaffold_loaded}")


def bare(model: str, tokens: str, question: str) -> None:
    """The script without SOVL."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    base = AutoModelForCausalLM.from_pretrained(model)
    talk = [{"role": "user", "content": question}]
    text = tokenizer.apply_chat_template(talk, tokenize=False, add_generation_prompt=True)
    ids = tokenizer(text, return_tensors="pt", add_special_tokens=False)["input_ids"]
    said = base.generate(
        input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=int(tokens)
    )
    print("said:", tokenizer.decode(said[0, ids.shape[1] :]), flush=True)


def _peak() -> int:
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="utf-8").splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("VmHWM")))
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // 1024 if sys.platform == "darwin" else most


if __name__ == "__main__":
    {"chat": chat, "bare": bare}[sys.argv[1]](*sys.argv[2:])
    print(f"\npeak KiB: {_peak()}")
