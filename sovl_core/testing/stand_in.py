"""What stands in for a language model where a test is about something else: replies by script, and no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Iterator, List, Sequence, Union

if TYPE_CHECKING:
    from sovl_core.events import Reply, Turn

    #: One text for every turn, texts one after another (the last again and again), or a function of the turn.
    Script = Union[str, Sequence[str], Callable[[Turn], Union[str, Reply]]]


class NoModel:
    """Stands where the base would; computes nothing. Its one parameter is there to say where it is."""

    device = "cpu"
    dtype = "none"
    requires_grad = False

    def requires_grad_(self, requires_grad: bool = True) -> NoModel:
        """Do as a module would."""
        return self

    def eval(self) -> NoModel:
        """Do as a module would."""
        return self

    def parameters(self) -> Iterator[Any]:
        """Return the one."""
        return iter((self,))


class ScriptedReplies:
    """Answers turns in the kernel's place.

    :param script: what it says; see :data:`Script`. ``turns`` are those it was asked.
    """

    def __init__(self, script: Script) -> None:
        self.turns: List[Turn] = []
        self._say = script if callable(script) else _one_after_another(script)

    def __call__(self, models: Any, turn: Turn, settings: Any) -> Reply:
        """Return the next reply, one token a word."""
        from sovl_core.events import Reply

        self.turns.append(turn)
        said = self._say(turn)
        if isinstance(said, Reply):
            return said
        if turn.on_text is not None:
            turn.on_text(said)
        return Reply(said, token_ids=list(range(len(said.split()))), confidence=0.5)


def _one_after_another(script: Union[str, Sequence[str]]) -> Callable[[Turn], str]:
    texts = [script] if isinstance(script, str) else list(script)

    def say(turn: Turn) -> str:
        return texts.pop(0) if len(texts) > 1 else texts[0]

    return say
