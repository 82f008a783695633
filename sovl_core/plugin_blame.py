"""Whose fault an exception is: what the kernel raises, or what ends a night or the program, is never a plugin's."""

from __future__ import annotations

import functools
from typing import Any, Callable, TypeVar

from sovl_core.events import NightInterrupted

_MARK = "_sovl_not_a_plugins_fault"

Function = TypeVar("Function", bound=Callable[..., Any])


class ContributionFailed(Exception):
    """Ends a training step in which something that a plugin put into it has failed; the caller sees a skipped step."""


def absolve(error: BaseException) -> None:
    """Mark an exception as raised by the kernel: no plugin it passes through on its way up is blamed for it."""
    # object.__setattr__ also works on an exception whose class refuses attributes (a frozen dataclass).
    object.__setattr__(error, _MARK, True)


def never_blamed(error: BaseException) -> bool:
    """Return whether an exception that comes out of a plugin's code is no failure of the plugin."""
    return (
        not isinstance(error, Exception)
        or isinstance(error, (NightInterrupted, ContributionFailed))
        or hasattr(error, _MARK)
    )


def kernels_own(function: Function) -> Function:
    """Return ``function`` so that what it raises is never blamed on the plugin that called it.

    For functions which the kernel hands to plugins and whose failures are the life's: loading models, breathing.
    """

    @functools.wraps(function)
    def call(*arguments: Any, **keywords: Any) -> Any:
        try:
            return function(*arguments, **keywords)
        except BaseException as error:
            absolve(error)
            raise

    return call  # type: ignore[return-value]
