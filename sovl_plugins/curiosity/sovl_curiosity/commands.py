"""The ``curiosity`` command: what may be typed after it, and measuring on a file."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Union

from sovl_core.durable import private_opener
from sovl_core.error_handling import BadInput
from sovl_core.live_tuning import tuning_options
from sovl_core.plugin import Command, CommandOption
from sovl_curiosity.settings import CuriositySettings

if TYPE_CHECKING:
    from sovl_core.events import Utterance
    from sovl_core.plugin import PluginContext
    from sovl_curiosity.calibration import Calibration

TUNABLE = tuple(CuriositySettings.model_fields)
#: Where ``measure`` writes what it finds.
OUT = CommandOption("out", str, "With measure: write each question to this new JSONL file, as it is asked.")


def curiosity_command(run: Callable[[List[str], Dict[str, Any]], Union[str, Utterance]]) -> Command:
    """Return the command.

    :param run: receives words and options.
    """
    return Command(
        "curiosity",
        "Show how curious it is, why it asked and what it learned, or tune it; let it ask now, list the questions that "
        "wait, or measure on those of a file how well it tells what it does not know.",
        run,
        usage="curiosity [ask|queue|measure FILE [--out FILE]] [--silence S] [--cooldown S] ...",
        example="curiosity --silence 10 --cooldown 30",
        options=(*tuning_options(CuriositySettings, TUNABLE), OUT),
        words=("ask", "queue", "measure"),
    )


def measure_file(
    files: List[str], out: Optional[str], context: PluginContext, calibration: Optional[Calibration]
) -> str:
    """Measure on the questions of a file; returns tables for people.

    :param files: what was typed after ``measure``.
    :param out: path of a JSONL file for what was found of each question; it must not be there yet.
    :param calibration: the life's own.
    :raises BadInput: when something of it cannot be used; before any model is loaded, if possible.
    """
    from sovl_curiosity.measurement import EXAMPLE, measure, read_questions, report, write_line

    if len(files) != 1:
        raise BadInput("curiosity measure takes one file of questions", EXAMPLE)
    asked = read_questions(Path(files[0]))
    if out is None:
        return report(measure(asked, context, calibration))
    try:
        open(out, "x", opener=private_opener).close()
    except OSError as error:
        raise BadInput(f"{out} cannot be written: {error.strerror}", "Choose another --out") from error
    return report(measure(asked, context, calibration, partial(write_line, Path(out))))
