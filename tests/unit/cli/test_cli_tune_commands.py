from __future__ import annotations

import json
from typing import Any

import pytest

from sovl_core.cli import tune_commands
from sovl_core.cli.slash_commands import SlashCommands

pytestmark = pytest.mark.no_torch

TUNED = {
    ("sleep", "tune"): tune_commands.SLEEP,
    ("dream", "tune"): tune_commands.DREAM,
    ("lifecycle",): tune_commands.LIFECYCLE,
    ("layers",): tune_commands.LAYERS,
    ("blend",): tune_commands.BLEND,
}


def value(shell: Any, key: str) -> Any:
    assert shell("config", "get", key, "--json") == 0
    return json.loads(shell.out)


@pytest.mark.parametrize("words", TUNED, ids=" ".join)
def test_without_options_each_setting_is_shown_with_its_range(shell: Any, words: Any) -> None:
    assert shell(*words) == 0
    for name in TUNED[words]:
        assert f"--{name} " in shell.out
    assert " to " in shell.out or words == ("layers",)


@pytest.mark.parametrize(
    ("line", "key", "now"),
    [
        ("sleep tune --log-minimum 12", "plugins.gestation.minimum_memories", 12),
        ("sleep tune --no-automatic", "plugins.gestation.automatic", False),
        ("dream tune --noise 0.02 --swing 0.2", "plugins.dream.swing", 0.2),
        ("lifecycle --curve exponential", "lifecycle.curve", "exponential"),
        ("blend --base-temperature 0.9", "generation.temperature", 0.9),
        ("layers --placement fixed --numbers 3,7", "plugins.cross_attention.layers", [3, 7]),
        ("gestate tune --confidence 0.6", "plugins.gestation.minimum_confidence", 0.6),
    ],
)
def test_what_is_given_is_kept(shell: Any, line: str, key: str, now: Any) -> None:
    assert shell(*line.split()) == 0
    assert f"({key})" in shell.out
    assert value(shell, key) == now


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("dream tune --noise 2", "2.0 is not in the range 0.0<=x<=1.0"),
        ("sleep tune --time-factor 0.1", "0.1 is not in the range 0.5<=x<=5"),
        ("lifecycle --curve steep", "'classic', 'sigmoid_linear', 'exponential'"),
        ("lifecycle --capacity-factor 0", "0.0 is not in the range 0<x<=1000"),
    ],
)
def test_a_refusal_names_the_range(shell: Any, line: str, said: str) -> None:
    assert shell(*line.split()) == 2
    assert said in " ".join(shell.err.split())


def test_settings_of_absent_plugins_are_no_options(shell: Any) -> None:
    assert shell("--no-plugin", "memory", "dream", "tune") == 0
    assert "--swing" in shell.out
    assert "--noise" not in shell.out
    assert shell("--no-plugin", "gestation", "sleep", "tune") == 2
    assert "gestation is not on" in shell.err


def test_in_a_session_it_is_the_same_command_and_changes_the_open_life(app: Any) -> None:
    app.system()
    app.slash = SlashCommands(app, {})
    app.slash.run("/lifecycle --capacity-factor 0.5")
    assert app.opened.config.lifecycle.capacity_factor == 0.5
    assert "capacity-factor: 0.01 -> 0.5  (lifecycle.capacity_factor)" in app.stdout.getvalue()
    completed = [item.value for item in app.slash.complete("/lifecycle --c")]
    assert completed == ["--capacity-factor", "--curve"]
    assert "tune" in [item.value for item in app.slash.complete("/dream t")]


def test_tuning_sleeps_no_night_and_dreams_nothing(shell: Any) -> None:
    assert shell("sleep", "tune") == 0
    assert shell.system is None
