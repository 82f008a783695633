"""The example that measures a curious life, on a tiny model: that it runs to its end and what it tells."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
FACTS = Path(__file__).parent / "data" / "personal.jsonl"
QUICK = {
    "generation.max_new_tokens": 8,
    "plugins.gestation.dreams_per_memory": 2,
    "plugins.gestation.background": 2,
    "plugins.gestation.least_steps": 2,
    "plugins.gestation.most_steps": 2,
    "plugins.gestation.known_probability": 1.0,
    "plugins.gestation.least_recall": 0.0,
    "plugins.gestation.drift_budget": 100.0,
    "plugins.dream.sampled_background": 0.0,
    "plugins.dream.background_tokens": 4,
    "plugins.curiosity.probe_tokens": 2,
}


@pytest.fixture
def example():
    spec = importlib.util.spec_from_file_location("curious_life", ROOT / "examples" / "curious_life.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_lives_and_tells(example, tiny_base, tmp_path, capsys, mocker):
    # An answer of a random model runs to its full length.
    mocker.patch("sovl_curiosity.measurement.ANSWER_TOKENS", 2)
    few = tmp_path / "facts.jsonl"
    few.write_text("".join(FACTS.read_text(encoding="utf-8").splitlines(keepends=True)[:4]), encoding="utf-8")
    settings = {"core.base_model": str(tiny_base), "core.scaffold_model": "base[:2]", "core.device": "cpu", **QUICK}
    sets = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    status = example.main([str(few), "--life", str(tmp_path / "life"), *sets])
    said = capsys.readouterr().out
    rows = re.findall(r"(answered|never told) +2 facts +([\d.]+) -> ([\d.]+)", said)
    drops = {name: float(before) - float(after) for name, before, after in rows}
    assert status == int(not drops["answered"] > max(0.0, drops["never told"]))
    assert "8 about what was told (0 right), 8 never told" in said
    assert "AUROC, never told above told (8 and 8" in said
    assert re.search(r"learned    \d of the latest 2 answers", said)
