"""A life that answers by script, with a real folder and a real journal, and a way to run commands against it."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, Dict, List, Optional, Tuple

import pytest

from sovl_core.cli.app_context import AppContext
from sovl_core.cli.application import run
from sovl_core.events import Dream, Feedback, Idle, NightReport, Progress, Reply, Utterance
from sovl_core.journal import Journal
from sovl_core.life import Life
from sovl_core.plugin import Command
from sovl_core.plugin_records import PluginInfo
from sovl_core.settings import SystemConfig
from sovl_core.system_logging import ThreadSafeLogger
from sovl_core.vitals import Vitals


class FakeSystem:
    """Does what ``SOVLSystem`` promises, without models: replies come from ``replies`` piece by piece."""

    def __init__(self, path: Path, **opened_with: Any) -> None:
        self.opened_with = opened_with
        self.life = Life.open(path)
        self.config = SystemConfig()
        self.journal = Journal(self.life.journal_path)
        self.logger = ThreadSafeLogger(None)
        self.vitals = Vitals()
        self.infos: List[PluginInfo] = []
        self.plugins = SimpleNamespace(
            infos=lambda: self.infos,
            problems=[],
            failures=[],
            hanging=lambda thread=None: False,
            provenance=lambda: {},
        )
        self.conversation = self.journal.new_conversation()
        self.models_loaded = True
        self.asleep = False
        self.replies: List[List[str]] = []
        self.question: Optional[str] = None
        self.plugin_commands: Dict[str, Command] = {}
        self.utterances: List[Utterance] = []
        self.report = NightReport("accepted", learned=[1], steps=3, seconds=2.0, number=1, metrics={"recall": 0.5})
        self.during_generate: Callable[[Dict[str, Any]], None] = lambda fields: None
        self.during_sleep: Callable[[Dict[str, Any]], None] = lambda fields: None
        self.calls: List[Tuple[str, Any]] = []
        self.closed = False
        self.journal_is_read = False

    def generate(self, prompt: str, *, on_text: Any = None, cancelled: Any = lambda: False, **fields: Any) -> Reply:
        self.calls.append(("generate", prompt))
        episode = self.journal.begin_episode(prompt, fields.get("conversation") or self.conversation)
        self.during_generate({"on_text": on_text, "cancelled": cancelled, **fields})
        pieces = self.replies.pop(0) if self.replies else ["You said: ", prompt]
        said: List[str] = []
        for piece in pieces:
            if cancelled():
                break
            said.append(piece)
            if on_text is not None:
                on_text(piece)
        finished = "cancelled" if cancelled() else "stop"
        self.journal.finish_episode(episode.id, "".join(said), confidence=0.5)
        return Reply(
            "".join(said), token_ids=[1, 2], finish_reason=finished, question=self.question, episode=episode.id
        )

    def tell(self, text: str, source: str = "tell", weight: float = 1.0) -> Any:
        return self.journal.begin_episode(text, self.conversation, source=source, weight=weight)

    def tell_file(self, file: Any, form: str = "", progress: Any = None) -> Any:
        from sovl_core.importing.taking_in import take_in

        return take_in(self.journal, file, self.conversation, self.logger, progress)

    def feedback(self, feedback: Feedback) -> None:
        self.calls.append(("feedback", feedback))

    def forget(self, *episodes: int) -> Any:
        from sovl_core.forgetting import Forgotten
        from sovl_core.said_again import said_again

        forgotten = [self.journal.episode(number) for number in episodes]
        dreams = self.journal.forget_episodes(episodes)
        traces = not self.journal.finish_forgetting() or self.journal_is_read
        learned = self.journal.nights_with_forgotten().items()
        nights = [night for night, numbers in learned if set(episodes).intersection(numbers)]
        again = said_again(self.journal, forgotten)
        return Forgotten(list(episodes), dreams, bool(self.journal.still_learned()), nights, traces, again)

    def purge_nights(self) -> List[int]:
        nights = [
            night for night in self.journal.nights_with_forgotten() if self.journal.night(night).status != "purged"
        ]
        for night in nights:
            self.journal.mark_purged(night)
        return nights

    def sleep(
        self, trigger: str = "api", progress: Any = None, breathe: Any = None, deep: Any = None, **options: Any
    ) -> NightReport:
        self.calls.append(("sleep", {"trigger": trigger, **options, **({} if deep is None else {"deep": deep})}))
        self.during_sleep({"progress": progress, "breathe": breathe})
        if progress is not None:
            progress(Progress("training", 1, 2, loss=0.5, seconds_left=3))
        return self.report

    def dream(self, **request: Any) -> List[Dream]:
        self.calls.append(
            ("dream", {key: value for key, value in request.items() if key not in ("progress", "breathe")})
        )
        return [Dream("question", "What is the dog called?", "Biscuit", writer="dream", verdict="accepted")]

    def train(
        self,
        data: Any,
        epochs: Optional[int] = None,
        dry_run: bool = False,
        progress: Any = None,
        keep: bool = True,
        **more: Any,
    ) -> Any:
        self.calls += [("train_more", more)] if more else []
        self.calls.append(("train" if keep else "train_along", (data, epochs, dry_run)))

        @dataclass
        class Report:
            loss: float = 0.25
            steps: int = 4
            history: Dict[str, float] = field(default_factory=lambda: {"epoch_1": 0.5})

        return Report()

    def idle(self, idle: Idle, progress: Any = None, finished: Any = None) -> List[Utterance]:
        self.calls.append(("idle", idle))
        said, self.utterances = self.utterances, []
        return said

    def commands(self) -> Dict[str, Command]:
        return dict(self.plugin_commands)

    def status(self) -> Dict[str, Any]:
        return {
            "life": str(self.life.path),
            "conversation": self.conversation,
            "models": {"base": "tiny", "loaded": False, "work": None},
            "journal": {"episodes": self.journal.count_episodes()},
            "nights": {"current": None, "finished": 0.0},
            "vitals": {"temperament": 0.25, "confidence_sum": 1.0},
            "plugins": [
                {"name": "dream", "enabled": True},
                {"name": "muse", "enabled": False, "reason": "switched off by --no-plugin"},
            ],
            "timings": {"dream": {"on_dream": {"calls": 2, "seconds": 0.5}}},
            "panels": [{"plugin": "dream", "title": "Dreams", "rows": {"dreamed": 3}}],
        }

    def new_conversation(self) -> str:
        self.conversation = self.journal.new_conversation()
        return self.conversation

    def use_night(self, number: Optional[int]) -> None:
        self.journal.use_night(number)

    def models(self) -> Any:
        self.calls.append(("models", None))
        return SimpleNamespace()

    def set_config(self, key: str, value: Any) -> Any:
        from sovl_core.system_config import set_config_value

        set_config_value(self.config, key, value)
        return SimpleNamespace(key=key, value=value, live=not key.startswith("core."))

    def save(self) -> None:
        self.calls.append(("save", None))

    def close(self) -> None:
        self.closed = True
        self.journal.close()
        self.life.close()

    def called(self, name: str) -> List[Any]:
        return [what for called, what in self.calls if called == name]


class Terminal(io.StringIO):
    """Text that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Shell:
    """Runs commands against fake lives in one folder; keeps what they printed and the last life that was opened."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.system: Optional[FakeSystem] = None
        self.prepare: Callable[[FakeSystem], None] = lambda system: None
        self.environ: Dict[str, str] = {}
        self.out = ""
        self.err = ""

    def app(self, stdin: str = "") -> AppContext:
        app = AppContext(io.StringIO(stdin), io.StringIO(), io.StringIO(), self.environ, self._open)
        app.options.life = self.folder
        return app

    def __call__(self, *arguments: str, stdin: str = "") -> int:
        app = self.app(stdin)
        try:
            return run(arguments, app)
        finally:
            self.out, self.err = app.stdout.getvalue(), app.stderr.getvalue()  # type: ignore[attr-defined]

    def _open(self, path: Path, **arguments: Any) -> FakeSystem:
        self.system = FakeSystem(path, **arguments)
        self.prepare(self.system)
        return self.system


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "life")


@pytest.fixture
def system(tmp_path: Path) -> Any:
    opened = FakeSystem(tmp_path / "life")
    yield opened
    opened.close()


@pytest.fixture
def app(shell: Shell) -> Any:
    opened = shell.app()
    yield opened
    opened.close()


@pytest.fixture
def terminal() -> Callable[[], Terminal]:
    return Terminal
