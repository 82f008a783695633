"""Takes what a file holds into a journal, some at a time, and says what came of it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Callable, Dict, List, Optional

from sovl_core.error_handling import DataError, SOVLError
from sovl_core.events import Progress
from sovl_core.importing.found import LeftOut, Unusable
from sovl_core.importing.recognition import LINES, PAIRS
from sovl_core.records import Exchange
from sovl_core.system_logging import log_error, log_info

if TYPE_CHECKING:
    from sovl_core.importing.reading import Reading
    from sovl_core.journal import Journal
    from sovl_core.system_logging import ThreadSafeLogger

#: Exchanges that are written at once; when writing fails, so many are at most not yet written.
AT_ONCE = 100
#: Unusable parts that a report quotes; the log holds them all.
QUOTED = 5


@dataclass
class TakenIn:
    """What came of a file: ``new`` exchanges are in the journal now, ``known`` ones were already.

    ``unusable`` counts the parts that could not be used, of which ``quoted`` are the first.
    ``left_out`` counts by kind what could be read and was not taken in.
    """

    name: str
    form: str
    new: int = 0
    known: int = 0
    conversations: int = 0
    unusable: int = 0
    quoted: List[Unusable] = field(default_factory=list)
    left_out: Dict[str, int] = field(default_factory=dict)


def take_in(
    journal: Journal,
    reading: Reading,
    conversation: str,
    logger: Optional[ThreadSafeLogger] = None,
    progress: Optional[Callable[[Progress], None]] = None,
) -> TakenIn:
    """Enter what a file holds into the journal; what has no conversation of its own is put into one.

    :param conversation: for what has none.
    :param logger: receives one ``bad_import`` entry for each part that cannot be used, and a summary.
    :param progress: told after each :data:`AT_ONCE` exchanges.
    :raises DataError: when nothing in the file can be used.
    :raises SOVLError: when the journal cannot be written; what was written before stays, and is not taken in again.
    """
    report = TakenIn(reading.name, reading.form)
    names = set()
    waiting: List[Exchange] = []
    for found in reading.found:
        if isinstance(found, Unusable):
            _note(report, found, logger)
            continue
        if isinstance(found, LeftOut):
            report.left_out[found.what] = report.left_out.get(found.what, 0) + found.count
            continue
        exchange = _placed(found, reading, conversation)
        names.add(exchange.conversation)
        waiting.append(exchange)
        if len(waiting) == AT_ONCE:
            _write(journal, waiting, report)
            if progress is not None:
                done = report.new + report.known
                progress(Progress("taking in", round(100 * reading.share()), 100, detail=f"{done} so far"))
    _write(journal, waiting, report)
    report.conversations = len(names)
    counts = {"new": report.new, "known": report.known, "unusable": report.unusable, "left_out": report.left_out}
    log_info(logger, "taken_in", file=report.name, **counts)
    if not names:
        raise DataError(f"{reading.name}: there is nothing in it to remember{_because(report)}", _example(reading))
    return report


def _placed(exchange: Exchange, reading: Reading, conversation: str) -> Exchange:
    if reading.form == LINES:
        return dataclasses.replace(exchange, conversation=conversation)
    return dataclasses.replace(
        exchange,
        conversation=exchange.conversation or conversation,
        details={**exchange.details, "file": PurePath(reading.name).name},
    )


def _note(report: TakenIn, unusable: Unusable, logger: Optional[ThreadSafeLogger]) -> None:
    report.unusable += 1
    if len(report.quoted) < QUOTED:
        report.quoted.append(unusable)
    log_error(logger, "bad_import", file=report.name, place=unusable.place, problem=unusable.why)


def _write(journal: Journal, waiting: List[Exchange], report: TakenIn) -> None:
    try:
        new = journal.take_in(waiting)
    except SOVLError as error:
        raise SOVLError(_told_in_part(report, error), _how_to_go_on(waiting, report, error)) from error
    report.new += new
    report.known += len(waiting) - new
    waiting.clear()


def _told_in_part(report: TakenIn, error: SOVLError) -> str:
    return f"{report.new} from {report.name} are in the journal, then this failed: {error.message}"


def _how_to_go_on(waiting: List[Exchange], report: TakenIn, error: SOVLError) -> str:
    hint = (error.hint or "Try again").rstrip(".")
    if any(exchange.key for exchange in waiting):
        return f"{hint}. Then type the same again: nothing is taken in twice"
    return f"{hint}. Then tell what comes after the first {report.new}: these are in"


def _because(report: TakenIn) -> str:
    listed = "; ".join(str(unusable) for unusable in report.quoted)
    more = report.unusable - len(report.quoted)
    return (f": {listed}" if listed else "") + (f"; and {more} more" if more > 0 else "")


def _example(reading: Reading) -> str:
    if reading.form == PAIRS:
        return 'Each line must be like {"prompt": "What is my dog called?", "response": "Rex."}'
    return f"It was read as {reading.form}; another form: --format NAME"
