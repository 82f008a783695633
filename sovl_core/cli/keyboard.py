"""Keys typed while a reply is being written: not echoed into it, kept for the next prompt."""

from __future__ import annotations

import contextlib
from typing import Any, Iterator


@contextlib.contextmanager
def keys_kept(stream: Any) -> Iterator[None]:
    """Within this block the terminal shows no typed keys by itself and loses none; Ctrl-C still interrupts.

    Line editing belongs to the prompt, which changes the terminal for itself and changes it back. Where there is no
    terminal, or none of this kind (Windows), nothing happens.

    :param stream: standard input.
    """
    try:
        import termios

        descriptor = stream.fileno()
        before = termios.tcgetattr(descriptor)
    except (ImportError, OSError, ValueError, AttributeError):
        yield
        return
    except Exception as failure:  # termios.error, whose class cannot be named where termios is missing
        if type(failure).__module__ != "termios":
            raise
        yield
        return
    quiet = list(before)
    # Without ICANON a Ctrl-D is a key like any other, and waits for the prompt too.
    quiet[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(descriptor, termios.TCSANOW, quiet)
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
