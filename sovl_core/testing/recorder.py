"""Writes down which hooks a life calls, in order, with what they carried and what came of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, List, Optional

from sovl_core.hookspecs import SOVLHookSpecs
from sovl_core.plugin import Plugin, PluginContext
from sovl_core.plugin_manager import PluginManager


@dataclass
class HookCall:
    """One call of a hook: ``argument`` as plugins left it, None for a hook without; ``result`` after all plugins."""

    hook: str
    argument: Any = None
    result: Any = None


class HookRecorder:
    """The hooks that were called, oldest first, whether or not a plugin implements them."""

    def __init__(self) -> None:
        self.calls: List[HookCall] = []

    @property
    def hooks(self) -> List[str]:
        """Names of the hooks in the order in which they were called."""
        return [call.hook for call in self.calls]

    def of(self, hook: str) -> List[HookCall]:
        """Return the calls of one hook.

        :raises ValueError: when there is no such hook.
        """
        if not hasattr(SOVLHookSpecs, hook):
            raise ValueError(f"there is no hook {hook!r}")
        return [call for call in self.calls if call.hook == hook]

    def clear(self) -> None:
        """Forget what was written down so far."""
        self.calls.clear()


class RecordingManager(PluginManager):
    """A plugin manager that writes down what is called of it, and can switch a plugin off as if it had failed.

    :param recorder: where.
    """

    def __init__(self, recorder: HookRecorder, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.recorder = recorder
        #: Makes a plugin's context, once the life has started.
        self.make_context: Optional[Callable[[Plugin, Any], PluginContext]] = None

    def start(self, make_context: Callable[[Plugin, Any], PluginContext]) -> None:
        """Start the plugins; ``make_context`` is kept for those that are started later."""
        self.make_context = make_context
        self.recorder.calls.append(HookCall("on_start"))
        super().start(make_context)

    def stop(self) -> None:
        """Stop the plugins."""
        self.recorder.calls.append(HookCall("on_stop"))
        super().stop()

    def switch_off(self, name: str) -> None:
        """Do with a plugin what is done with one that has failed: detach it from the models and stop it."""
        self._registry.switch_off(self._registry.record(name), "switched off by a test")


def _recording(hook: str) -> Callable[..., Any]:
    facade = getattr(PluginManager, hook)

    def call(self: RecordingManager, *arguments: Any) -> Any:
        noted = HookCall(hook, arguments[0] if arguments else None)
        self.recorder.calls.append(noted)
        noted.result = facade(self, *arguments)
        return noted.result

    return call


for _hook in (name for name in vars(SOVLHookSpecs) if hasattr(PluginManager, name) and name.startswith("on_")):
    setattr(RecordingManager, _hook, _recording(_hook))
