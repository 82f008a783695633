"""Why it answered as it did: ``why``."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, List, Optional

import click

from sovl_core.cli.memory_lines import what_it_answers
from sovl_core.cli.night_numbers import LARGEST
from sovl_core.cli.tables import print_rows, print_table, readable
from sovl_core.cli.terminal import clean, shorten

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext
    from sovl_core.explanation import Change, Explanation, MovedToken, Origin

#: Tokens that are shown of those the scaffold moved.
MOVED_SHOWN = 12
#: Memories less likely than this are left to the JSON.
LEAST_PROBABILITY = 0.01
WIDTH = 200


@click.command("why")
@click.argument("episode", type=click.IntRange(1, LARGEST), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_obj
def why(app: AppContext, episode: Optional[int], as_json: bool) -> None:
    """Tell how much of a reply came from what was learned, and from which memories, dreams and nights.

    EPISODE is the number of a turn (sovl history shows them), by default the last one with a reply. The reply is gone
    through again, token by token, with the scaffold and without.
    """
    app.system(read_only=True)
    wanted = app.last_episode if episode is None else episode
    explanation = app.system_with_model().why(wanted)
    if as_json:
        app.print_json(dataclasses.asdict(explanation))
        return
    app.print(f"#{explanation.episode}  › {shorten(explanation.prompt, WIDTH)}", "dim")
    app.print(shorten(explanation.reply, WIDTH))
    app.print()
    app.print(verdict(explanation), "bold")
    if explanation.another_night:
        app.print(_another_night(explanation), "dim")
    _print_moved(app, explanation.change.moved)
    for origin in explanation.origins:
        if origin.probability >= LEAST_PROBABILITY:
            _print_origin(app, origin)
    if explanation.annotations:
        app.print()
        print_rows(app.out, {readable(key): value for key, value in explanation.annotations.items()}, "What took part")


def verdict(explanation: Explanation) -> str:
    """Return in a sentence how much of the reply came from what was learned."""
    change = explanation.change
    if change.kl is None:
        return "The base had no part in this reply: a plugin gave it."
    if change.exact:
        return f"Answered by the base alone, exactly: {_silence(explanation)}."
    return f"What was learned changed this reply by {change.kl:.4g} nats a token; {_moved_text(change)}."


def _silence(explanation: Explanation) -> str:
    if not explanation.scaffold:
        return "it was asked to leave the scaffold out"
    if explanation.reasons:
        return "; ".join(explanation.reasons)
    if explanation.night is None:
        return "nothing was learned yet, in no night"
    return "nothing that was learned took part (sovl plugins list)"


def _moved_text(change: Change) -> str:
    tokens = "its only token" if change.tokens == 1 else f"its {change.tokens} tokens"
    if not change.moved:
        return f"the base alone would have chosen each of {tokens} too"
    return f"it moved {len(change.moved)} of {tokens}"


def _another_night(explanation: Explanation) -> str:
    def named(number: Optional[int]) -> str:
        return "before the first night" if number is None else f"with night {number}"

    return f"It was given {named(explanation.given_in)}; this is how it looks {named(explanation.night)}."


def _print_moved(app: AppContext, moved: List[MovedToken]) -> None:
    if not moved:
        return
    app.print()
    columns = ("token", "said", "the base would have said", "likely with", "without", "nats")
    rows = [
        (
            one.position + 1,
            _quoted(one.said) + ("" if one.said == one.chosen else f" (likelier: {_quoted(one.chosen)})"),
            _quoted(one.base),
            f"{one.probability:.1%}",
            f"{one.base_probability:.1%}",
            one.kl,
        )
        for one in moved[:MOVED_SHOWN]
    ]
    print_table(app.out, columns, rows)
    if len(moved) > MOVED_SHOWN:
        app.print(f"… and {len(moved) - MOVED_SHOWN} more: --json shows them all", "dim")


def _print_origin(app: AppContext, origin: Origin) -> None:
    from rich.text import Text

    journal = app.system(read_only=True).journal
    memory = journal.episode(origin.episode)
    said_to = "" if memory is None else what_it_answers(journal, memory)
    remarks = [said_to] if said_to else []
    remarks.append(f"{origin.probability:.0%}")
    remarks += [_nights_text(origin.nights)] if origin.nights else []
    remarks += [f"superseded by #{origin.superseded_by}"] if origin.superseded_by is not None else []
    words = shorten(origin.text, WIDTH) if origin.text else "no longer in the journal"
    app.print()
    line = Text(f"From #{origin.episode}  {words}", style="cyan")
    app.out.print(line.append(f"  ({'; '.join(remarks)})", style="dim"), soft_wrap=True)
    for dream in origin.dreams:
        dreamt = f"  {dream.kind}  {shorten(dream.prompt, WIDTH)} → {shorten(dream.completion, WIDTH)}"
        night = f"  (night {dream.night})" if dream.night else ""
        app.out.print(Text(clean(dreamt, keep_lines=True)).append(night, style="dim"), soft_wrap=True)
    if origin.dreams:
        app.print(app.typed(f"  all its dreams: sovl dreams --memory {origin.episode}"), "dim")


def _nights_text(nights: List[int]) -> str:
    return f"learned in {'night' if len(nights) == 1 else 'nights'} {', '.join(str(night) for night in nights)}"


def _quoted(token: str) -> str:
    shown = (letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in token)
    return f'"{"".join(shown)}"'
