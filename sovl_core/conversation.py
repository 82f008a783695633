"""A user's turn, journal first: the words are durable before anything is done with them, the reply is added after."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional, Tuple

from sovl_core.error_handling import BadInput
from sovl_core.events import Feedback, Reply, Turn, Utterance
from sovl_core.exposure import SeenPrompts, exposure_gain
from sovl_core.journal_rows import clean_text
from sovl_core.model_gate import ModelGate
from sovl_core.records import Episode
from sovl_core.utils import get_life_curve_weight

if TYPE_CHECKING:
    from sovl_core.failures import Failures
    from sovl_core.journal import Journal
    from sovl_core.plugin_manager import PluginManager
    from sovl_core.state_keeper import StateKeeper
    from sovl_core.system_config import SystemConfig
    from sovl_core.vitals import Vitals

SEEN_KEY = "seen_prompts"
#: Weight in training of what the user answers to a question.
ANSWER_WEIGHT = 1.2


class Conversation:
    """The conversation that goes on, and the turns in it.

    :param answer: answers a turn through the hooks, without journaling it.
    :param failures: takes what a turn raises.
    :param read_only: when True turns are answered and nothing of them is kept.
    """

    def __init__(
        self,
        config: SystemConfig,
        journal: Journal,
        hooks: PluginManager,
        gate: ModelGate,
        vitals: Vitals,
        state: StateKeeper,
        answer: Callable[[Turn], Reply],
        failures: Failures,
        read_only: bool = False,
    ) -> None:
        self._config = config
        self._journal = journal
        self._hooks = hooks
        self._gate = gate
        self._vitals = vitals
        self._state = state
        self._answer = answer
        self._failures = failures
        self._read_only = read_only
        self._seen = SeenPrompts(journal.get_value(SEEN_KEY, []))
        # Question put to the user and not yet answered, by conversation.
        self._asked: Dict[str, int] = {}
        self.current = journal.new_conversation()

    def new(self) -> str:
        """Begin another conversation and return its name."""
        self.current = self._journal.new_conversation()
        return self.current

    def go_on_with(self, name: str) -> None:
        """Let what is said from now on belong to another conversation."""
        self.current = name

    def reply(self, prompt: str, source: str = "chat", weight: float = 1.0, **fields: Any) -> Reply:
        """Answer the user.

        An answer to a question that was asked in this conversation becomes an episode of source ``answer``.

        :param fields: any field of :class:`Turn` other than ``prompt`` and ``episode``.
        :raises BadInput: for an empty prompt.
        :raises SOVLError: when the reply failed; the user's words are kept.
        """
        require_text(prompt)
        conversation = fields.pop("conversation", "") or self.current
        if self._read_only:
            return self._generate(clean_text(prompt), conversation, None, fields)[0]
        question = self._question_answered_by(prompt, conversation, source)
        episode = self._begin(prompt, conversation, source, weight, question)
        # Held until the reply is written down: it is part of the history of whoever speaks next.
        with self._gate.turn():
            # The journal's text, not the user's: a lone surrogate breaks every tokenizer.
            reply, details = self._generate(episode.prompt, conversation, episode.id, fields)
            self._journal.finish_episode(episode.id, reply.text, confidence=reply.confidence, details=details)
            self._remember(episode.prompt, reply)
        if question is not None:
            self._answered(question, episode)
        if reply.question:
            self.ask(reply.question, source="reply", conversation=conversation, episode=episode.id)
        return reply

    def tell(self, text: str, source: str = "tell", weight: float = 1.0, conversation: str = "") -> Episode:
        """Put the user's words into the journal without a reply.

        :raises BadInput: for an empty text.
        """
        require_text(text)
        return self._journal.begin_episode(text, conversation or self.current, source=source, weight=weight)

    def take_feedback(self, feedback: Feedback) -> None:
        """Write feedback down and pass it on; the words of a correction become an episode of their own.

        :raises BadInput: for a correction without words.
        """
        if feedback.kind == "correction":
            require_text(feedback.text)
            wrong = self._journal.episode(feedback.episode) if feedback.episode is not None else None
            said = self._journal.begin_episode(
                feedback.text,
                wrong.conversation if wrong else self.current,
                source="correction",
                details={"corrects": feedback.episode},
            )
            feedback = replace(feedback, text=said.prompt)
        self._pass_on(feedback)

    def say(self, utterance: Utterance, conversation: str = "") -> None:
        """Take note of something said unasked: a question waits for its answer from now on."""
        if utterance.question and not self._read_only:
            self.ask(utterance.text, utterance.source, conversation or self.current)

    def ask(self, text: str, source: str, conversation: str, episode: Optional[int] = None) -> None:
        """Enter a question put to the user into the journal, unless the plugin that asks it has done so."""
        known = [question for question in self._journal.questions(status="asked", limit=20) if question.text == text]
        question = known[0] if known else self._journal.add_question(text, source, status="asked", episode=episode)
        self._asked[conversation] = question.id

    def _begin(self, prompt: str, conversation: str, source: str, weight: float, question: Optional[int]) -> Episode:
        if question is None:
            return self._journal.begin_episode(prompt, conversation, source=source, weight=weight)
        return self._journal.begin_episode(
            prompt, conversation, source="answer", weight=weight * ANSWER_WEIGHT, details={"question": question}
        )

    def _generate(
        self, prompt: str, conversation: str, episode: Optional[int], fields: Dict[str, Any]
    ) -> Tuple[Reply, Dict[str, Any]]:
        """Return a reply, and what is to be kept of how it came about: what could not be found out later."""
        try:
            turn = self._turn(prompt, conversation, episode, fields)
            # Taken before plugins make it theirs: they would do so again when the reply is explained.
            influence = turn.influence
            reply = self._answer(turn)
        except Exception as error:
            failure = self._failures.survive(error, "reply", episode)
            if failure is error:
                raise
            raise failure from error
        self._failures.tell_plugins()
        reply.episode = episode
        details = {
            "finish_reason": reply.finish_reason,
            "tokens": len(reply.token_ids),
            "token_ids": list(reply.token_ids),
            "night": self._journal.current_night(),
            **({} if influence == 1.0 else {"influence": influence}),
            **({} if turn.use_scaffold else {"scaffold": False}),
        }
        return reply, details

    def _turn(self, prompt: str, conversation: str, episode: Optional[int], fields: Dict[str, Any]) -> Turn:
        settings = self._config.generation
        values: Dict[str, Any] = {
            "history": self._journal.messages(conversation, settings.history_turns),
            "max_new_tokens": settings.max_new_tokens,
            "temperature": 0.0 if settings.greedy else settings.temperature,
            "top_k": settings.top_k,
            "top_p": settings.top_p,
            "repetition_penalty": settings.repetition_penalty,
            "influence": self._influence(),
        }
        values.update(fields)
        return Turn(prompt=prompt, conversation=conversation, episode=episode, **values)

    def _influence(self) -> float:
        lifecycle = self._config.lifecycle
        if lifecycle.influence == "full":
            return 1.0
        return get_life_curve_weight(
            self._vitals.exposure,
            self._vitals.capacity,
            lifecycle.curve,
            lifecycle.sigmoid_scale,
            lifecycle.sigmoid_shift,
        )

    def _remember(self, prompt: str, reply: Reply) -> None:
        if reply.token_ids and reply.finish_reason != "cancelled":
            self._vitals.record_confidence(reply.confidence)
        self._vitals.last_prompt = prompt
        if self._seen.is_new(prompt):
            self._vitals.exposure += exposure_gain(self._vitals, self._config.lifecycle)
        self._state.save_vitals()
        self._journal.set_value(SEEN_KEY, self._seen.to_list())

    def _question_answered_by(self, prompt: str, conversation: str, source: str) -> Optional[int]:
        # Asked something in return, the user has not answered yet.
        if source != "chat" or prompt.rstrip().endswith("?"):
            return None
        asked = self._asked.pop(conversation, None)
        # It may have been forgotten since.
        return asked if asked is not None and self._journal.question(asked) is not None else None

    def _answered(self, question: int, episode: Episode) -> None:
        self._journal.update_question(question, status="answered", answer_episode=episode.id)
        self._pass_on(Feedback("answer", text=episode.prompt, question=question, episode=episode.id))

    def _pass_on(self, feedback: Feedback) -> None:
        self._journal.add_feedback(feedback)
        # Plugins may want the models for it (an embedding of the answer, say).
        with self._gate.turn():
            self._hooks.on_feedback(feedback)


def require_text(text: str) -> None:
    """Refuse a prompt without words.

    :raises BadInput: when there is nothing but white space.
    """
    if not text.strip():
        raise BadInput("There is nothing to answer: the text is empty", "Write something")
