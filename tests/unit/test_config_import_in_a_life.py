from __future__ import annotations

import json
from pathlib import Path

import pytest

from sovl_core.error_handling import SOVLError
from sovl_core.system import SOVLSystem
from sovl_core.system_config import load_config


def test_an_open_life_takes_a_classic_file_over(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"random_seed": 7, "base_temperature": 3}))
    with SOVLSystem.open(tmp_path / "life", plugins=()) as life:
        looked = life.import_config(file, dry_run=True)
        assert life.config.core.seed == 42
        assert life.import_config(str(file)) == looked
        assert [record.outcome for record in looked] == ["changed", "refused"]
        assert (life.config.core.seed, life.config.generation.temperature) == (7, 0.7)
    assert load_config(tmp_path / "life" / "life.toml").core.seed == 7

    reading = SOVLSystem.open(tmp_path / "life", plugins=(), read_only=True)
    with reading as reader, pytest.raises(SOVLError, match="reading"):
        reader.import_config(file)


def test_how_long_the_histories_are_is_a_setting_of_the_life(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"confidence_history_maxlen": 3, "temperament_history_maxlen": 7}))
    with SOVLSystem.open(tmp_path / "life", plugins=()) as life:
        life.import_config(file)
        assert life.vitals.confidence_history.maxlen == 5  # from the next start
    with SOVLSystem.open(tmp_path / "life", plugins=()) as life:
        assert (life.vitals.confidence_history.maxlen, life.vitals.temperament_history.maxlen) == (3, 7)
