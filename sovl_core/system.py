"""``SOVLSystem``: one life, opened. It puts the parts of the kernel together and delegates to them."""

from __future__ import annotations

import contextlib
import dataclasses
import random
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, TypeVar, Union

from sovl_core.background import Outcome
from sovl_core.call_stack import with_room
from sovl_core.collaborators import Collaborators
from sovl_core.command_mistakes import mistakes_named
from sovl_core.command_options import checked_options
from sovl_core.day_training import TrainingData
from sovl_core.error_handling import BadInput, SOVLError
from sovl_core.events import Dream, Feedback, Idle, NightInterrupted, NightReport, Progress, Reply, Turn, Utterance
from sovl_core.parts import Parts
from sovl_core.plugin import Command
from sovl_core.setting_change import SettingChange, change_setting, change_settings
from sovl_core.spelling import did_you_mean
from sovl_core.status import gather_status
from sovl_core.system_logging import log_info

if TYPE_CHECKING:
    from sovl_core.config_import import ImportedSetting
    from sovl_core.explanation import Explanation
    from sovl_core.forgetting import Forgotten
    from sovl_core.importing.reading import Reading
    from sovl_core.importing.taking_in import TakenIn
    from sovl_core.models import Models
    from sovl_core.night_difference import NightDifference
    from sovl_core.records import Episode
    from sovl_core.training import TrainReport

    ReportProgress = Callable[[Progress], None]

Result = TypeVar("Result")

#: Trigger of a night that a plugin asked for in a quiet moment.
ASKED_FOR = "gestation"


class SOVLSystem:
    """A life and everything it can do; use :meth:`open`, in a ``with`` block.

    All methods may be called from any thread; replies are given one at a time.

    :param given: what the life works with; :meth:`open` makes the real ones.
    """

    def __init__(self, given: Collaborators) -> None:
        self.life = given.life
        self.config = given.config
        self.journal = given.journal
        self.logger = given.logger
        self.plugins = given.plugins
        self.vitals = given.vitals
        self.read_only = given.read_only
        self._clock = given.clock
        self._closed = False
        self._parts = Parts(given)

    @classmethod
    def open(
        cls,
        path: Union[str, Path, None] = None,
        *,
        overrides: Optional[Mapping[str, Any]] = None,
        plugins: Optional[Iterable[str]] = None,
        without: Iterable[str] = (),
        **more: Any,
    ) -> SOVLSystem:
        """Open a life, creating it where there is none. No model is loaded yet.

        :param path: the life's folder; None for the user's own.
        :param overrides: settings by dotted key, for this run only.
        :param plugins: names of the plugins to use; None for those that the settings switch on.
        :param without: names of plugins to leave out.
        :param more: ``strict=True`` raises what a plugin raises instead of going on without it; ``trace`` receives a
            line for each hook call; ``read_only=True`` writes nothing, turns are answered and forgotten; ``logger``
            instead of the life's own; ``store``: where models come from; ``clock``: seconds since the epoch; ``warn``
            is told what the user should know, ``alarm`` of a plugin that hangs, at once and from another thread;
            ``environ`` instead of the process's environment.
        :raises SOVLError: when the life is locked or damaged, or its settings are wrong.
        """
        from sovl_core.opening import gather_collaborators

        with contextlib.ExitStack() as on_failure:
            given = gather_collaborators(
                on_failure, path, overrides=overrides, plugins=plugins, without=without, **more
            )
            on_failure.callback(given.plugins.stop)
            system = cls(given)
            system.start()
            on_failure.pop_all()
        return system

    def start(self) -> None:
        """Start the plugins and hand them their state; :meth:`open` does it."""
        self.plugins.start(self._parts.make_context)
        self.journal.screen = self.plugins.on_journal
        self._parts.state.load(self._parts.weights.states)
        if not self.read_only:
            self._parts.forgetting.remind()
            self._parts.forgetting.finish_interrupted()

    def __enter__(self) -> SOVLSystem:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def conversation(self) -> str:
        """Name of the conversation that goes on; set it to go on with another."""
        return self._parts.talk.current

    @conversation.setter
    def conversation(self, name: str) -> None:
        self._parts.talk.go_on_with(name)

    @property
    def models_loaded(self) -> bool:
        """True when the models are in memory."""
        return self._parts.host.loaded

    @property
    def asleep(self) -> bool:
        """True while a night is being lived."""
        return self._parts.background.running or self._parts.gate.work is not None

    @property
    def last_night(self) -> Optional[Outcome]:
        """What the last night in the background came to, None while there was none."""
        return self._parts.background.outcome

    @with_room
    def generate(
        self,
        prompt: str,
        *,
        on_text: Optional[Callable[[str], None]] = None,
        cancelled: Callable[[], bool] = lambda: False,
        source: str = "chat",
        **fields: Any,
    ) -> Reply:
        """Answer the user; the words are in the journal before the reply begins.

        :param on_text: receives the reply piece by piece.
        :param cancelled: asked at each token; True ends the reply.
        :param source: of the episode.
        :param fields: further fields of the turn, such as ``temperature``, ``use_scaffold`` or ``conversation``.
        :raises SOVLError: when there is no model, or the reply failed; the words are kept.
        """
        return self._parts.talk.reply(prompt, source, on_text=on_text, cancelled=cancelled, **fields)

    @with_room
    def answer(self, turn: Turn) -> Reply:
        """Answer a turn through all plugins, with no trace in the journal."""
        return self._parts.answer(turn)

    def tell(self, text: str, source: str = "tell", weight: float = 1.0) -> Episode:
        """Put something into the journal, to be learned, without a reply."""
        self._require_writable()
        return self._parts.talk.tell(text, source, weight)

    def tell_file(
        self, file: Union[str, Path, Reading], form: str = "", progress: Optional[ReportProgress] = None
    ) -> TakenIn:
        """Put what a file says into the journal: plain lines, pairs, the log of ``llm``, ChatGPT's export.

        :param file: its path, or a file that ``sovl_core.importing.reading`` has opened.
        :param form: ``lines``, ``pairs``, ``llm`` or ``chatgpt``; "" looks at what is in it.
        :raises BadInput: when nothing in it can be used.
        """
        from sovl_core.importing.reading import Reading, opened_file
        from sovl_core.importing.taking_in import take_in

        self._require_writable()
        with contextlib.ExitStack() as files:
            reading = file if isinstance(file, Reading) else files.enter_context(opened_file(Path(file), form))
            return take_in(self.journal, reading, self._parts.talk.current, self.logger, progress)

    def tell_files(
        self, files: Iterable[Union[str, Path]], form: str = "", progress: Optional[ReportProgress] = None
    ) -> List[TakenIn]:
        """Put what several files say into the journal, one after another; all are looked at before any is told.

        :param form: of all of them, as in :meth:`tell_file`.
        :raises BadInput: names those that cannot be used. None is told when one cannot be read, or is in no known
            form; when it is found out only later that there is nothing in one to remember, the others are told.
        """
        from sovl_core.importing.reading import opened_file
        from sovl_core.importing.several import tell_all

        self._require_writable()
        sources = [partial(opened_file, Path(file), form) for file in dict.fromkeys(files)]
        return tell_all(sources, lambda reading: self.tell_file(reading, progress=progress))

    def forget(self, *episodes: int) -> Forgotten:
        """Delete turns with everything made of them: dreams, feedback, questions, what plugins keep.

        Weights that have learned them do so until the next deep night: ``sleep(deep=True)``.

        :param episodes: their numbers.
        :return: what it was, and where it still shows.
        :raises SOVLError: when one does not exist, or while a night is in progress.
        """
        self._require_writable()
        return self._parts.forgetting.forget(episodes)

    def purge_nights(self) -> List[int]:
        """Remove the files of nights that have learned what was forgotten, and return their numbers.

        :raises SOVLError: when the night in use is among them, or while a night is in progress.
        """
        self._require_writable()
        return self._parts.forgetting.purge()

    def feedback(self, feedback: Feedback) -> None:
        """Take a rating, a correction, an answer or an outcome; a correction becomes an episode to learn from."""
        self._require_writable()
        self._parts.talk.take_feedback(feedback)

    def new_conversation(self) -> str:
        """Begin another conversation and return its name."""
        return self._parts.talk.new()

    @with_room
    def sleep(
        self,
        trigger: str = "api",
        progress: Optional[ReportProgress] = None,
        breathe: Optional[Callable[[], None]] = None,
        deep: Optional[bool] = None,
        **options: Any,
    ) -> NightReport:
        """Live through one night here and now; other threads are answered meanwhile.

        :param breathe: called between pieces of work; may raise ``NightInterrupted`` to end the night early.
        :param deep: True for a night that retrains from scratch on everything there is to learn, False for one that
            does not; None leaves it to whether something was forgotten that the weights still hold.
        :param options: override settings of the plugin that lives the night.
        :raises NightInterrupted: when it ended early; the next sleep goes on with it.
        :raises SOVLError: when no plugin can sleep or the night failed.
        """
        self._require_writable()
        return self._surviving("night", lambda: self._parts.nights.sleep(trigger, progress, breathe, options, deep))

    def sleep_in_background(
        self,
        trigger: str = "api",
        progress: Optional[ReportProgress] = None,
        finished: Optional[Callable[[Outcome], None]] = None,
        deep: Optional[bool] = None,
    ) -> bool:
        """Start a night in a thread of its own unless one is running; return True when it was started."""
        self._require_writable()
        if self._parts.closing or self.asleep:
            return False
        return self._parts.background.start(trigger, progress, finished, deep)

    @with_room
    def dream(self, count: int = 4, memories: Optional[Sequence[Episode]] = None, **request: Any) -> List[Dream]:
        """Let the plugins dream about memories, by default the latest, outside of any night.

        :param count: dreams a memory.
        :param request: further fields of :class:`DreamRequest`; ``breathe`` may raise ``NightInterrupted``.
        """
        rng = random.Random(f"{self.config.core.seed}:{self._clock()}")
        return self._surviving(
            "dream", lambda: self._parts.dreaming.dream(memories, per_memory=count, rng=rng, **request)
        )

    @with_room
    def train(
        self,
        data: TrainingData,
        epochs: Optional[int] = None,
        dry_run: bool = False,
        progress: Optional[ReportProgress] = None,
        keep: bool = True,
        test: Optional[TrainingData] = None,
    ) -> TrainReport:
        """Train on a JSONL file or on pairs of prompt and completion; the result is kept like a night's.

        :param dry_run: two samples, one epoch, nothing kept.
        :param test: a file or pairs that loss and accuracy are measured on, before and after; not learned from.
        :param keep: False for all but one of several processes that train together (``accelerate launch``): they open
            the life with ``read_only=True``, and what was learned is kept by that one.
        """
        if keep and not dry_run:
            self._require_writable()
        return self._surviving(
            "training", lambda: self._parts.training.train(data, epochs, dry_run, progress, keep, test)
        )

    @with_room
    def idle(
        self,
        idle: Idle,
        progress: Optional[ReportProgress] = None,
        finished: Optional[Callable[[Outcome], None]] = None,
    ) -> List[Utterance]:
        """Let the plugins use a moment of silence; start a night when one asks for it.

        :param progress: receives the progress of such a night, from its thread.
        :param finished: receives what it came to, from its thread.
        :return: what they say unasked; nothing while asleep.
        """
        if self.asleep or self._parts.closing:
            return []
        with self._parts.gate.turn():
            said = self._surviving("idle moment", lambda: self.plugins.on_idle(idle))
        for utterance in said:
            self._parts.talk.say(utterance, idle.conversation)
        if idle.wants_sleep and not self.read_only and self._parts.nights.anything_new():
            log_info(self.logger, "night_wanted", reason=idle.wants_sleep)
            self.sleep_in_background(ASKED_FOR, progress, finished, deep=idle.wants_deep or None)
        return said

    def commands(self) -> Dict[str, Command]:
        """Return the plugins' commands by name; of two with one name the second is called ``plugin.name``.

        Each ``run`` returns text, whatever the plugin's own returns, and holds options to what the command line holds
        them to: names, ranges, choices. What is wrong with the command is raised as a :class:`PluginError` that names
        the plugin; what is wrong with the input, the disk or the memory as it is.
        """
        commands: Dict[str, Command] = {}
        for plugin, command in self.plugins.on_commands():
            name = command.name if command.name not in commands else f"{plugin}.{command.name}"
            commands[name] = dataclasses.replace(command, name=name, run=self._guarded(plugin, command))
        return commands

    @with_room
    def why(self, episode: Optional[int] = None) -> Explanation:
        """Explain a reply: how much the scaffold changed it, and which memories, dreams and nights that came from.

        The reply is gone through again, token by token, with the scaffold and without, by what the life knows now.

        :param episode: number of the turn, None for the last one with a reply.
        :raises BadInput: when there is no such turn, or it has no reply.
        """
        found = self._parts.explaining.find(episode)
        return self._surviving("explanation", lambda: self._parts.explaining.explain(found))

    def status(self) -> Dict[str, Any]:
        """Return the state of the life in JSON-able values; loads no model."""
        parts = gather_status(self.config, self.journal, self.plugins, self._parts.host, self._parts.gate, self.vitals)
        return {"life": str(self.life.path), "conversation": self.conversation, "read_only": self.read_only, **parts}

    def use_night(self, number: Optional[int]) -> None:
        """Go back (or forward) to an accepted night, None or 0 to before the first."""
        self._require_writable()
        self._parts.nights.use(number or None)
        self._parts.forgetting.remind()

    def compare_nights(self, first: Optional[int], second: Optional[int]) -> NightDifference:
        """Compare what two nights know, were measured at, were made with, and how far apart their weights are.

        :param first: number of a night, None for the life before its first; ``second`` likewise.
        :raises BadInput: when there is no such night.
        """
        return self._parts.compare_nights(first, second)

    def models(self) -> Models:
        """Return the models, loading them on first use."""
        return self._parts.host.get()

    def reload_models(self) -> Models:
        """Load the models again, as after a change of precision, with the weights they have."""
        return self._parts.host.reload()

    def set_config(self, key: str, value: Any) -> SettingChange:
        """Change a setting by dotted key and save it; see :class:`SettingChange` for when it takes effect."""
        self._require_writable()
        return change_setting(self.config, self.plugins, self.life.config_path, key, value)

    def switch_plugin(self, name: str, on: bool) -> SettingChange:
        """Switch a plugin on or off for good; the life that is open keeps the plugins it was opened with.

        :raises BadInput: when no plugin of that name is installed.
        """
        known = [info.name for info in self.plugins.infos()]
        if name not in known:
            raise BadInput(f"There is no plugin {name!r} installed.", did_you_mean(name, known))
        return self.set_config(f"plugins.{name}.enabled", on)

    def import_config(self, file: Union[str, Path], dry_run: bool = False) -> List[ImportedSetting]:
        """Carry the settings of the classic program's ``config.json`` over, saved in one step.

        :param dry_run: only tell what would become of each.
        :return: what became of each; those that are out of range or unknown are named and not taken.
        :raises BadInput: when the file is no JSON object.
        """
        from sovl_core.config_import import changes_of, import_settings, read_classic

        self._require_writable()
        records = import_settings(self.config, read_classic(Path(file)), self.plugins.infos())
        if not dry_run:
            change_settings(self.config, self.plugins, self.life.config_path, changes_of(records))
        return records

    def save(self) -> None:
        """Save vital signs and the state of the plugins."""
        self._parts.state.save()

    def close(self) -> None:
        """Save, stop and let go; a night in the background ends early and is gone on with at the next sleep."""
        if self._closed:
            return
        self._closed = self._parts.closing = True
        with contextlib.ExitStack() as closing:
            # Last in, first out, and each runs although another has failed: the lock is let go in any case.
            closing.callback(self.life.close)
            closing.callback(self.journal.close)
            closing.callback(self.plugins.stop)
            closing.callback(self._parts.host.unload)
            closing.callback(self.save)
            # First of all: whoever works ends at the next breath.
            closing.callback(self._parts.gate.wait_for_work)
            closing.callback(self._parts.background.join)

    def _surviving(self, what: str, work: Callable[[], Result]) -> Result:
        try:
            result = work()
            self._parts.failures.tell_plugins()
            return result
        except NightInterrupted:
            raise
        except Exception as error:
            failure = self._parts.failures.survive(error, what)
            if failure is error:
                raise
            raise failure from error

    def _guarded(self, plugin: str, command: Command) -> Callable[..., str]:
        # A command may use the models directly, beside a night that is training them.
        def guarded(words: List[str], options: Dict[str, Any]) -> str:
            with self._parts.gate.turn(), mistakes_named(self.plugins, plugin, command.name):
                said = command.run(words, checked_options(command, options))
            if not isinstance(said, Utterance):
                return said
            self._parts.talk.say(said)
            return said.text

        return guarded

    def _require_writable(self) -> None:
        if self.read_only:
            raise SOVLError("This life was opened for reading only", "Open it without read_only to change it")
