"""What a wrapper is allowed to do: yield once, return what its hook returns, and leave no trace when it fails."""

from __future__ import annotations

import contextlib
from typing import Any, Callable, Dict, Generator, Optional

from sovl_core.plugin_fields import wrong_field
from sovl_core.plugin_kinds import HookKind


class ReturnedEarly(Exception):
    """A wrapper returned without yielding; ``value`` is what it returned."""

    def __init__(self, value: Any) -> None:
        super().__init__(value)
        self.value = value


def open_wrapper(function: Callable[[Any], Any], argument: Any) -> Any:
    """Run a wrapper up to its ``yield`` and return the generator that waits there.

    :raises ReturnedEarly: when it returns instead.
    """
    generator = function(argument)
    try:
        next(generator)
    except StopIteration as stop:
        raise ReturnedEarly(stop.value) from None
    return generator


def close_wrapper(generator: Generator[Any, Any, Any], inner: Any) -> Any:
    """Run a wrapper from its ``yield`` to its end with the inner result, and return what it made of it.

    :raises RuntimeError: when it yields again.
    """
    try:
        generator.send(inner)
    except StopIteration as stop:
        return stop.value
    raise yielded_twice(generator)


def yielded_twice(generator: Generator[Any, Any, Any]) -> RuntimeError:
    """Close a wrapper that has yielded once too often, and return the error to blame it with."""
    # A generator that goes on even after being closed raises here; that it yielded twice says enough.
    with contextlib.suppress(Exception):
        generator.close()
    return RuntimeError("the wrapper yielded twice")


def early_result_problem(kind: HookKind, value: Any) -> Optional[Exception]:
    """Return what is wrong with a wrapper that returned ``value`` without yielding, None where the hook allows it."""
    if kind.dropped is None or value is None:
        return RuntimeError("the wrapper returned without yielding")
    return result_problem(kind, value)


def result_problem(kind: HookKind, value: Any) -> Optional[Exception]:
    """Return what is wrong with the result of a wrapper, None when it is right."""
    try:
        kind.check(value)
    except TypeError as error:
        return error
    return None


def own_problem(inner: Any, before: Dict[str, Any]) -> Optional[Exception]:
    """Return what is wrong with the fields that a wrapper has changed in the inner result, None when nothing is."""
    problem = wrong_field(inner, before)
    return TypeError(problem) if problem else None


def fields_of(carried: Any) -> Dict[str, Any]:
    """Return a copy of the fields of an object that a hook carries, {} for one without fields."""
    fields: Dict[str, Any] = getattr(carried, "__dict__", {}).copy()
    return fields


def restore_fields(carried: Any, fields: Dict[str, Any]) -> None:
    """Set the fields back to what :func:`fields_of` returned; what they refer to is as the plugin left it."""
    if fields:
        vars(carried).update(fields)
