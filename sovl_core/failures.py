"""What happens when a turn or a piece of work fails: it is logged, told to the plugins, reflected on, explained."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, Callable, Deque, Optional

from sovl_core.error_handling import SOVLError, handle_error_prompt, log_error
from sovl_core.events import ErrorEvent, Reply, Turn

if TYPE_CHECKING:
    from sovl_core.plugin_manager import PluginManager
    from sovl_core.system_config import SystemConfig
    from sovl_core.system_logging import ThreadSafeLogger

_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


class Failures:
    """Turns an exception into something that was survived.

    :param answer: answers the reflection, without journaling it.
    :param of_plugins: failures of plugins that the others were not told of yet.
    """

    def __init__(
        self,
        config: SystemConfig,
        hooks: PluginManager,
        answer: Callable[[Turn], Reply],
        logger: Optional[ThreadSafeLogger],
        of_plugins: Deque[ErrorEvent],
    ) -> None:
        self._config = config
        self._hooks = hooks
        self._answer = answer
        self._logger = logger
        self._of_plugins = of_plugins

    def tell_plugins(self) -> None:
        """Tell the plugins which of them have failed; to be called when no hook is running."""
        self._hooks.tidy()
        while self._of_plugins:
            self._hooks.on_error(self._of_plugins.popleft())

    def survive(self, error: Exception, what: str, episode: Optional[int] = None) -> SOVLError:
        """Log a failure, tell the plugins, let the system reflect on it.

        :param error: what was raised.
        :param what: what failed, as in ``reply`` or ``night``.
        :param episode: the episode it happened in.
        :return: what to raise towards the user: a :class:`SOVLError` as it is, anything else explained.
        """
        log_error(self._logger, error, event=f"{what}_failed", episode=episode)
        event = ErrorEvent(what=what, message=f"{type(error).__name__}: {error}", episode=episode)
        self._hooks.on_error(event)
        if isinstance(error, SOVLError):
            # Something the user has to mend (no model, a wrong setting): the models have nothing to say to it.
            return error
        if is_out_of_memory(error):
            free_memory()
        if self._config.generation.error_reflection:
            handle_error_prompt(event, self._answer, self._logger, self._config.generation.temperature)
        return explain(error, what, episode)


def explain(error: Exception, what: str, episode: Optional[int] = None) -> SOVLError:
    """Return a failure in words for the person at the terminal."""
    kept = "" if episode is None else f"What you said is kept (episode {episode}). "
    if is_out_of_memory(error):
        return SOVLError(
            f"The {what} failed: out of memory",
            f"{kept}Close other programs, say it in fewer words, or choose a smaller model or precision: "
            "sovl config set core.base_model NAME",
        )
    return SOVLError(f"The {what} failed: {type(error).__name__}: {error}", f"{kept}See what happened with `sovl log`")


def is_out_of_memory(error: BaseException) -> bool:
    """Return True when memory ran out, whichever library says so."""
    return isinstance(error, MemoryError) or any(text in str(error).lower() for text in _OUT_OF_MEMORY)


def free_memory() -> None:
    """Give back what Python and PyTorch hold without using it."""
    gc.collect()
    # Not imported here: where no model was loaded there is nothing of it to give back.
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
