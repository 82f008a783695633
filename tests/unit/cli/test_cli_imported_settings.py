from __future__ import annotations

from typing import Any, List

import pytest

from sovl_core.cli.imported_settings import print_imported
from sovl_core.config_import import ABSENT, CHANGED, REFUSED, REPLACED, SAME, UNKNOWN, ImportedSetting

pytestmark = pytest.mark.no_torch

RECORDS = [
    ImportedSetting("core_config.random_seed", 7, CHANGED, "core.seed", 7, "drawn \x1b[31mred"),
    ImportedSetting("lora_config.lora_rank", 8, SAME, "lora.rank", 8),
    ImportedSetting("controls_config.has_woken", None, REPLACED, why="the life knows it"),
    ImportedSetting("controls_config.base_temperature", 3, REFUSED, "generation.temperature", 3, "0 to 2"),
    ImportedSetting("controls_config.enable_dreaming", True, ABSENT, "plugins.dream.enabled", True, "not installed"),
    ImportedSetting("x.y", "z" * 90, UNKNOWN, why="did you mean core_config.random_seed?"),
]


def printed(app: Any, records: List[ImportedSetting], dry_run: bool = False) -> List[str]:
    print_imported(app, "config.json", records, dry_run)
    return [" ".join(line.split()) for line in app.stdout.getvalue().splitlines()]


def test_what_is_taken_what_replaces_and_what_is_refused_stand_apart(app: Any) -> None:
    rows = printed(app, RECORDS)
    assert [row for row in rows if row.startswith(("classic", "without", "not taken"))] == [
        "classic value today value",
        "without a counterpart value instead",
        "not taken value why",
    ]
    assert "core_config.random_seed 7 core.seed 7" in rows
    assert "core.seed: drawn red." in rows
    assert "lora_config.lora_rank 8 lora.rank 8 (as it is)" in rows
    assert "controls_config.has_woken nothing the life knows it" in rows
    assert "controls_config.base_temperature 3 0 to 2" in rows
    assert "controls_config.enable_dreaming true not installed" in rows
    assert f'x.y "{"z" * 30}… config.json: no such setting; did you mean core_config.random_seed?' in rows
    path = app.life_path() / "life.toml"
    assert rows[-1] == f"1 changed, 1 as they were, 1 without a counterpart, 3 not taken. Written: {path}"


def test_tables_that_would_be_empty_are_left_out(app: Any) -> None:
    rows = printed(app, [RECORDS[1]])
    assert rows[0] == "classic value today value"
    assert rows[-1].endswith("0 not taken. Nothing had to be written.")
    assert not any(row.startswith(("without", "not taken")) for row in rows)


def test_a_look_says_that_nothing_was_written(app: Any) -> None:
    assert printed(app, RECORDS, dry_run=True)[-1].endswith("3 not taken. Nothing was written.")
