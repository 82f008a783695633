"""One turn at the terminal: the reply streams, Ctrl-C stops it, what was said stays in the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

from sovl_core.cli.interrupts import first_interrupt_asks

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext
    from sovl_core.cli.replies import ReplyPrinter
    from sovl_core.events import Reply
    from sovl_core.system import SOVLSystem

STOPPING = "Stopping; Ctrl-C again forces it."


def take_turn(app: AppContext, system: SOVLSystem, text: str, printer: Optional[ReplyPrinter], **fields: Any) -> Reply:
    """Have one turn answered.

    :param printer: prints the reply as it comes; None prints nothing.
    :param fields: further fields of the turn, such as ``use_scaffold``.
    :return: the reply; ``finish_reason`` is ``cancelled`` after Ctrl-C.
    :raises OSError: when the reply cannot be printed; it is in the journal as far as it went.
    """

    def asked_to_stop() -> None:
        if printer is not None:
            printer.stop_waiting()
        if printer is None or not printer.printed:
            app.note(STOPPING)

    with first_interrupt_asks(asked_to_stop, system.plugins.hanging) as request:
        if printer is None:
            reply = system.generate(text, cancelled=lambda: request.made, **fields)
            app.last_episode = reply.episode
            return reply
        with printer.waiting(waiting_text(system)):
            # Nobody reads on where the stream has failed; what was said so far is kept all the same.
            reply = system.generate(
                text, on_text=printer.on_text, cancelled=lambda: request.made or printer.failure is not None, **fields
            )
        printer.finish(reply.text)
        app.last_episode = reply.episode
        return reply


def waiting_text(system: SOVLSystem) -> str:
    """Return what the user waits for until the first word comes."""
    return "thinking" if getattr(system, "models_loaded", True) else "loading the model"


def choose_conversation(app: AppContext, system: SOVLSystem, go_on: bool) -> str:
    """Return the conversation in which one thing is asked.

    :param go_on: the last conversation of this life (in a session: the one that goes on) instead of a new one.
    """
    if app.in_session:
        return system.conversation if go_on else system.journal.new_conversation()
    last = system.journal.last_conversation() if go_on else None
    # Opening the life has begun a new one.
    return last or system.conversation
