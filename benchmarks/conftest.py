"""Options, fixtures, and the table at the end."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, Iterator

import pytest

from benchmarks.bare import BareModel
from benchmarks.figures import Figures
from benchmarks.lives import Slept, sleep_once
from benchmarks.size import Size, real_model, surroundings
from benchmarks.timing import Paired

FIGURES = pytest.StashKey[Figures]()
SIZE = pytest.StashKey[Size]()


def pytest_addoption(parser: Any) -> None:
    """Add options of this folder to pytest."""
    options = parser.getgroup("sovl benchmarks")
    options.addoption("--quick", action="store_true", help="tiny random models: tries the harness, measures nothing")
    options.addoption("--model", type=Path, help="folder of the base (the default model otherwise)")
    options.addoption("--rounds", type=int, help="rounds of each turn")
    options.addoption("--night-steps", type=int, help="steps of a night (as many as it takes otherwise)")
    options.addoption("--compile", action="store_true", help="also the compiled step, which compiles for minutes")
    options.addoption("--json", type=Path, default=Path("build/bench.json"), help="where the figures are written")


@pytest.fixture(scope="session")
def size(request: Any, tmp_path_factory: Any) -> Size:
    """What is measured with."""
    options = request.config.option
    if options.quick or os.environ.get("SOVL_BENCH_QUICK", "") not in ("", "0"):
        from sovl_core.testing import TinyModels

        base = options.model or TinyModels(tmp_path_factory.mktemp("models"))("llama")
        chosen = Size(True, base, tokens=16, rounds=2, memories=2, steps=2)
    else:
        chosen = Size(False, options.model or real_model())
    chosen = replace(
        chosen,
        rounds=options.rounds or chosen.rounds,
        steps=options.night_steps or chosen.steps,
        compiled=options.compile,
    )
    request.config.stash[SIZE] = chosen
    return chosen


@pytest.fixture(scope="session")
def figures(request: Any, size: Size) -> Figures:
    """Where figures are kept."""
    stash = request.config.stash
    if FIGURES not in stash:
        stash[FIGURES] = Figures(surroundings(size))
    return stash[FIGURES]


@pytest.fixture(scope="session")
def bare(size: Size) -> BareModel:
    """The model as transformers loads it."""
    return BareModel(size.base)


@pytest.fixture(scope="session")
def slept(size: Size, tmp_path_factory: Any) -> Iterator[Slept]:
    """A life with all plugins after its first night."""
    slept = sleep_once(tmp_path_factory.mktemp("slept"), size)
    with slept.life:
        yield slept


@pytest.fixture
def paired(benchmark: Any, size: Size) -> Paired:
    """Runs two functions in turn."""
    return Paired(benchmark, size.rounds)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A new folder."""
    return tmp_path


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any, config: Any) -> None:
    """Show the table and write the JSON."""
    figures = config.stash.get(FIGURES, None)
    if figures is None:
        return
    figures.write(config.option.json)
    terminalreporter.section("figures")
    terminalreporter.write_line(figures.table())
    if config.stash[SIZE].quick:
        terminalreporter.write_line("Tiny random models: this tells that the harness works, not how fast it is.")
    terminalreporter.write_line(f"All of it, raw seconds too: {config.option.json}")
