"""What every command is handed: the global options, the streams, and the life, opened on first use."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, Mapping, Optional, TextIO

from sovl_core.cli.global_options import GlobalOptions
from sovl_core.cli.terminal import clean, is_terminal, json_text, make_console, prepare_streams
from sovl_core.cli.trace_notes import TraceNotes

if TYPE_CHECKING:
    from rich.console import Console

    from sovl_core.cli.plugin_watch import PluginWatch
    from sovl_core.cli.slash_commands import SlashCommands
    from sovl_core.events import Progress
    from sovl_core.model_store import ModelStore
    from sovl_core.system import SOVLSystem
    from sovl_core.system_config import SystemConfig


def open_real_system(path: Optional[Path], **arguments: Any) -> SOVLSystem:
    """Open a life; imported late, because the system brings SQLite and the settings with it."""
    from sovl_core.system import SOVLSystem

    return SOVLSystem.open(path, **arguments)


class AppContext:
    """The surroundings of one command.

    In the shell each command gets a fresh one and closes it; in a session all slash commands share the session's, with
    the life already open.

    :param stdin: where text is read from; the streams are the process's own by default.
    :param environ: environment variables.
    :param open_system: opens a life; replaced in tests.
    """

    def __init__(
        self,
        stdin: Optional[TextIO] = None,
        stdout: Optional[TextIO] = None,
        stderr: Optional[TextIO] = None,
        environ: Optional[Mapping[str, str]] = None,
        open_system: Callable[..., SOVLSystem] = open_real_system,
    ) -> None:
        self.options = GlobalOptions()
        # A process without standard input (a service) has none to read from.
        self.stdin: TextIO = (sys.stdin or io.StringIO()) if stdin is None else stdin
        self.stdout: TextIO = sys.stdout if stdout is None else stdout
        self.stderr: TextIO = sys.stderr if stderr is None else stderr
        self.environ: Mapping[str, str] = os.environ if environ is None else environ
        #: The slash commands while a session goes on.
        self.slash: Optional[SlashCommands] = None
        #: The turn whose reply was shown last.
        self.last_episode: Optional[int] = None
        #: Where models come from, once the life is open.
        self.store: Optional[ModelStore] = None
        #: Where asides go instead of standard error.
        self.note_sink: Optional[Callable[[str], None]] = None
        #: Shows an aside that cannot wait for the next prompt.
        self.alert_sink: Optional[Callable[[Callable[[], None]], None]] = None
        self._open_system = open_system
        self._system: Optional[SOVLSystem] = None
        self._out: Optional[Console] = None
        self._err: Optional[Console] = None
        self._plugin_watch: Optional[PluginWatch] = None
        # What shows how a model is fetched, where something shows progress; else it is an aside.
        self._model_report: Optional[Callable[[Progress], None]] = None
        prepare_streams(self.stdin, self.stdout, self.stderr)

    @property
    def out(self) -> Console:
        """Console for results."""
        if self._out is None:
            self._out = make_console(self.stdout)
        return self._out

    @property
    def err(self) -> Console:
        """Console for errors, notes and progress."""
        if self._err is None:
            self._err = make_console(self.stderr)
        return self._err

    @property
    def in_session(self) -> bool:
        """True for a slash command."""
        return self.slash is not None

    def require_slash(self) -> SlashCommands:
        """Return the slash commands of the session that goes on."""
        if self.slash is None:
            raise RuntimeError("there is no session")
        return self.slash

    def typed(self, text: str) -> str:
        """Return a sentence with the commands in it as they are typed here: in a shell, or with a slash."""
        from sovl_core.cli.errors import as_slash_commands

        return as_slash_commands(text) if self.in_session else text

    @property
    def interactive(self) -> bool:
        """True when a person sits at both ends."""
        return is_terminal(self.stdin, self.stdout)

    @property
    def result_stream(self) -> TextIO:
        """The stream behind :attr:`out`."""
        return self.stdout if self.out.file is self.stdout else self.stderr

    def results_to(self, console: Console) -> None:
        """Send what commands print to another console, as a piped session does to keep replies apart."""
        self._out = console

    def system(self, read_only: bool = False) -> SOVLSystem:
        """Return the open life; the first call opens it.

        :param read_only: only look; another process may be writing.
        """
        if self._system is None:
            self._system = self._open_system(
                self.life_path(),
                overrides=dict(self.options.overrides),
                plugins=self.options.plugins,
                without=tuple(self.options.without),
                strict=self.options.strict,
                trace=TraceNotes(self.note) if self.options.trace_hooks else None,
                read_only=read_only,
                warn=self.note,
                alarm=self.alert,
                environ=self.environ,
                **self._model_source(read_only),
            )
            self._plugin_watch = self._watch_plugins(self._system)
            self.check_plugins()
        return self._system

    def system_with_model(self) -> SOVLSystem:
        """Return the open life once its base model is on this machine, showing how it is fetched or converted."""
        from sovl_core.cli.progress import show_progress_when_told

        system = self.system()
        if self.store is not None and not system.models_loaded:
            with show_progress_when_told(self.err) as report, self._model_told_to(report):
                self.store.locate(system.config.core.base_model)
        return system

    @contextlib.contextmanager
    def progress_shown(self) -> Iterator[Callable[[Progress], None]]:
        """Show the progress of what runs within this block, the fetching of a model among it.

        :return: the callback to hand to the work.
        """
        from sovl_core.cli.progress import show_progress

        with show_progress(self.err) as report, self._model_told_to(report):
            yield report

    def reopen(self) -> SOVLSystem:
        """Save and close the life and open it again as at a new start; what cannot be saved is a note."""
        from sovl_core.cli.errors import explain
        from sovl_core.failures import free_memory

        try:
            self.close()
        except Exception as failure:
            # Closing lets go of the life whatever fails in it: it can be opened again.
            self.note(f"Not everything could be saved: {explain(failure).message}")
        self.last_episode = None
        free_memory()
        return self.system_with_model()

    def check_plugins(self) -> None:
        """Name plugins that have gone off without anybody having asked for it."""
        if self._plugin_watch is not None:
            self._plugin_watch.check()

    @property
    def opened(self) -> Optional[SOVLSystem]:
        """The life if it has been opened, else None."""
        return self._system

    def life_path(self) -> Path:
        """Return the life's folder, which may not exist yet."""
        from sovl_core.life import Life

        self.options.apply_environment(self.environ)
        return self.options.life or Life.default_path()

    def config(self) -> SystemConfig:
        """Return the settings of the life without opening it."""
        from sovl_core.system_config import load_config

        if self._system is not None:
            return self._system.config
        return load_config(self.life_path() / "life.toml", self.environ, self.options.overrides)

    def note(self, text: str) -> None:
        """Print an aside: neither a result nor an error."""
        if self.note_sink is not None:
            self.note_sink(text)
        else:
            self.err.print(clean(text), style="dim", soft_wrap=True)

    def alert(self, text: str) -> None:
        """Print an aside at once, from any thread: a plugin hangs, and nothing else may come for a long time."""

        def show() -> None:
            self.err.print(clean(text), style="yellow", soft_wrap=True)

        if self.alert_sink is not None:
            self.alert_sink(show)
        else:
            show()

    def print(self, text: str = "", style: str = "") -> None:
        """Print text as a result, cleaned of control sequences; long lines are left to the terminal."""
        self.out.print(clean(text), style=style or None, soft_wrap=True)

    def print_json(self, data: Any) -> None:
        """Print data as JSON."""
        self.out.file.write(json_text(data) + "\n")

    def _model_source(self, read_only: bool) -> Dict[str, Any]:
        """Return a store that says what it fetches, and the log that it shares with the life."""
        from sovl_core.model_store import ModelStore
        from sovl_core.system_logging import ThreadSafeLogger

        # A reader never writes, not even its diagnostics.
        logger = ThreadSafeLogger(None if read_only else self.life_path() / "sovl.log.jsonl")
        self.store = ModelStore(logger=logger, progress=self._tell_of_model)
        return {"logger": logger, "store": self.store}

    @contextlib.contextmanager
    def _model_told_to(self, report: Callable[[Progress], None]) -> Iterator[None]:
        self._model_report = report
        try:
            yield
        finally:
            self._model_report = None

    def _tell_of_model(self, progress: Progress) -> None:
        from sovl_core.cli.progress import progress_text

        report = self._model_report
        if report is not None:
            report(progress)
        else:
            self.note(progress_text(progress))

    def _watch_plugins(self, system: SOVLSystem) -> PluginWatch:
        from sovl_core.cli.plugin_watch import PluginWatch
        from sovl_core.plugin_selection import PluginSelection

        options = self.options
        selection = PluginSelection.from_sources(system.config.plugins, self.environ, options.plugins, options.without)
        return PluginWatch(system, selection, self.note)

    def close(self) -> None:
        """Save and close the life if it was opened."""
        system, self._system = self._system, None
        if system is not None:
            self.check_plugins()
            system.close()
            # State is saved last: what a plugin does wrong there would be lost without a word.
            self.check_plugins()
