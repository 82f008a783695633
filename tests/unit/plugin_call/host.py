"""The registry's stand-in for tests of hook calls, and the implementations that several of them use."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Callable, Generator, List, Optional, Tuple

from sovl_core.events import Reply, StepResult, Turn
from sovl_core.plugin_call import HookCalls
from sovl_core.plugin_kinds import hook_kinds
from sovl_core.plugin_records import PluginFailure
from sovl_core.plugin_timing import HookTimer

KINDS = hook_kinds()
Wrapper = Generator[None, Any, Any]


class Host:
    """Stands in for the registry: a list of implementations, and notes of who failed."""

    def __init__(self, *implementations: Tuple[str, Callable[..., Any], bool], strict: bool = False) -> None:
        self.implementations = [
            SimpleNamespace(plugin_name=name, function=function, wrapper=wrapper)
            for name, function, wrapper in implementations
        ]
        self.strict = strict
        self.off: List[str] = []
        self.failed: List[Tuple[str, str, str]] = []
        self.timer = HookTimer()
        self.calls = HookCalls(
            lambda hook: self.implementations, lambda name: name not in self.off, self.blame, self.timer
        )

    def blame(self, plugin: str, hook: str, error: BaseException) -> PluginFailure:
        self.failed.append((plugin, hook, f"{type(error).__name__}: {error}"))
        self.off.append(plugin)
        if self.strict:
            raise RuntimeError("strict") from error
        return PluginFailure(plugin, "dist", "1.0", hook, str(error))

    def generate(
        self, turn: Optional[Turn] = None, innermost: Callable[[Turn], Any] = lambda turn: Reply(turn.prompt)
    ) -> Any:
        return self.calls.pipeline(KINDS["on_generate"], turn or Turn("hello"), innermost)

    def train(self, innermost: Callable[[Any], Any] = lambda step: StepResult(loss=1.0), **fields: Any) -> StepResult:
        step = SimpleNamespace(loss_terms={}, **fields)
        result: StepResult = self.calls.pipeline(KINDS["on_train_step"], step, innermost)
        return result


def boom(*arguments: Any) -> Any:
    raise ValueError("boom")


def around(note: List[str], name: str) -> Callable[[Any], Wrapper]:
    def wrapper(turn: Any) -> Wrapper:
        note.append(f"{name} before")
        result = yield
        note.append(f"{name} after")
        return result

    return wrapper


def fails_before(turn: Any) -> Wrapper:
    raise ValueError("before")
    yield


def fails_after(turn: Any) -> Wrapper:
    yield
    raise ValueError("after")


class KernelFault(Exception):
    pass
