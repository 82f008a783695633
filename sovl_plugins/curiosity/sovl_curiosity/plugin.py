"""The curiosity plugin: builds up pressure, asks when it erupts, takes note of answers and of what they taught."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Dict, Generator, List, Optional, Union

from sovl_core.events import NightInterrupted, Utterance
from sovl_core.hookspecs import hookimpl
from sovl_core.live_tuning import keep_hint, listing, tune
from sovl_core.plugin import Command, Plugin, PluginState, StatusPanel
from sovl_curiosity.answers import put_into_history, question_answered_by
from sovl_curiosity.calibrations import Calibrations
from sovl_curiosity.commands import TUNABLE, curiosity_command, measure_file
from sovl_curiosity.inquiry import Candidate, Inquiry
from sovl_curiosity.learning import GAINED
from sovl_curiosity.metric import TrueCuriosity
from sovl_curiosity.night_questions import NightQuestions
from sovl_curiosity.overview import how_ignorance_is_read, overview, why_not
from sovl_curiosity.pressure import CuriosityPressure
from sovl_curiosity.queue import QuestionQueue
from sovl_curiosity.self_knowledge import SelfKnowledge
from sovl_curiosity.settings import CuriositySettings
from sovl_curiosity.silence import Silence
from sovl_curiosity.tally import Tally
from sovl_curiosity.waking import Waking

if TYPE_CHECKING:
    from sovl_core.events import Dream, DreamRequest, Feedback, Idle, Night, NightReport, Reply, Turn
    from sovl_core.plugin import PluginContext
    from sovl_core.records import Question

#: Share of the pressure drop that a question out of the queue takes: it was thought of before.
QUEUE_SHARE = 0.7


class CuriosityPlugin(Plugin):
    """Asks at the end of replies and out of silence; reads the temperament in ``context.vitals``.

    Reads ``turn.annotations["memory.vectors"]`` (float [rows, width]), when something leaves it there, as what a
    question is compared with.
    """

    name = "curiosity"
    summary = "questions about what was said, in replies and out of silence"
    after = ("vitals.temperament", "memory.dreams")
    settings_model = CuriositySettings

    def __init__(self) -> None:
        self.settings = CuriositySettings()
        self.pressure = CuriosityPressure()
        self.curiosity = TrueCuriosity(self.settings)
        self.tally = Tally()
        self._silence = Silence()
        self._spoke = float("-inf")
        self._held_back = ""
        # Made at the start, out of the context.
        self.queue: QuestionQueue
        self.knowledge: SelfKnowledge
        self.inquiry: Inquiry
        self.night_questions: NightQuestions
        self._waking: Waking

    @hookimpl
    def on_start(self, context: PluginContext) -> None:
        """Keep the context and weigh by its settings."""
        self.context = context
        self.settings = context.settings
        self.queue = QuestionQueue(context.journal, context.logger, self.name)
        self._waking = Waking(context, self.queue)
        self.night_questions = NightQuestions(context, self.queue, self._candidate)
        self.knowledge = SelfKnowledge(context)
        self._be_curious([])

    @hookimpl(wrapper=True)
    def on_generate(self, turn: Turn) -> Generator[None, Optional[Reply], Optional[Reply]]:
        """Thank for an answer; let the reply build up pressure, and ask at its end when that erupts."""
        if turn.purpose != "reply":
            reply = yield
            self.knowledge.observe(turn, reply)
            return reply
        self._silence.end()
        answered = question_answered_by(turn, self.context.journal)
        thanks = f"{self.settings.thanks} " if answered and self.settings.thanks else ""
        if answered is not None:
            put_into_history(answered, turn)
        if thanks and turn.on_text is not None:
            turn.on_text(thanks)
        reply = yield
        if reply is None:
            return reply
        reply.text = thanks + reply.text
        if reply.finish_reason != "cancelled":
            self._live(turn, reply, may_ask=answered is None)
        return reply

    @hookimpl(wrapper=True)
    def on_sleep(self, night: Night) -> Generator[None, Optional[NightReport], Optional[NightReport]]:
        """After a night that was accepted, calibrate ignorance on the answers to its quiz, see what answers taught, and
        keep a question for the morning.

        Its judge's questions are part of the quiz: their answers are looked at as they come.
        """
        with self.knowledge.listening():
            report = yield
            if report is not None and report.accepted:
                if self.knowledge.look_back(night, report) is not None:
                    # Scores of before were made of another ignorance.
                    self.curiosity.scores.clear()
                unclear, worth_asking = self.knowledge.unclear(night.number), self.knowledge.worth_asking()
                # The night is lived: what is left to ask is not worth living its end again.
                with contextlib.suppress(NightInterrupted):
                    self.night_questions.after_night(night, report, unclear, self.pressure.value, worth_asking)
        return report

    @hookimpl(wrapper=True)
    def on_dream(self, request: DreamRequest) -> Generator[None, List[Dream], List[Dream]]:
        """After a dream try a few questions about what was dreamed of."""
        dreams = yield
        # What was dreamed would be lost: whoever ends the dreaming does so at the next breath.
        with contextlib.suppress(NightInterrupted):
            self.night_questions.after_dream(request, dreams)
        return dreams

    @hookimpl
    def on_idle(self, idle: Idle) -> Optional[Utterance]:
        """Wake up at a first start; build up pressure while nobody speaks, and speak up when it erupts.

        Loads no model: it wakes up once they are there.
        """
        if idle.may_speak and self._waking_up():
            return self._wake()
        self.pressure.wait(self._silence.notice(idle.seconds))
        settings = self.settings
        rested = self.context.clock() - self._spoke >= settings.cooldown
        if not settings.spontaneous or not idle.may_speak or not rested:
            return None
        morning = self._from_queue(self.night_questions.for_the_morning())
        if morning is not None:
            return self._speak_up(morning)
        tired = self._silence.eruptions >= settings.eruptions_per_silence
        if idle.seconds < settings.silence or tired or not self._erupts():
            return None
        self._silence.eruptions += 1
        text = self._fresh_question(idle.last_prompt) or self._from_queue(self.queue.take())
        if text is None:
            # Nothing worth asking came of it: the urge is gone all the same, or it would try again every second.
            self.pressure.drop(settings.pressure_drop)
            self.tally.fruitless += 1
            return None
        return self._speak_up(text)

    @hookimpl
    def on_feedback(self, feedback: Feedback) -> None:
        """Count answers, and those that a night has learned something from."""
        if feedback.kind == "answer":
            self.tally.answered += 1
        elif feedback.kind == "outcome" and feedback.text == GAINED:
            self.tally.measured += 1
            self.tally.taught += feedback.value > 0

    @hookimpl
    def on_commands(self) -> List[Command]:
        """Offer ``curiosity``: ask now, look and tune."""
        return [curiosity_command(self._command)]

    @hookimpl
    def on_status(self) -> StatusPanel:
        """Give pressure, questions and how new they were."""
        tally = self.tally
        latest = self.context.journal.questions(status="asked", limit=1)
        rows: Dict[str, Any] = {
            "pressure": f"{self.pressure.value:.2f} (erupts above {self.settings.pressure_threshold})",
            "questions": f"{tally.asked} asked ({tally.spontaneous} out of silence), {tally.answered} answered",
            "waiting": self.context.journal.count_questions("queued"),
            "eruptions": f"{tally.eruptions} ({tally.fruitless} came to no question)",
            "mean novelty": f"{tally.mean_novelty:.2f}",
            "ignorance": how_ignorance_is_read(self.settings, self.knowledge.calibrations, self.context.journal),
        }
        if tally.measured:
            rows["answers"] = f"{tally.taught} of {tally.measured} were known better after their night"
        if latest:
            rows["open question"] = latest[0].text
        return StatusPanel("Curiosity", rows)

    @hookimpl
    def on_save_state(self, state: PluginState) -> None:
        """Save pressure, scores, counts and calibrations; questions and losses are in the journal."""
        state.values.update(
            pressure=self.pressure.value,
            scores=list(self.curiosity.scores),
            tally=self.tally.to_dict(),
            calibrations=self.knowledge.calibrations.to_list(),
        )

    @hookimpl
    def on_load_state(self, state: PluginState) -> None:
        """Take them back."""
        self.pressure = CuriosityPressure(float(state.values.get("pressure", 0.0)))
        self.tally = Tally.from_dict(state.values.get("tally", {}))
        self.knowledge.calibrations = Calibrations.from_list(state.values.get("calibrations", []))
        self._be_curious(state.values.get("scores", []))

    def _be_curious(self, scores: List[float]) -> None:
        self.curiosity = TrueCuriosity(self.settings, scores)
        self.inquiry = Inquiry(self.context, self.curiosity, self.knowledge.calibration)

    def _waking_up(self) -> bool:
        return self.settings.wake_up and self.context.models_loaded() and self._waking.due

    def _wake(self) -> Utterance:
        said = self._waking.speak(self.name)
        if said.question:
            self._spoke = self.context.clock()
            self.tally.spontaneous += 1
        return said

    def _speak_up(self, text: str) -> Utterance:
        self._spoke = self.context.clock()
        self.tally.spontaneous += 1
        return Utterance(text, question=True, source=self.name)

    def _erupts(self) -> bool:
        settings = self.settings
        erupts = self.pressure.value > settings.pressure_threshold and self.pressure.should_erupt(
            settings.pressure_threshold, self.knowledge.eruption_chance(), self.context.rng
        )
        self.tally.eruptions += erupts
        return erupts

    def _live(self, turn: Turn, reply: Reply, may_ask: bool) -> None:
        self.inquiry.dreamed = list(turn.annotations.get("memory.vectors", ()))
        self.pressure.update(self.context.vitals.temperament, reply.confidence)
        if not may_ask or reply.question is not None or not self.settings.in_replies:
            return
        reply.question = self._from_queue(self.night_questions.for_the_morning())
        if reply.question is not None:
            self.tally.in_replies += 1
            return
        if not self._erupts():
            return
        self.pressure.drop(self.settings.pressure_drop)
        candidate = self._candidate(turn.prompt, cancelled=turn.cancelled)
        if candidate is not None and candidate.interest.score > self.settings.response_threshold:
            self.queue.asked(candidate.text, turn.episode, candidate.details(self.settings.response_threshold))
            self.tally.in_replies += 1
            reply.question = candidate.text
            return
        self.tally.fruitless += 1
        self._held_back = why_not(candidate, self.settings.response_threshold)

    def _candidate(self, said: str, **how: Any) -> Optional[Candidate]:
        candidate = self.inquiry.question_about(said, self.queue.recent(), **how) if said else None
        if candidate is not None:
            self.tally.weigh(candidate.interest.novelty)
        return candidate

    def _fresh_question(self, said: str) -> Optional[str]:
        settings = self.settings
        candidate = self._candidate(said) if self.context.models_loaded() else None
        if candidate is not None and candidate.interest.score > settings.spontaneous_threshold:
            self.queue.asked(candidate.text, None, candidate.details(settings.spontaneous_threshold))
            self.pressure.drop(settings.pressure_drop)
            return candidate.text
        if candidate is not None and candidate.interest.score > settings.response_threshold:
            self.queue.put(candidate.text, settings.queue_size, None, candidate.details(settings.response_threshold))
        else:
            self._held_back = why_not(candidate, settings.response_threshold)
        return None

    def _from_queue(self, question: Optional[Question]) -> Optional[str]:
        if question is None:
            return None
        self.pressure.drop(self.settings.pressure_drop * QUEUE_SHARE)
        return question.text

    def _ask_now(self) -> Union[str, Utterance]:
        candidate = self._candidate(self.context.vitals.last_prompt)
        if candidate is not None:
            self.queue.asked(candidate.text, None, candidate.details())
            text: Optional[str] = candidate.text
        else:
            waiting = self.queue.take()
            text = None if waiting is None else waiting.text
        if text is None:
            return "There is nothing to ask about yet: say something about yourself first."
        self._spoke = self.context.clock()
        self.tally.by_command += 1
        return Utterance(text, question=True, source=self.name)

    def _command(self, words: List[str], options: Dict[str, Any]) -> Union[str, Utterance]:
        if words and words[0] == "ask":
            return self._ask_now()
        if words and words[0] == "queue":
            waiting = [f"{question.id}  {question.text}" for question in self.queue.waiting()]
            return "\n".join(waiting) or "No question is waiting."
        if words and words[0] == "measure":
            found = self.knowledge.calibrations.in_use(self.context.journal)
            return measure_file(words[1:], options.get("out"), self.context, found[1] if found else None)
        changes = tune(self.name, self.settings, options)
        if not changes:
            known, journal = self.knowledge.calibrations, self.context.journal
            shown = overview(self.pressure.value, self.settings, known, journal, self._held_back)
            return "\n".join([*shown, "", *listing(self.settings, TUNABLE)])
        return "\n".join([*changes, keep_hint(self.name, changes)])
