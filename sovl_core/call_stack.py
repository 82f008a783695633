"""Room for deep calls: a model's layers never lie across two pieces of the interpreter's stack.

CPython 3.11 and 3.12, and 3.13 and 3.14 until March 2026, keep the frames of Python functions in pieces of 16 KiB.
Where the end of a piece falls within a forward pass, each call of a layer asks the system for memory and gives it
back: by nothing but the depth of whoever called it, a reply takes up to 1.45 times as long
(https://github.com/python/cpython/issues/142183).
"""

from __future__ import annotations

import functools
import sys
from typing import Any, Callable, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])

#: Values that a frame claims to hold. A piece is made large enough for its first frame, by doubling, so that as much
#: again is left for the calls within: 128 KiB, several hundred frames.
SLOTS = 16_000


def with_room(function: Function) -> Function:
    """Return the function, called so that what it calls shares one piece of the stack.

    It costs the mapping of a piece a call, some 10 microseconds: for a reply or a night, not for a layer. On Python
    before 3.11, where each frame has memory of its own, it is returned as it is.
    """
    if sys.version_info < (3, 11):
        return function

    @functools.wraps(function)
    def roomy(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    roomy.__code__ = roomy.__code__.replace(co_stacksize=SLOTS)
    return cast("Function", roomy)
