"""Where a tortured life stands: its folder, its tiny model, its settings, and the environment its commands run in."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Dict

#: Small enough for a night of seconds; budgets that let a model that speaks nonsense wake up with what it learned.
SETTINGS = """version = 1

[core]
base_model = {model}
scaffold_model = "base[:2]"
device = "cpu"

[generation]
max_new_tokens = 6
greedy = true

[training]
epochs = 2
batch_size = 2

[plugins.gestation]
dreams_per_memory = 3
background = 2
batch_answers = 4
batch_background = 1
least_steps = 4
most_steps = 4
checkpoint_steps = 1
judged_memories = 1
least_recall = 0.0
drift_budget = 100.0
forgetting_budget = 1.0

[plugins.dream]
sampled_background = 0.0
contrast = 0.0
background_tokens = 4

[plugins.curiosity]
question_tokens = 4

[plugins.cross_attention]
answer_probe = false
"""


def make_model(folder: Path) -> None:
    """Make a tiny model that never writes a line break: a line on the screen is then a whole reply."""
    from sovl_core.testing.tiny_models import TinyModels

    made = TinyModels(folder)("llama")
    tokenizer = made / "tokenizer.json"
    described = json.loads(tokenizer.read_text(encoding="utf-8"))
    vocabulary = described["model"]["vocab"]
    for byte, instead in (("Ċ", "<line feed>"), ("č", "<carriage return>")):
        vocabulary[instead] = vocabulary.pop(byte)
    tokenizer.write_text(json.dumps(described), encoding="utf-8")


def model_in(folder: Path) -> Path:
    """Return where :func:`make_model` has put it."""
    return folder / "llama"


def begin_life(life: Path, model: Path) -> None:
    """Write the settings of a life that is about to begin."""
    life.mkdir(mode=0o700, parents=True)
    (life / "life.toml").write_text(SETTINGS.format(model=json.dumps(str(model))), encoding="utf-8")


def environment_of(life: Path, home: Path) -> Dict[str, str]:
    """Return the environment of its commands: no way to any other life, model or setting."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SOVL_", "PIP_", "HF_"))}
    return {
        **kept,
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "SOVL_LIFE": str(life),
    }
