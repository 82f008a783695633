"""The fixtures of the kit; pytest loads this module wherever SOVL is installed.

So it imports nothing of the kernel before a test asks for it. All names begin with ``sovl_``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Optional

import pytest

if TYPE_CHECKING:
    from sovl_core.system import SOVLSystem
    from sovl_core.testing.checks import Subject
    from sovl_core.testing.clock import FakeClock
    from sovl_core.testing.lives import Given
    from sovl_core.testing.recorder import HookRecorder
    from sovl_core.testing.stand_in import Script
    from sovl_core.testing.tiny_models import TinyModels
    from sovl_core.testing.workbench import Workbench


@pytest.fixture
def sovl_clock() -> FakeClock:
    """Seconds since the epoch that pass only when a test says so: ``sovl_clock.advance(3600)``."""
    from sovl_core.testing.clock import FakeClock

    return FakeClock()


@pytest.fixture
def sovl_recorder() -> HookRecorder:
    """What was called of the lives that :func:`sovl_life` opened in this test."""
    from sovl_core.testing.recorder import HookRecorder

    return HookRecorder()


@pytest.fixture(scope="session")
def sovl_tiny_model(tmp_path_factory: pytest.TempPathFactory) -> TinyModels:
    """Return ``folder(family="llama")``: a random ``llama``, ``gpt2`` or ``qwen2`` on disk, with its tokenizer."""
    from sovl_core.testing.tiny_models import TinyModels

    return TinyModels(tmp_path_factory.mktemp("sovl-models"))


@pytest.fixture
def sovl_life(
    tmp_path: Path, sovl_tiny_model: TinyModels, sovl_clock: FakeClock, sovl_recorder: HookRecorder
) -> Iterator[Callable[..., SOVLSystem]]:
    """Return ``open(*plugins, model="llama", reply=None, read_only=False, strict=True, **settings)``.

    Opens a life with these plugins (objects, classes, or names of installed ones) and no other, in the same folder each
    time: close it before you open it again. ``model`` names a tiny model, loaded on first use; ``reply`` says a text in
    its place, texts one after another, or what a function makes of the turn, and then no model is loaded unless it is
    named. Settings are written with ``__`` for the dot: ``plugins__mine__limit=3``. Closed at the end of the test.
    """
    from sovl_core.testing.lives import open_life

    opened: List[SOVLSystem] = []

    def open_it(
        *plugins: Given,
        model: Optional[str] = None,
        reply: Optional[Script] = None,
        read_only: bool = False,
        strict: bool = True,
        **settings: Any,
    ) -> SOVLSystem:
        family = model or (None if reply is not None else "llama")
        system = open_life(
            tmp_path / "life",
            *plugins,
            model=sovl_tiny_model(family) if family is not None else None,
            reply=reply,
            settings={key.replace("__", "."): value for key, value in settings.items()},
            read_only=read_only,
            strict=strict,
            clock=sovl_clock,
            recorder=sovl_recorder,
        )
        opened.append(system)
        return system

    yield open_it
    for system in reversed(opened):
        system.close()


@pytest.fixture(scope="session")
def sovl_workbench(tmp_path_factory: pytest.TempPathFactory, sovl_tiny_model: TinyModels) -> Callable[[str], Workbench]:
    """Return ``bench(family)``: where plugins are looked at, one for each family of models."""
    from sovl_core.testing.workbench import Workbench

    benches: Dict[str, Workbench] = {}

    def bench(family: str) -> Workbench:
        if family not in benches:
            benches[family] = Workbench(tmp_path_factory.mktemp(f"sovl-{family}"), sovl_tiny_model, family)
        return benches[family]

    return bench


@pytest.fixture(scope="class")
def sovl_subject(request: pytest.FixtureRequest, sovl_workbench: Callable[[str], Workbench]) -> Subject:
    """The plugin that a class derived from ``PluginConformance`` names."""
    from sovl_core.testing.checks import Subject

    suite: Any = request.cls
    if getattr(suite, "plugin", None) is None:
        pytest.fail(f"{suite.__name__} names no plugin: give it `plugin = MyPlugin`, the plugin's class", pytrace=False)
    return Subject(
        suite.plugin, sovl_workbench(suite.family), suite.settings, suite.beside, suite.live, suite.most_modules
    )
