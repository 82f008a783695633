from __future__ import annotations

import pickle

import pytest

from sovl_core import error_handling as errors
from sovl_core.events import ErrorEvent, Reply
from sovl_core.system_logging import ThreadSafeLogger

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("message", "hint", "text"),
    [
        ("No file x", "Check the path", "No file x. Check the path"),
        ("No file x.", "Check the path", "No file x. Check the path"),
        ("Which one?", "Say it", "Which one? Say it"),
        ("No file x", "", "No file x"),
    ],
)
def test_text_is_message_then_hint(message, hint, text):
    error = errors.SOVLError(message, hint)

    assert str(error) == text
    assert (error.message, error.hint) == (message, hint)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.SOVLError, 1),
        (errors.BadInput, 2),
        (errors.ConfigError, 2),
        (errors.DataError, 2),
        (errors.ModelNotFound, 1),
        (errors.PluginError, 1),
        (errors.LifeLocked, 1),
        (errors.LifeDamaged, 1),
        (errors.NothingToTrain, 1),
    ],
)
def test_exit_status_and_pickling_of_each_kind(kind, status):
    error = pickle.loads(pickle.dumps(kind("what", "how")))

    assert isinstance(error, errors.SOVLError)
    assert (type(error), error.exit_status, error.message, error.hint) == (kind, status, "what", "how")


def test_logged_error_says_what_why_and_where():
    logger = ThreadSafeLogger()
    try:
        try:
            raise KeyError("inner")
        except KeyError as inner:
            raise errors.DataError("outer", "do this") from inner
    except errors.DataError as error:
        errors.log_error(logger, error, plugin="dream")

    (entry,) = logger.read()
    assert (entry["level"], entry["event"], entry["plugin"]) == ("error", "error", "dream")
    assert (entry["error"], entry["message"]) == ("DataError", "outer. do this")
    assert entry["cause"] == "KeyError: 'inner'"
    assert "test_logged_error_says_what_why_and_where" in entry["traceback"][-1]


def test_error_that_cannot_describe_itself_is_logged_by_type():
    class Mute(Exception):
        def __str__(self):
            raise RuntimeError

    logger = ThreadSafeLogger()
    errors.log_error(logger, Mute(), event="plugin_failed")

    (entry,) = logger.read()
    assert (entry["event"], entry["error"]) == ("plugin_failed", "Mute")
    assert "cause" not in entry
    assert "traceback" not in entry


def test_logging_to_no_logger_does_nothing():
    errors.log_error(None, ValueError("x"))


def test_reflection_runs_in_a_conversation_of_its_own():
    turns = []

    def generate(turn):
        turns.append(turn)
        return Reply("I ran out of memory.")

    logger = ThreadSafeLogger()
    event = ErrorEvent("generation", "out of memory", plugin="dream", episode=3)
    reply = errors.handle_error_prompt(event, generate, logger, temperature=0.5)

    (turn,) = turns
    assert reply is not None
    assert reply.text == "I ran out of memory."
    assert (turn.conversation, turn.purpose, turn.episode) == ("reflection", "reflection", 3)
    assert turn.max_new_tokens == 60
    assert turn.temperature == pytest.approx(0.7)
    assert turn.history == []
    assert all(part in turn.prompt for part in ("generation", "dream", "out of memory"))
    assert logger.read()[0]["text"] == "I ran out of memory."


def test_failure_in_a_reflection_is_logged_and_ends_it():
    calls = []

    def generate(turn):
        calls.append(turn)
        raise MemoryError("again")

    logger = ThreadSafeLogger()
    assert errors.handle_error_prompt(ErrorEvent("generation", "out of memory"), generate, logger) is None
    assert len(calls) == 1
    assert [entry["event"] for entry in logger.read()] == ["error_reflection_failed"]


def test_failure_of_a_reflection_is_not_reflected_on(mocker):
    generate = mocker.Mock()

    assert errors.handle_error_prompt(ErrorEvent(errors.REFLECTION, "x"), generate, None) is None
    generate.assert_not_called()


def test_interrupt_by_the_user_goes_through_a_reflection(mocker):
    generate = mocker.Mock(side_effect=KeyboardInterrupt)

    with pytest.raises(KeyboardInterrupt):
        errors.handle_error_prompt(ErrorEvent("generation", "x"), generate, None)


def test_long_message_is_shortened_for_the_model():
    prompts = []
    errors.handle_error_prompt(
        ErrorEvent("generation", "x" * 10_000), lambda turn: prompts.append(turn.prompt) or Reply("ok"), None
    )

    assert len(prompts[0]) < 600


def test_memory_is_what_was_lacking_on_a_gpu_too():
    class OutOfMemoryError(RuntimeError):
        """As torch names it."""

    assert errors.is_out_of_memory(MemoryError())
    assert errors.is_out_of_memory(OutOfMemoryError("CUDA out of memory"))
    assert not errors.is_out_of_memory(RuntimeError("out of memory"))
