"""The further processes of a training run: they train along, keep nothing, and say nothing but why they fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from sovl_core.cli.errors import explain, print_error
from sovl_core.cli.interrupts import termination_ends

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext
    from sovl_core.launched import Launched
    from sovl_core.system import SOVLSystem


def train_along(app: AppContext, launched: Launched, train: Callable[[SOVLSystem], object]) -> int:
    """Do this process's share of the training and return its exit status.

    The life is only read, and only once all processes have met: it is the first one that begins a life.

    :param train: trains with the life it is given.
    """
    app.note_sink = _unsaid
    try:
        with termination_ends():
            launched.meet(app.config().core.device)
            train(app.system(read_only=True))
            # Before the first one goes: whoever is the last to close a journal puts its files in order.
            app.close()
            launched.part()
    except Exception as error:
        print_error(app.err, _named(error, launched), app.options.debug)
        return explain(error).status
    return 0


def _named(error: Exception, launched: Launched) -> Exception:
    from sovl_core.error_handling import SOVLError

    told = explain(error)
    named = SOVLError(f"{launched}: {told.message}", told.hint)
    named.__traceback__, named.__cause__ = error.__traceback__, error
    return named


def _unsaid(_text: str) -> None:
    """Leave it to the first process, which has the same to say."""
