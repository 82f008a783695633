"""The diary plugin: reads the journal whenever something has happened, and writes it up."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Generator, List, Optional

from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin, PluginState, StatusPanel
from sovl_diary.pages import Pages, Section
from sovl_diary.settings import DiarySettings
from sovl_diary.wording import episode_text, night_text

if TYPE_CHECKING:
    from sovl_core.events import Forgetting, Idle, Reply, Turn, Utterance
    from sovl_core.plugin import PluginContext
    from sovl_core.records import Episode, NightRecord

#: Seconds for which a turn may still get its reply: written down before, it would never have one.
PATIENCE = 600.0
#: Sources of episodes that nobody answers.
UNANSWERED = ("tell", "correction", "import")


class DiaryPlugin(Plugin):
    """Observes only: what it writes comes from the journal, which has everything that counts."""

    name = "diary"
    summary = "keeps a diary: a Markdown page a day with what was told, dreamed and learned"
    settings_model = DiarySettings

    def __init__(self) -> None:
        self.settings = DiarySettings()
        self.last_episode = 0
        self.last_night = 0
        # A life that is only read has no turns with a number and saves nothing: then there is nothing to write up.
        self._writes = False
        self._lock = threading.Lock()

    @hookimpl
    def on_start(self, context: PluginContext) -> None:
        """Keep the context."""
        self.context = context
        self.settings = context.settings

    @hookimpl(wrapper=True)
    def on_generate(self, turn: Turn) -> Generator[None, Optional[Reply], Optional[Reply]]:
        """Write up what came before this turn; its own reply reaches the journal only after this."""
        reply = yield
        if turn.episode is not None:
            self._writes = True
            self.write_up()
        return reply

    @hookimpl
    def on_idle(self, idle: Idle) -> Optional[Utterance]:
        """Write up what has happened, while nobody waits."""
        if self._writes:
            self.write_up()
        return None

    @hookimpl
    def on_save_state(self, state: PluginState) -> None:
        """Write up, and remember how far."""
        self._writes = True
        self.write_up()
        state.values.update(last_episode=self.last_episode, last_night=self.last_night)

    @hookimpl
    def on_load_state(self, state: PluginState) -> None:
        """Go on where the diary ends; the state of an earlier night does not take it back."""
        self.last_episode = max(self.last_episode, int(state.values.get("last_episode", 0)))
        self.last_night = max(self.last_night, int(state.values.get("last_night", 0)))

    @hookimpl
    def on_stop(self) -> None:
        """Write up the rest: nobody answers any more."""
        if self._writes:
            self.write_up(patience=0.0)

    @hookimpl
    def on_forget(self, forgetting: Forgetting) -> None:
        """Take out what was forgotten, and what was dreamed of it."""
        if forgetting.episodes:
            self._pages().forget(set(forgetting.episodes))

    @hookimpl
    def on_status(self) -> StatusPanel:
        """Tell where the diary lies and how far it goes."""
        return StatusPanel("Diary", {"pages": str(self.folder()), "up to turn": self.last_episode})

    def folder(self) -> Path:
        """Return the folder of the pages."""
        chosen = self.settings.folder
        return Path(chosen).expanduser() if chosen else self.context.folder

    def write_up(self, patience: float = PATIENCE) -> None:
        """Write down what the journal has and the diary has not.

        :param patience: seconds to wait for the reply to a turn before it is written down without.
        :raises OSError: when a page cannot be written.
        """
        # A night, a turn and a moment of silence come from threads of their own.
        with self._lock:
            episodes, nights = self._episodes(patience), self._nights()
            sections = [self._told(episode) for episode in episodes] + [self._slept(night) for night in nights]
            if not sections:
                return
            self._pages().write(sorted(sections, key=lambda section: section.moment))
            self.last_episode = max([self.last_episode, *(episode.id for episode in episodes)])
            self.last_night = max([self.last_night, *(night.number for night in nights)])

    def _episodes(self, patience: float) -> List[Episode]:
        """Return the episodes to write down, oldest first, up to one that is still being answered."""
        journal = self.context.journal
        # Asked at every moment of silence: the newest number tells how many there can be, mostly none.
        last = next((episode.id for episode in journal.episodes(limit=1)), 0)
        behind = max(0, last - self.last_episode)
        newest = [e for e in journal.episodes(limit=behind, before=last + 1) if e.id > self.last_episode]
        now, found = self.context.clock(), []
        for episode in reversed(newest):
            answered = bool(episode.reply) or episode.source in UNANSWERED
            if not answered and now - episode.created < patience:
                break
            found.append(episode)
        return found

    def _nights(self) -> List[NightRecord]:
        """Return the nights to write down: those that came to an end, up to one that did not."""
        journal, found = self.context.journal, []
        last = next((night.number for night in journal.nights(limit=1)), 0)
        for night in journal.nights(limit=max(0, last - self.last_night)):
            if night.number <= self.last_night:
                continue
            if night.finished is None:
                break
            found.append(night)
        return found

    def _told(self, episode: Episode) -> Section:
        return Section(f"episode {episode.id}", episode.created, episode_text(episode, self.settings.replies))

    def _slept(self, night: NightRecord) -> Section:
        journal = self.context.journal
        counts = journal.dreamt_counts(night=night.number)
        dreams = journal.dreams(
            night=night.number, verdict="accepted", without=("background", "contrast"), limit=None, oldest_first=True
        )
        # One of each memory before a second of any.
        first = {tuple(dream.parents): dream for dream in reversed(dreams)}
        told = [dream for dream in dreams if first[tuple(dream.parents)] is dream]
        told += [dream for dream in dreams if first[tuple(dream.parents)] is not dream]
        text = night_text(night, told[: self.settings.dreams], sum(count.dreams for count in counts))
        return Section(f"night {night.number}", night.finished or night.started, text)

    def _pages(self) -> Pages:
        return Pages(self.folder())
