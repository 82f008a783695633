"""One command that a life is struck in: what it is, what its screen promises, and what goes on with it afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, List, Optional

from torture.ledger import Ledger
from torture.processes import Ended


def no_promise(ended: Ended, ledger: Ledger) -> List[str]:
    """Nothing that a screen says is held to: for commands whose files tell what they have done."""
    return []


@dataclass
class Attempt:
    """One command: its arguments, standard input, and ``promised``, which enters into the ledger what the screen says.

    ``promised`` is called before anything else opens the life, and returns what is wrong with screen or files already.
    ``prepare`` is called in the process before the command. ``again`` is run undisturbed after the blow, where what
    was interrupted is gone on with by typing the same again; it must succeed.
    """

    arguments: List[str]
    stdin: str = ""
    promised: Callable[[Ended, Ledger], List[str]] = no_promise
    prepare: Optional[Callable[[], None]] = None
    again: Optional[Attempt] = None
