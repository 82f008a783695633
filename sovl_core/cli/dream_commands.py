"""Looking at what was dreamed, as the journal keeps it: ``dreams``."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Dict, Iterable, List, Optional

import click

from sovl_core.cli.memory_lines import memory_text
from sovl_core.cli.night_numbers import LARGEST, parse_night
from sovl_core.cli.tables import readable
from sovl_core.cli.terminal import clean, shorten
from sovl_core.constants import KEPT_KINDS

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from sovl_core.cli.app_context import AppContext
    from sovl_core.events import Dream
    from sovl_core.journal import Journal
    from sovl_core.journal_dreams import DreamCount

#: Kinds that are proposed while one types; a plugin may dream others.
KINDS = ("question", "rewrite", "reverse", "cue", "dialogue", "replay", *KEPT_KINDS)
#: Characters of a prompt or an answer on one line; all of it is in the JSON.
WIDTH = 240


def _complete_kind(context: click.Context, parameter: click.Parameter, incomplete: str) -> List[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(kind) for kind in KINDS if kind.startswith(incomplete)]


@click.command("dreams")
@click.option("--night", metavar="N", help='Dreams of that night; "none" for those dreamed on request.')
@click.option(
    "--memory", type=click.IntRange(1, LARGEST), metavar="ID", help="Dreams made out of that turn, of all nights."
)
@click.option("--kind", shell_complete=_complete_kind, help="Dreams of that kind only.")
@click.option("--rejected", is_flag=True, help="Only those that verification rejected, each with the reason.")
@click.option("-n", "count", type=click.IntRange(1, 100_000), default=40, show_default=True, help="How many dreams.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.pass_obj
def dreams(
    app: AppContext,
    night: Optional[str],
    memory: Optional[int],
    kind: Optional[str],
    rejected: bool,
    count: int,
    as_json: bool,
) -> None:
    """Show what was dreamed, memory by memory; without options, in the newest night that has dreams.

    Each line is what a user would say and what was to be answered, who wrote it, and whether it was for training, held
    out to judge the night, or rejected. Dreams about no memory (background, contrast) are summed up; --kind shows them.
    """
    journal = app.system(read_only=True).journal
    wanted = _wanted_night(journal, night, memory)
    chosen: Dict[str, Any] = {"night": wanted, "episode": memory}
    verdict = "rejected" if rejected else None
    found = journal.dreams(
        **chosen, kind=kind, verdict=verdict, without=() if kind else KEPT_KINDS, limit=count, oldest_first=True
    )
    counts = journal.dreamt_counts(**chosen)
    if as_json:
        app.print_json(_as_data(journal, wanted, found, counts))
        return
    if not counts:
        app.print(app.typed(_nothing_there(wanted, memory)))
        return
    app.print(_heading(journal, wanted, memory, counts), "bold")
    _print_by_memory(app, journal, found, show_night=wanted is None)
    _print_rest(app, counts, len(found), kind, rejected)


def _wanted_night(journal: Journal, night: Optional[str], memory: Optional[int]) -> Optional[int]:
    """Return the night to look at, 0 for no night at all, None for all of them.

    :raises BadInput: when there is no such night or memory.
    """
    from sovl_core.error_handling import BadInput
    from sovl_core.journal_dreams import NO_NIGHT

    if memory is not None and journal.episode(memory) is None:
        raise BadInput(f"There is no turn {memory} in this life", "Find its number: sovl search WORDS")
    if night is None:
        return journal.last_dreaming_night() if memory is None else None
    number = parse_night(night)
    if number is None:
        return NO_NIGHT
    if journal.night(number) is None:
        raise BadInput(f"There is no night {number}", "See them all: sovl nights list")
    return number


def _nothing_there(night: Optional[int], memory: Optional[int]) -> str:
    """Return what to say, and to do, where nothing was dreamed."""
    if memory is not None:
        return "Nothing was dreamed of it: see whether it waits for the next night (sovl recap), or try: sovl dream"
    if night:
        return f"Nothing was dreamed in night {night}; what came of it: sovl nights show {night}"
    return "No dreams yet. It dreams of what it was told when it sleeps: sovl sleep; just to look: sovl dream"


def _as_data(journal: Journal, night: Optional[int], found: List[Dream], counts: List[DreamCount]) -> Dict[str, Any]:
    memories = {parent: journal.episode(parent) for dream in found for parent in dream.parents}
    return {
        "night": night or None,
        "counts": [dataclasses.asdict(one) for one in counts],
        "memories": {number: episode.prompt for number, episode in memories.items() if episode is not None},
        "dreams": [dataclasses.asdict(one) for one in found],
    }


def _heading(journal: Journal, night: Optional[int], memory: Optional[int], counts: List[DreamCount]) -> str:
    if night:
        record = journal.night(night)
        place = f"Night {night}" + ("" if record is None else f" ({readable(record.status)})")
    else:
        place = "All nights" if night is None else "Dreamed on request"
    about = "" if memory is None else f", about #{memory}"
    rejected = sum(one.dreams for one in counts if one.verdict == "rejected")
    held_out = sum(one.dreams for one in counts if one.held_out and one.verdict != "rejected")
    total = sum(one.dreams for one in counts)
    told = sum(one.dreams for one in counts if one.kind not in KEPT_KINDS)
    of_memories = f", {told} of them about memories" if told < total else ""
    dreams = "1 dream" if total == 1 else f"{total} dreams"
    return f"{place}{about}: {dreams}{of_memories}; {held_out} held out, {rejected} rejected"


def _print_by_memory(app: AppContext, journal: Journal, found: Iterable[Dream], show_night: bool) -> None:
    groups: Dict[int, List[Dream]] = {}
    for dream in found:
        groups.setdefault(dream.parents[0] if dream.parents else 0, []).append(dream)
    for parent, group in groups.items():
        app.print()
        app.print(_memory_line(journal, parent), "bold cyan")
        width = max(len(dream.kind) for dream in group)
        for dream in group:
            _print_dream(app, dream, width, show_night)


def _memory_line(journal: Journal, number: int) -> str:
    if not number:
        return "About no memory"
    episode = journal.episode(number)
    if episode is None:
        return f"#{number}"
    replaced = "" if episode.superseded_by is None else f"  (superseded by #{episode.superseded_by})"
    return f"#{number}  {memory_text(journal, episode, WIDTH)}{replaced}"


def _print_dream(app: AppContext, dream: Dream, width: int, show_night: bool) -> None:
    from rich.text import Text

    remarks = [f"also of #{parent}" for parent in dream.parents[1:]]
    if show_night:
        remarks.append(f"night {dream.night}" if dream.night else "on request")
    remarks += [text for text in (dream.writer, fate(dream)) if text]
    line = Text(f"  {clean(dream.kind, keep_lines=False).ljust(width)}  ")
    line.append(f"{shorten(dream.prompt, WIDTH)} → {shorten(dream.completion, WIDTH)}")
    line.append(f"  ({clean(', '.join(remarks), keep_lines=False)})", style="dim")
    app.out.print(line, soft_wrap=True)


def fate(dream: Dream) -> str:
    """Return in words what became of a dream."""
    if dream.verdict == "rejected":
        return f"rejected: {dream.why}" if dream.why else "rejected"
    if dream.held_out:
        return "held out"
    if dream.verdict != "accepted":
        return "not verified"
    return "for training" if dream.night else "accepted"


def _print_rest(app: AppContext, counts: List[DreamCount], shown: int, kind: Optional[str], rejected: bool) -> None:
    """Tell how many dreams there are beside those shown, and what was not asked for."""
    wanted = [one for one in counts if one.verdict == "rejected" or not rejected]
    of_kind = [one for one in wanted if (one.kind == kind if kind else one.kind not in KEPT_KINDS)]
    total = sum(one.dreams for one in of_kind)
    if not total:
        sought = f" of kind {kind!r}" if kind else " about a memory"
        kinds = ", ".join(sorted({one.kind for one in counts}))
        app.print(f"None{sought}{' was rejected' if rejected else ''}. There are: {kinds}")
    elif total > shown:
        app.print(f"\n… and {total - shown} more; to see them all: -n {total}", "dim")
    if kind:
        return
    besides = {kept: sum(one.dreams for one in wanted if one.kind == kept) for kept in KEPT_KINDS}
    texts = [f"{number} of {kept} (--kind {kept})" for kept, number in besides.items() if number]
    if texts:
        app.print(f"\nBesides: {', '.join(texts)}", "dim")
