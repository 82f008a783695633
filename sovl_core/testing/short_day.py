"""A day that calls on most of what a plugin can take part in, in a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sovl_core.events import Feedback, Idle

if TYPE_CHECKING:
    from sovl_core.system import SOVLSystem


def short_day(life: SOVLSystem) -> None:
    """Tell a life something, talk with it, rate it, leave it alone for a moment, look at it, have it forget.

    It is not sent to sleep, and no command is run: both may take any time.
    """
    told = life.tell("My dog is called Biscuit.")
    reply = life.generate("Hello, who are you?")
    life.feedback(Feedback("rating", 1.0, episode=reply.episode))
    life.feedback(Feedback("correction", text="My dog is called Rex.", episode=reply.episode))
    life.generate("What is my dog called?")
    # Past the system, which would begin a night if a plugin asked for one.
    life.plugins.on_idle(Idle(30.0, conversation=life.conversation, last_prompt="What is my dog called?"))
    life.commands()
    life.status()
    life.forget(told.id)
    life.save()
