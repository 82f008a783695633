"""Looking back at what was said: ``history``, ``search``, ``recap``."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Dict, List, Tuple

import click

from sovl_core.cli.memory_lines import memory_text, what_it_answers
from sovl_core.cli.tables import print_rows, time_text
from sovl_core.cli.terminal import clean, shorten

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext
    from sovl_core.journal import Journal
    from sovl_core.records import Episode

#: How many of the things not yet slept on a recap shows.
RECAP_LINES = 10


@click.command("history")
@click.option("-n", "count", type=click.IntRange(1, 100_000), default=20, show_default=True, help="How many turns.")
@click.option("--all", "everything", is_flag=True, help="Turns of all conversations.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.pass_obj
def history(app: AppContext, count: int, everything: bool, as_json: bool) -> None:
    """Show the turns of this conversation, or of all, oldest first.

    In a shell "this conversation" is the last one of the life.
    """
    system = app.system(read_only=True)
    journal = system.journal
    if everything:
        turns = journal.episodes(limit=count)[::-1]
    else:
        turns = journal.thread(_this_conversation(app, system), limit=count)
    print_episodes(app, turns, as_json)


@click.command("search", context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, required=True)
@click.option("-n", "count", type=click.IntRange(1, 100_000), default=20, show_default=True, help="How many turns.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.pass_obj
def search(app: AppContext, words: Tuple[str, ...], count: int, as_json: bool) -> None:
    """Find turns by their words."""
    found = app.system(read_only=True).journal.search(" ".join(words), count)
    if not found and not as_json:
        app.print(f"Nothing was said about {' '.join(words)!r}.")
        return
    print_episodes(app, found, as_json)


@click.command("recap")
@click.pass_obj
def recap(app: AppContext) -> None:
    """Sum up the day: what was told, asked, learned."""
    system = app.system(read_only=True)
    journal = system.journal
    print_rows(app.out, _day(journal))
    waiting = journal.unconsolidated(limit=RECAP_LINES)
    if waiting:
        app.print("\nNot yet slept on:", "bold")
        for episode in waiting:
            app.print(f"  {memory_text(journal, episode, 100)}")
        more = journal.count_unconsolidated() - len(waiting)
        if more > 0:
            app.print(f"  … and {more} more", "dim")
    questions = journal.questions(status="asked", limit=5)
    if questions:
        app.print("\nIt would like to know:", "bold")
        for question in questions:
            app.print(f"  {shorten(question.text, 100)}")


def waiting_text(journal: Journal) -> str:
    """Return how much waits for the next night: turns, as only the night tells which of them are memories."""
    waiting = journal.count_unconsolidated()
    return f"{waiting} turn{'' if waiting == 1 else 's'}"


def print_episodes(app: AppContext, episodes: List[Episode], as_json: bool) -> None:
    """Print turns in the order given."""
    from rich.text import Text

    if as_json:
        app.print_json([dataclasses.asdict(episode) for episode in episodes])
        return
    if not episodes:
        app.print("Nothing was said yet.")
    journal = app.system(read_only=True).journal
    for episode in episodes:
        head = Text(f"{time_text(episode.created)}  #{episode.id}{_remarks(journal, episode)}", style="dim")
        app.out.print(head, soft_wrap=True)
        app.out.print(Text("› ", style="bold cyan").append(clean(episode.prompt), style="default"), soft_wrap=True)
        if episode.reply:
            app.print(episode.reply)
        app.print()


def _remarks(journal: Journal, episode: Episode) -> str:
    said_to = what_it_answers(journal, episode)
    remarks = [said_to] if said_to else [] if episode.source == "chat" else [episode.source]
    if episode.night is not None:
        remarks.append(f"learned in night {episode.night}")
    if episode.superseded_by is not None:
        remarks.append(f"superseded by #{episode.superseded_by}")
    if not episode.learnable:
        remarks.append("not to be learned")
    return f"  ({', '.join(remarks)})" if remarks else ""


def _this_conversation(app: AppContext, system: Any) -> str:
    name = system.conversation if app.in_session else system.journal.last_conversation()
    # Nothing was ever said: an empty name matches no turn.
    return name or ""


def _day(journal: Journal) -> Dict[str, Any]:
    current = journal.current_night()
    record = None if current is None else journal.night(current)
    return {
        "turns in this life": journal.count_episodes(),
        "not yet slept on": waiting_text(journal),
        "current night": "none yet" if record is None else f"{record.number}, {time_text(record.finished)}",
        "learned in it": None if record is None else len(record.report.get("learned") or []),
    }
