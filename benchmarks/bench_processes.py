"""Rows 7 and 10: memory of a chat, and the wait for the first token of ``sovl ask``, each in a process of its own."""

from __future__ import annotations

import shutil
import statistics
import sys
from pathlib import Path
from typing import TYPE_CHECKING, List

from benchmarks.lives import QUESTION, fresh_life
from benchmarks.processes import run, script

if TYPE_CHECKING:
    from benchmarks.figures import Figures
    from benchmarks.lives import Slept
    from benchmarks.size import Size
    from benchmarks.timing import Paired

TOKENS = "16"
SOVL = str(Path(sys.executable).with_name("sovl"))


def test_memory_of_a_chat_with_a_scaffold_of_shared_weights(figures: Figures, size: Size, slept: Slept) -> None:
    base = str(size.base)
    chat = [run(script("chat", str(slept.folder), base, TOKENS, slept.question)).peak for _ in range(size.night_rounds)]
    alone = [run(script("bare", base, TOKENS, slept.question)).peak for _ in range(size.night_rounds)]
    figures.add(
        7,
        "peak memory of a chat after a night / of the base alone",
        statistics.median(chat) / statistics.median(alone),
        "times",
        at_most=1.25,
        chat_mib=[peak / 1024 for peak in chat],
        base_alone_mib=[peak / 1024 for peak in alone],
    )


def test_first_token_in_a_new_life(paired: Paired, figures: Figures, size: Size, folder: Path) -> None:
    with fresh_life(folder, size) as life:
        life.set_config("core.base_model", str(size.base))
    _first_token("first token of sovl ask, a new life / of the bare script", folder / "life", paired, figures, size)


def test_first_token_in_a_life_that_has_slept(
    paired: Paired, figures: Figures, size: Size, slept: Slept, folder: Path
) -> None:
    # The life itself is open here, and only one process writes it at a time.
    copy = Path(shutil.copytree(str(slept.folder), str(folder / "life")))
    with fresh_life(folder, size) as life:
        life.set_config("core.base_model", str(size.base))
    _first_token("first token of sovl ask, after a night / of the bare script", copy, paired, figures, size)


def _first_token(what: str, life: Path, paired: Paired, figures: Figures, size: Size) -> None:
    waited: List[List[float]] = [[], []]
    ask = [SOVL, "--life", str(life), "ask", "--max-tokens", "8", QUESTION]

    def sovl() -> None:
        waited[0].append(run(ask).first_output)

    def bare() -> None:
        waited[1].append(run(script("bare", str(size.base), "1", QUESTION)).first_output)

    pair = paired(sovl, bare, warm_up=not size.quick, rounds=1 if size.quick else 0)
    # What was waited for is the first output, not the end of the process that the pair was timed to.
    rounds = len(pair.ours)
    figures.ratio(10, what, waited[0][-rounds:], waited[1][-rounds:], at_most=1.5, whole_processes=pair._asdict())
