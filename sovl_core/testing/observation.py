"""What can be seen of a plugin: three lives, one without it, one with it for a day, one that takes up its state."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Iterator, List, Mapping, Optional, Sequence, Type

from sovl_core.error_handling import SOVLError
from sovl_core.plugin import Plugin, PluginState
from sovl_core.state_files import read_plugin_states, write_plugin_states
from sovl_core.testing.lives import Given
from sovl_core.testing.model_shape import ModelShape
from sovl_core.testing.short_day import short_day
from sovl_core.testing.surroundings import Surroundings
from sovl_core.testing.workbench import Said, Workbench, ask

if TYPE_CHECKING:
    from sovl_core.models import Models
    from sovl_core.system import SOVLSystem


@dataclass
class Observation:
    """What was seen.

    ``failures`` are what the plugin raised; ``bare`` and ``off`` what was said without it, and after it was switched
    off; ``state`` what it saved, ``restored`` what another object saves that was handed that, ``state_problem`` why it
    could not be stored. ``left_in_models`` and ``left_behind`` say in words what it has not taken back.
    """

    failures: List[str] = field(default_factory=list)
    bare: Optional[Said] = None
    off: Optional[Said] = None
    state: Optional[PluginState] = None
    restored: Optional[PluginState] = None
    state_problem: str = ""
    left_in_models: List[str] = field(default_factory=list)
    left_behind: List[str] = field(default_factory=list)


def observe(
    plugin: Type[Plugin],
    bench: Workbench,
    settings: Optional[Mapping[str, Any]] = None,
    beside: Sequence[Given] = (),
    live: Callable[[SOVLSystem], None] = short_day,
) -> Observation:
    """Let a plugin live and look at it.

    :param settings: by dotted key, for the lives that have it.
    :param beside: other plugins, those that provide what it requires.
    :param live: what is done with the life that has it.
    :raises SOVLError: when it is refused, or its settings are wrong.
    """
    seen = Observation(bare=bench.bare_reply(beside))
    # Taken now: whatever torch and transformers set up for themselves is there, because of the bare life.
    surroundings = Surroundings.now()
    with _watched(seen, bench, plugin, settings, beside) as life:
        _live(seen, life, plugin.name, live)
        life.plugins.switch_off(plugin.name)  # type: ignore[attr-defined]
        seen.off = ask(life)
    if seen.state is not None and not seen.state_problem:
        with _watched(seen, bench, plugin, settings, beside) as life:
            # No model is loaded yet: a session in which nobody speaks must not lose anything either.
            life.plugins.on_load_state({plugin.name: seen.state})
            seen.restored = life.plugins.on_save_state().get(plugin.name)
            life.models()
    seen.left_behind = surroundings.changes()
    return seen


@contextlib.contextmanager
def _watched(
    seen: Observation,
    bench: Workbench,
    plugin: Type[Plugin],
    settings: Optional[Mapping[str, Any]],
    beside: Sequence[Given],
) -> Iterator[SOVLSystem]:
    shapes: List[ModelShape] = []

    def loaded(models: Models) -> None:
        shapes.append(ModelShape(models.base))

    life = bench.open(plugin, *beside, settings=settings, strict=False, warn=_nothing, model_loaded=loaded)
    try:
        yield life
    finally:
        try:
            life.close()
        except SOVLError as error:
            # State that cannot be stored cannot be when the life is closed either.
            if not seen.state_problem:
                seen.failures.append(str(error))
        seen.failures += [str(failure) for failure in life.plugins.failures]
        seen.left_in_models += [change for shape in shapes for change in shape.changes()]


def _live(seen: Observation, life: SOVLSystem, name: str, live: Callable[[SOVLSystem], None]) -> None:
    """Let it live, and take what it then saves."""
    try:
        live(life)
    except SOVLError:
        # A life saves now and then: the reason may be what it should save.
        _store(seen, life, name)
        if not seen.state_problem:
            raise
    else:
        _store(seen, life, name)


def _store(seen: Observation, life: SOVLSystem, name: str) -> None:
    """Take what a plugin saves as a file gives it back."""
    folder = life.life.path / "stored"
    seen.state = life.plugins.on_save_state().get(name)
    if seen.state is None:
        return
    try:
        write_plugin_states(folder, {name: seen.state})
        seen.state = read_plugin_states(folder)[name]
    except SOVLError as error:
        seen.state_problem = error.message


def _nothing(text: str) -> None:
    pass
