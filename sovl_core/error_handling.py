"""What can go wrong, said for the person at the terminal: exceptions with exit status, logging, reflection."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional

if TYPE_CHECKING:
    from sovl_core.events import ErrorEvent, Reply, Turn
    from sovl_core.system_logging import ThreadSafeLogger

#: Purpose and conversation of turns in which the system reflects on a failure, and ``what`` of a failure in them.
REFLECTION = "reflection"
REFLECTION_TOKENS = 60
REFLECTION_TEMPERATURE_RAISE = 0.2
#: Characters of an error's message that are put to the model; a traceback would fill the prompt.
REFLECTION_MESSAGE_LENGTH = 400
#: Frames of a traceback that are kept in the log, innermost last.
LOGGED_FRAMES = 12


class SOVLError(Exception):
    """A failure that is explained rather than shown as a traceback.

    :param message: what failed and where (file, line, key, plugin), without the exception's name.
    :param hint: what to do next, best with the command to type.
    """

    exit_status = 1

    def __init__(self, message: str, hint: str = "") -> None:
        # Both go to Exception.__init__ so that the error survives pickling (worker processes of training).
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        message = self.message.rstrip()
        if not self.hint:
            return message
        separator = " " if message.endswith((".", "!", "?", ":")) else ". "
        return message + separator + self.hint.strip()


class BadInput(SOVLError):
    """What the user gave cannot be used: an unknown key, a bad file, a value out of range."""

    exit_status = 2


class ConfigError(BadInput):
    """A setting or a config file is wrong."""


class DataError(BadInput):
    """Training or evaluation data cannot be used."""


class ModelNotFound(SOVLError):
    """A model is in none of the places that were searched, or is of no known family."""


class PluginError(SOVLError):
    """A plugin cannot be loaded or does not keep the contract."""


class LifeLocked(SOVLError):
    """Another process is writing this life."""


class LifeDamaged(SOVLError):
    """Something stored in a life is broken, or was written by a newer version."""


class NothingToTrain(SOVLError):
    """There is no parameter or no example to train on."""


def is_out_of_memory(error: BaseException) -> bool:
    """Return True when the memory, of the machine or of a GPU, is what was lacking; imports no torch to tell."""
    return isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"


def log_error(logger: Optional[ThreadSafeLogger], error: BaseException, event: str = "error", **fields: Any) -> None:
    """Write an exception to the log: its type, message, hint, cause and the innermost frames.

    :param logger: where to write; None writes nothing.
    :param error: the exception.
    :param event: name of the entry.
    :param fields: anything else that says where it happened (``plugin=``, ``hook=``, ``episode=``).
    """
    if logger is None:
        return
    entry: Dict[str, Any] = {
        "level": "error",
        "event": event,
        "error": type(error).__name__,
        "message": _message(error),
    }
    cause, frames = error.__cause__, _frames(error)
    if cause is not None:
        entry["cause"] = f"{type(cause).__name__}: {_message(cause)}"
    if frames:
        entry["traceback"] = frames
    logger.write({**entry, **fields})


def handle_error_prompt(
    error_event: ErrorEvent,
    generate: Callable[[Turn], Reply],
    logger: Optional[ThreadSafeLogger],
    temperature: float = 0.7,
) -> Optional[Reply]:
    """Let the system reflect on a failure it survived, in a conversation of its own.

    A failure within the reflection is logged and ends it; an event whose ``what`` is :data:`REFLECTION` is never
    reflected on, so one failure causes at most one reflection.

    :param error_event: what failed.
    :param generate: answers a turn without journaling it.
    :param logger: receives the reflection, or why there was none.
    :param temperature: the usual sampling temperature; the reflection is sampled 0.2 above it.
    :return: the reflection of at most 60 tokens, None when there was none.
    """
    from sovl_core.events import Turn

    if error_event.what == REFLECTION:
        return None
    turn = Turn(
        prompt=_reflection_prompt(error_event),
        conversation=REFLECTION,
        max_new_tokens=REFLECTION_TOKENS,
        temperature=temperature + REFLECTION_TEMPERATURE_RAISE,
        purpose=REFLECTION,
        episode=error_event.episode,
    )
    try:
        reply = generate(turn)
    except Exception as failure:  # whatever broke the turn (out of memory, say) may well break this one too
        log_error(logger, failure, event="error_reflection_failed", what=error_event.what)
        return None
    if logger is not None:
        logger.write({"level": "info", "event": "error_reflection", "what": error_event.what, "text": reply.text})
    return reply


def _reflection_prompt(event: ErrorEvent) -> str:
    place = event.what + (f" in plugin {event.plugin}" if event.plugin else "")
    message = event.message.strip()[:REFLECTION_MESSAGE_LENGTH]
    return f"A system error occurred: {place}: {message} What do you think about it?"


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # a foreign exception may fail to describe itself; its type is logged beside this
        return "(no message)"


def _frames(error: BaseException) -> List[str]:
    frames = traceback.extract_tb(error.__traceback__)[-LOGGED_FRAMES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
