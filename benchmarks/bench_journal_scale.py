"""Rows 8 and 9: turns, memory and ``sovl status`` in a life of a million episodes, beside one of a thousand."""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict

import pytest

from benchmarks.lives import QUESTION, endless, fresh_life, greedy
from benchmarks.many_episodes import long_life
from benchmarks.processes import environment, run, script

if TYPE_CHECKING:
    from benchmarks.figures import Figures
    from benchmarks.size import Size
    from benchmarks.timing import Paired
    from sovl_core.system import SOVLSystem

SOVL = str(Path(sys.executable).with_name("sovl"))
TOKENS = "16"


@pytest.fixture(scope="module")
def lives(size: Size, tmp_path_factory: Any) -> Dict[int, Path]:
    """Folders of a short and a long life, by their episodes."""
    folder = tmp_path_factory.mktemp("lives")
    episodes = (100, 5_000) if size.quick else (1_000, 1_000_000)
    for count in episodes:
        long_life(folder / str(count) / "life", count)
        # Once opened for writing: its settings are there, and the model that every process is to load.
        with fresh_life(folder / str(count), size) as life:
            life.set_config("core.base_model", str(size.base))
    return {count: folder / str(count) for count in episodes}


def test_a_turn_in_a_long_life(paired: Paired, figures: Figures, size: Size, lives: Dict[int, Path]) -> None:
    (few, short_folder), (many, long_folder) = sorted(lives.items())
    with fresh_life(short_folder, size) as short, fresh_life(long_folder, size) as long:
        with endless(short.models()), endless(long.models()):
            pair = paired(lambda: _turn(long, size), lambda: _turn(short, size))
        assert _turn(long, size) == _turn(short, size)
    figures.ratio(8, "a turn in a long life / in a short one", *pair, at_most=1.1, episodes=[many, few])


def test_memory_of_a_turn_in_a_long_life(figures: Figures, size: Size, lives: Dict[int, Path]) -> None:
    (few, short_folder), (many, long_folder) = sorted(lives.items())
    short, long = (
        run(script("chat", str(folder / "life"), str(size.base), TOKENS, QUESTION)).peak
        for folder in (short_folder, long_folder)
    )
    figures.add(
        8,
        "peak memory of a turn in a long life / in a short one",
        long / short,
        "times",
        at_most=1.1,
        episodes=[many, few],
        mib=[long / 1024, short / 1024],
    )


def test_status_of_a_long_life(paired: Paired, figures: Figures, size: Size, lives: Dict[int, Path]) -> None:
    episodes = max(lives)
    life = str(lives[episodes] / "life")
    pair = paired(lambda: _sovl("--life", life, "status"), lambda: _sovl("--version"))
    figures.add(
        9,
        "sovl status in a long life - sovl --version",
        statistics.median(ours - other for ours, other in zip(*pair)),
        "seconds",
        at_most=0.3,
        seconds={"status": pair.ours, "version": pair.other},
        episodes=episodes,
    )


def _turn(life: SOVLSystem, size: Size) -> Any:
    life.new_conversation()
    return life.generate(QUESTION, **greedy(size)).token_ids


def _sovl(*arguments: str) -> None:
    command = [SOVL, *arguments]
    subprocess.run(command, env=environment(), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
