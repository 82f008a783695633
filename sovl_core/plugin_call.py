"""Calls hooks: one loop that runs wrappers around an innermost implementation, one that visits every plugin.

pluggy keeps the implementations; the loops are SOVL's own, so that the owner of every result, its time and its failure
are known. What a failure costs depends on the hook (:class:`sovl_core.plugin_kinds.HookKind`):

- a wrapper that fails before its ``yield`` is left out, and fields of the argument that it had set are put back;
- a wrapper that fails after its ``yield`` leaves the inner result as it was;
- an exception of the innermost implementation is thrown into the wrappers for clean-up and then goes on, whatever they
  do: it is the kernel's, and the caller has to see it;
- gathered hooks lose the failing plugin's part;
- where ``kind.dropped`` is set (a training step), any failure within the call drops the whole call;
- where ``kind.resumable`` is set (a night), a full disk ends the call, to be gone on with, and is nobody's failure.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from dataclasses import dataclass
from typing import Any, Callable, Dict, Generator, List, Optional, Sequence, Tuple

from pluggy import HookImpl

from sovl_core.durable import is_disk_full
from sovl_core.plugin_blame import ContributionFailed, absolve, never_blamed
from sovl_core.plugin_contributions import guard_terms, terms_of
from sovl_core.plugin_fields import put_back
from sovl_core.plugin_kinds import HookKind
from sovl_core.plugin_records import PluginFailure
from sovl_core.plugin_timing import KERNEL, HookTimer
from sovl_core.plugin_wrapper import (
    ReturnedEarly,
    close_wrapper,
    early_result_problem,
    fields_of,
    open_wrapper,
    own_problem,
    restore_fields,
    result_problem,
    yielded_twice,
)

_FAILED = object()


def _nobodys_fault(kind: HookKind, error: BaseException) -> bool:
    return never_blamed(error) or (kind.resumable and is_disk_full(error))


def _put_all_back(arguments: Sequence[Any], before: Sequence[Dict[str, Any]]) -> str:
    """Give fields that hold something wrong back what they held; return what was wrong first, "" when nothing was."""
    problems = [put_back(argument, fields) for argument, fields in zip(arguments, before)]
    return next(filter(None, problems), "")


@dataclass(frozen=True)
class _Call:
    kind: HookKind
    argument: Any
    implementations: Sequence[HookImpl]
    innermost: Callable[[], Any]
    # How many failures this thread had seen when the call began.
    mark: int


class _Thread(threading.local):
    def __init__(self) -> None:
        self.failures: List[PluginFailure] = []


class HookCalls:
    """Runs hook calls.

    :param implementations: returns a hook's implementations in the order they are called, wrappers first.
    :param is_on: whether a plugin is still on; one may be switched off while a call is under way.
    :param blame: called with plugin, hook and exception when a plugin fails; raises in strict mode.
    :param timer: measures and traces.
    """

    def __init__(
        self,
        implementations: Callable[[str], Sequence[HookImpl]],
        is_on: Callable[[str], bool],
        blame: Callable[[str, str, BaseException], PluginFailure],
        timer: HookTimer,
    ) -> None:
        self._implementations = implementations
        self._is_on = is_on
        self._blame_plugin = blame
        self._timer = timer
        self._thread = _Thread()

    def pipeline(self, kind: HookKind, argument: Any, innermost: Optional[Callable[[Any], Any]] = None) -> Any:
        """Run wrappers, then plain implementations until one gives a result, then ``innermost``.

        :return: the result after all wrappers, None when nobody gave one.
        """

        def kernel() -> Any:
            if innermost is None:
                return None
            try:
                return self._timer.part(KERNEL, kind.name, "runs", innermost, argument)
            except BaseException as error:
                absolve(error)
                raise

        return self._run(kind, argument, self._implementations(kind.name), kernel)

    def gather(self, kind: HookKind, arguments: Tuple[Any, ...], join: Callable[[str, Any], List[Any]]) -> List[Any]:
        """Call every plain implementation, within the wrappers if there are any.

        :param join: makes a list of what one plugin, named first, returned; the lists are added up.
        """
        everything = self._implementations(kind.name)
        plain = [implementation for implementation in everything if not implementation.wrapper]

        def visit() -> List[Any]:
            results = self._visit(kind, plain, lambda plugin: arguments)
            return [item for plugin, result in results if result is not None for item in join(plugin, result)]

        wrappers = [implementation for implementation in everything if implementation.wrapper]
        return list(self._run(kind, arguments[0] if arguments else None, wrappers, visit))

    def visit(
        self, kind: HookKind, arguments: Callable[[str], Optional[Tuple[Any, ...]]], reverse: bool = False
    ) -> List[str]:
        """Call every plugin's implementation with arguments of its own.

        :param arguments: returns the arguments for a plugin, None to leave it out.
        :param reverse: call in the opposite order, for hooks that take down what others have set up.
        :return: the plugins that did not fail.
        """
        everything = self._implementations(kind.name)
        ordered = everything[::-1] if reverse else everything
        return [plugin for plugin, _ in self._timer.whole(kind.name, self._visit, kind, ordered, arguments)]

    def _visit(
        self,
        kind: HookKind,
        implementations: Sequence[HookImpl],
        arguments: Callable[[str], Optional[Tuple[Any, ...]]],
    ) -> List[Tuple[str, Any]]:
        results: List[Tuple[str, Any]] = []
        for implementation in implementations:
            plugin = implementation.plugin_name
            given = arguments(plugin) if self._is_on(plugin) else None
            if given is None:
                continue
            result = self._attempt(kind, implementation, given)
            if result is not _FAILED:
                results.append((plugin, result))
        return results

    def _run(
        self, kind: HookKind, argument: Any, implementations: Sequence[HookImpl], innermost: Callable[[], Any]
    ) -> Any:
        call = _Call(kind, argument, implementations, innermost, len(self._thread.failures))
        return self._timer.whole(kind.name, self._descend, call, 0)

    def _descend(self, call: _Call, position: int) -> Any:
        """Return the result of the implementations from ``position`` on."""
        while position < len(call.implementations) and not self._is_on(call.implementations[position].plugin_name):
            position += 1
        try:
            if position == len(call.implementations):
                result = call.innermost()
            elif call.implementations[position].wrapper:
                result = self._wrap(call, position)
            else:
                result = self._attempt(call.kind, call.implementations[position], (call.argument,))
                if result is None or (result is _FAILED and call.kind.dropped is None):
                    result = self._descend(call, position + 1)
        except ContributionFailed:
            # Its plugin has been blamed already; below, the failure becomes the call's result.
            result = None
        return self._settle(call, result)

    def _settle(self, call: _Call, result: Any) -> Any:
        failures = self._thread.failures
        if call.kind.dropped is None or len(failures) == call.mark:
            return result
        return call.kind.dropped(str(failures[call.mark]))

    def _wrap(self, call: _Call, position: int) -> Any:
        implementation = call.implementations[position]
        generator, early = self._begin(call, implementation)
        if generator is None:
            leave_out = early is _FAILED and call.kind.dropped is None
            return self._descend(call, position + 1) if leave_out else early
        try:
            inner = self._descend(call, position + 1)
        except BaseException as error:
            self._unwind(call, implementation, generator, error)
            raise
        return self._finish(call, implementation, generator, inner)

    def _begin(self, call: _Call, implementation: HookImpl) -> Tuple[Optional[Generator[Any, Any, Any]], Any]:
        """Run a wrapper up to its ``yield``.

        :return: the generator that waits there, or None with _FAILED or with what the wrapper returned instead.
        """
        plugin, kind, argument = implementation.plugin_name, call.kind, call.argument
        fields = fields_of(argument)
        terms = terms_of(argument)
        try:
            generator = self._timer.part(plugin, kind.name, "begins", open_wrapper, implementation.function, argument)
        except ReturnedEarly as stop:
            problem = early_result_problem(kind, stop.value)
            if problem is None:
                return None, stop.value
            self._blame(plugin, kind, problem)
        except BaseException as error:
            if _nobodys_fault(kind, error):
                raise
            self._blame(plugin, kind, error)
        else:
            wrong = put_back(argument, fields)
            if not wrong:
                guard_terms(argument, terms, functools.partial(self._contribute, plugin, kind))
                return generator, None
            # What it does on being closed says no more than that it had set the wrong thing.
            with contextlib.suppress(Exception):
                generator.close()
            self._blame(plugin, kind, TypeError(wrong))
        restore_fields(argument, fields)
        return None, _FAILED

    def _finish(self, call: _Call, implementation: HookImpl, generator: Generator[Any, Any, Any], inner: Any) -> Any:
        """Run a wrapper's second half; return what it made of the inner result, or that result when it fails."""
        plugin, kind = implementation.plugin_name, call.kind
        fields = fields_of(inner)
        try:
            result = self._timer.part(plugin, kind.name, "ends", close_wrapper, generator, inner)
        except BaseException as error:
            if _nobodys_fault(kind, error):
                raise
            self._blame(plugin, kind, error)
        else:
            problem = own_problem(inner, fields) if result is inner else result_problem(kind, result)
            if problem is None:
                return result
            self._blame(plugin, kind, problem)
        restore_fields(inner, fields)
        return inner

    def _unwind(
        self, call: _Call, implementation: HookImpl, generator: Generator[Any, Any, Any], error: BaseException
    ) -> None:
        """Throw an exception from further inside into a wrapper, so that its ``finally`` and ``with`` run."""
        plugin, kind = implementation.plugin_name, call.kind
        try:
            self._timer.part(plugin, kind.name, "unwinds", generator.throw, error)
            raise yielded_twice(generator)
        except StopIteration:
            return
        except BaseException as raised:
            # A generator turns a StopIteration that passes through it into a RuntimeError (PEP 479).
            if raised is error or (isinstance(error, StopIteration) and raised.__cause__ is error):
                return
            if _nobodys_fault(kind, raised):
                raise
            self._blame(plugin, kind, raised)

    def _attempt(self, kind: HookKind, implementation: HookImpl, arguments: Tuple[Any, ...]) -> Any:
        """Run a plain implementation; return its checked result, None for none, _FAILED when it fails."""
        plugin = implementation.plugin_name
        before = [fields_of(argument) for argument in arguments]
        try:
            result = self._timer.part(plugin, kind.name, "runs", implementation.function, *arguments)
            if result is not None:
                kind.check(result)
        except BaseException as error:
            if _nobodys_fault(kind, error):
                raise
            _put_all_back(arguments, before)
            self._blame(plugin, kind, error)
            return _FAILED
        wrong = _put_all_back(arguments, before)
        if wrong:
            self._blame(plugin, kind, TypeError(wrong))
            return _FAILED
        return result

    def _contribute(self, plugin: str, kind: HookKind, term: Callable[..., Any], *arguments: Any) -> Any:
        """Compute a loss term that a plugin put into a step; called deep in the kernel's innermost implementation."""
        try:
            return self._timer.part(plugin, kind.name, "adds", term, *arguments)
        except BaseException as error:
            if _nobodys_fault(kind, error):
                raise
            self._blame(plugin, kind, error)
            raise ContributionFailed from error

    def _blame(self, plugin: str, kind: HookKind, error: BaseException) -> None:
        self._timer.say(f"{plugin} failed: {error!r}")
        self._thread.failures.append(self._blame_plugin(plugin, kind.name, error))
