"""What a life knows about its own knowing: ignorance calibrated after each night, and what answers have taught it."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING, Iterator, List, Optional

from sovl_core.system_logging import log_info
from sovl_curiosity import learning
from sovl_curiosity.calibrations import Calibrations
from sovl_curiosity.quiz import Quiz

if TYPE_CHECKING:
    from sovl_core.events import Night, NightReport, Reply, Turn
    from sovl_core.plugin import PluginContext
    from sovl_curiosity.calibration import Calibration


class SelfKnowledge:
    """Calibrations and learning progress.

    :param context: of the plugin.
    """

    def __init__(self, context: PluginContext) -> None:
        self._context = context
        self._quiz: Optional[Quiz] = None
        self.calibrations = Calibrations()

    def calibration(self) -> Optional[Calibration]:
        """Return what ignorance is read by; None for the classic formula."""
        if self._context.settings.metric != "calibrated":
            return None
        found = self.calibrations.in_use(self._context.journal)
        return found[1] if found is not None and found[1].trusted else None

    def eruption_chance(self) -> float:
        """Return the chance of an eruption: less of it while answers have not lowered the loss."""
        chance: float = self._context.settings.eruption_chance * self.worth_asking()
        return chance

    def worth_asking(self) -> float:
        """Return the share of its questions that it asks: fewer of them while answers have not lowered the loss."""
        gained = learning.progress(learning.learned(self._context.journal))
        stalled = gained is not None and gained <= 0
        share: float = self._context.settings.stalled_chance if stalled else 1.0
        return share

    def unclear(self, night: int) -> List[int]:
        """Return the memories that a night has dreamed of and, asked about them, got wrong: by number.

        Only within :meth:`listening`.
        """
        dreams = self._context.journal.dreams(night=night, verdict="accepted", limit=None)
        return [] if self._quiz is None else self._quiz.missed(dreams)

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Within this block, a night, greedy answers that somebody asks for may be answers to the quiz."""
        self._quiz = Quiz()
        try:
            yield
        finally:
            self._quiz = None

    def observe(self, turn: Turn, reply: Optional[Reply]) -> None:
        """Take note of what was answered in a night."""
        if self._quiz is not None and reply is not None and turn.purpose == "evaluation" and turn.use_scaffold:
            self._quiz.observe(turn.prompt, reply)

    def look_back(self, night: Night, report: NightReport) -> Optional[Calibration]:
        """Calibrate after a night that is accepted, and see what answers have taught, which the report then tells.

        :return: the new calibration; None where the night gave too few questions for one.
        :raises NightInterrupted: when the night has to end before that was done.
        """
        made = self._calibrate(night, report)
        measured = learning.measure_answers(night, self._context)
        learning.enter(self._context.journal, night.number, measured)
        report.outcomes += learning.outcomes(measured, self._context.journal, self._context.name)
        return made

    def _calibrate(self, night: Night, report: NightReport) -> Optional[Calibration]:
        context, journal = self._context, self._context.journal
        dreams = journal.accepted_dreams(nights=journal.ancestors(night.number), limit=None)
        # What the judge lets through is what will be answered, once the night is accepted with its reach.
        ask = partial(self._ask, report.multiplier)
        quiz = self._quiz or Quiz()
        made = quiz.calibrate(dreams, context.settings.probe_tokens, ask, night.breathe)
        if made is not None:
            self.calibrations.add(night.number, made)
            figures = {"known": made.known, "unknown": made.unknown, "auroc": round(made.area, 3)}
            log_info(context.logger, "curiosity_calibrated", night=night.number, **figures)
        return made

    def _ask(self, reach: float, turn: Turn) -> Reply:
        turn.reach = reach
        return self._context.generate(turn)
