"""How each hook composes: what it returns, whether it may be wrapped, and what a failure in it costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, Optional

from sovl_core.events import Dream, NightReport, Reply, StepResult, Utterance
from sovl_core.hook_versions import Deprecated
from sovl_core.plugin import Command, StatusPanel
from sovl_core.plugin_fields import wrong_field

#: How long a plugin may take in a hook: a moment, about a reply or a step, or the length of real work.
BRIEF, TURN, WORK = "brief", "turn", "work"


@dataclass(frozen=True)
class HookKind:
    """One hook's rules.

    ``result`` is the type an implementation returns, None where it returns nothing; with ``many`` it returns a list of
    them. Where nothing is returned, ``instead`` says what to change to the same end. ``wrappers`` allows
    ``@hookimpl(wrapper=True)``. ``dropped`` is set where a failed contribution drops the whole call: it makes the
    call's result from a reason. There a wrapper may also return a result without yielding. ``resumable`` calls are gone
    on with another time: a full disk ends them and is nobody's fault. ``pace`` is how long a plugin may take:
    ``brief``, ``turn`` or ``work``, each with a limit in the settings (``hooks.brief_limit``). A ``deprecated`` hook is
    called, and whoever implements it is told what takes its place.
    """

    name: str
    result: Optional[type] = None
    many: bool = False
    instead: str = ""
    wrappers: bool = False
    dropped: Optional[Callable[[str], Any]] = None
    resumable: bool = False
    pace: str = BRIEF
    deprecated: Optional[Deprecated] = None

    @property
    def limit_key(self) -> str:
        """Key of the setting that limits a plugin's stay in this hook."""
        return f"hooks.{self.pace}_limit"

    @property
    def expected(self) -> str:
        """What an implementation returns, in words."""
        name = "nothing" if self.result is None else self.result.__name__
        return f"a list of {name}" if self.many else name

    def check(self, value: Any) -> None:
        """Raise TypeError, saying what was expected, unless ``value`` is what this hook returns."""
        if self.result is None:
            # Left alone, a text returned from on_journal or a state from on_save_state would be lost without a word.
            if value is not None:
                raise TypeError(f"returned {_described(value)} where {self.name} expects nothing{self.instead}")
            return
        if self.many:
            fits = isinstance(value, (list, tuple)) and all(isinstance(item, self.result) for item in value)
        else:
            fits = isinstance(value, self.result)
        if not fits:
            raise TypeError(f"returned {_described(value)} where {self.name} expects {self.expected}")
        for item in value if self.many else (value,):
            problem = wrong_field(item)
            if problem:
                raise TypeError(problem)


def _described(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, (list, tuple)):
        names = sorted({type(item).__name__ for item in value})
        return f"a {type(value).__name__} of {', '.join(names) or 'nothing'}"
    return type(value).__name__


def hook_kinds() -> Dict[str, HookKind]:
    """Return the rules of every hook in :class:`sovl_core.hookspecs.SOVLHookSpecs`, by name."""
    kinds = (
        HookKind("on_generate", Reply, wrappers=True, pace=TURN),
        HookKind("on_train_step", StepResult, wrappers=True, dropped=StepResult.skip, pace=TURN),
        HookKind("on_sleep", NightReport, wrappers=True, resumable=True, pace=WORK),
        HookKind("on_dream", Dream, many=True, wrappers=True, pace=WORK),
        HookKind("on_idle", Utterance),
        HookKind("on_commands", Command, many=True),
        HookKind("on_status", StatusPanel),
        HookKind("on_feedback"),
        HookKind("on_forget", pace=WORK),
        HookKind("on_journal", instead="; change entry.text instead"),
        HookKind("on_start"),
        HookKind("on_stop"),
        HookKind("on_load_model", instead="; change request.arguments instead", pace=WORK),
        HookKind("on_models_loaded", pace=WORK),
        HookKind("on_models_unloaded", pace=WORK),
        HookKind("on_scaffold_context", instead="; change scaffold_context instead", pace=TURN),
        # What a plugin knows may be long, and the machine busy: given up too early, it is lost.
        HookKind("on_save_state", instead="; put it into state.values instead", pace=TURN),
        HookKind("on_load_state", pace=TURN),
        HookKind("on_error"),
    )
    return {kind.name: kind for kind in kinds}
