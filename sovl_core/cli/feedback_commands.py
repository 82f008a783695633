"""Saying what a reply was worth: ``/good``, ``/bad``, ``/no``."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Tuple

import click

from sovl_core.cli.terminal import shorten

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext
    from sovl_core.records import Episode


@click.command("good")
@click.pass_obj
def good(app: AppContext) -> None:
    """Say that the last reply was good."""
    episode = _rate(app, 1.0)
    app.print(f"Noted as good: {shorten(episode.reply, 60)}", "dim")


@click.command("bad")
@click.pass_obj
def bad(app: AppContext) -> None:
    """Say that the last reply was bad."""
    episode = _rate(app, -1.0)
    app.print(f"Noted as bad: {shorten(episode.reply, 60)}", "dim")
    app.print("What is right instead can be said with /no", "dim")


class Sentence(click.Command):
    """A command that takes a sentence as it is, options and all; ``--help`` alone is no sentence."""

    def parse_args(self, ctx: click.Context, args: List[str]) -> List[str]:
        """Return what is left of the words when the parameters have had theirs."""
        if args in (["--help"], ["-h"]) and not ctx.resilient_parsing:
            ctx.obj.print(ctx.get_help())
            ctx.exit()
        return super().parse_args(ctx, args)


@click.command("no", cls=Sentence, add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("correction", nargs=-1, type=click.UNPROCESSED, metavar="CORRECTION")
@click.pass_obj
def correct(app: AppContext, correction: Tuple[str, ...]) -> None:
    """Correct the last reply: what is right instead.

    CORRECTION is a sentence as you would say it; a few words, such as "it is Biscuit", are read with the question that
    was answered wrong. It goes into the journal and is learned in the next night.
    """
    from sovl_core.error_handling import BadInput
    from sovl_core.events import Feedback

    text = " ".join(correction).strip()
    if not text:
        raise BadInput("There is no correction", "Say what is right, as in: /no My dog is called Biscuit.")
    episode = last_reply(app)
    app.system().feedback(Feedback("correction", value=-1.0, text=text, episode=episode.id))
    app.print("Noted; it will be learned in the next night.", "dim")


def last_reply(app: AppContext) -> Episode:
    """Return the turn whose reply was shown last.

    In a shell each command is a conversation of its own: there the life's last reply is meant.

    :raises BadInput: when nothing was answered yet in this conversation, or in this life.
    """
    from sovl_core.error_handling import BadInput

    journal = app.system().journal
    if not app.in_session:
        answered = journal.last_answered()
        if answered is None:
            raise BadInput("Nothing was answered yet in this life", "Ask something: sovl ask TEXT")
        return answered
    shown = None if app.last_episode is None else journal.episode(app.last_episode)
    if shown is not None and shown.reply:
        return shown
    for episode in journal.episodes(limit=20, conversation=app.system().conversation):
        if episode.reply:
            return episode
    raise BadInput("There is no reply yet in this conversation", "Say something first")


def _rate(app: AppContext, value: float) -> Episode:
    from sovl_core.events import Feedback

    episode = last_reply(app)
    app.system().feedback(Feedback("rating", value=value, episode=episode.id))
    return episode
