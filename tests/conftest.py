"""What tests of the system share: a tiny set of models that learns, plugins written on the spot, and an open life."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Set

import pytest
from hypothesis import settings

# A slow machine is no failure.
settings.register_profile("unhurried", deadline=None)
#: The long form of every property test: hours, and as many cases in each as somebody could think of in a year.
settings.register_profile("torture", deadline=None, max_examples=10_000)
settings.load_profile(os.environ.get("SOVL_HYPOTHESIS_PROFILE", "unhurried"))


@pytest.fixture
def clock() -> Any:
    """Return a clock on which a moment passes whenever somebody looks."""
    from sovl_core.testing.clock import FakeClock

    return FakeClock(tick=0.001)


@pytest.fixture
def linear_models() -> Callable[[], Any]:
    """Return ``build()``: ``Models`` whose base and one trainable, "adapter" (four zeros), are single linear layers."""

    def build() -> Any:
        import torch

        from sovl_core.models import Models

        models = Models(torch.nn.Linear(2, 2), base_tokenizer=None)
        adapter = torch.nn.Linear(2, 2, bias=False)
        torch.nn.init.zeros_(adapter.weight)
        models.register_trainable("adapter", adapter)
        return models

    return build


@pytest.fixture
def manager() -> Callable[..., Any]:
    """Return ``build(*plugins, **options)``: a plugin manager with these plugins registered and nothing discovered."""

    def build(*plugins: Any, **options: Any) -> Any:
        from sovl_core.plugin_manager import PluginManager

        made = PluginManager(options.pop("logger", None), distributions=lambda: (), **options)
        for plugin in plugins:
            made.register(plugin, distribution=f"test-{plugin.name}", version="1")
        return made

    return build


class MemoryNightStore:
    """A night store without files; ``damaged`` names the nights that cannot be read any more."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.nights: Dict[int, Any] = {}
        self.reports: Dict[int, Dict[str, Any]] = {}
        self.damaged: Set[int] = set()
        self.full = False

    def save(self, number: int, trainables: Any, plugin_states: Any, report: Any, peft_writer: Any = None) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        self.nights[number] = ({name: dict(tensors) for name, tensors in trainables.items()}, dict(plugin_states))
        self.reports[number] = report

    def load(self, number: int) -> Any:
        from sovl_core.error_handling import LifeDamaged

        if number in self.damaged:
            raise LifeDamaged(f"nights/{number:04d}/adapter.safetensors is not what was written")
        return self.nights[number]

    def verify(self, number: int) -> List[str]:
        return [f"nights/{number:04d}/adapter.safetensors is not what was written"] if number in self.damaged else []

    def working_folder(self, number: int) -> Path:
        return self.root / f"{number:04d}.work"

    def numbers(self) -> List[int]:
        return sorted(self.nights)

    def remove(self, number: int) -> None:
        self.nights.pop(number, None)
        self.discard_working(number)

    def discard_working(self, number: int) -> None:
        shutil.rmtree(str(self.working_folder(number)), ignore_errors=True)


@pytest.fixture
def memory_store(tmp_path: Path) -> MemoryNightStore:
    return MemoryNightStore(tmp_path / "nights")


@pytest.fixture
def journal(tmp_path: Path, clock: Any) -> Any:
    from sovl_core.journal import Journal

    opened = Journal(tmp_path / "journal.db", clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def life_of(tmp_path: Path, linear_models: Any, manager: Any, memory_store: Any, clock: Any) -> Any:
    """Return ``open(*plugins, **changes)``: a started system on disk whose tiny models reply "reply to <prompt>"."""
    opened: List[Any] = []

    def open_life(*plugins: Any, reply: Optional[Callable[..., Any]] = None, **changes: Any) -> Any:
        from sovl_core.collaborators import Collaborators
        from sovl_core.events import Reply
        from sovl_core.journal import Journal
        from sovl_core.life import Life
        from sovl_core.system import SOVLSystem
        from sovl_core.system_config import load_config
        from sovl_core.system_logging import ThreadSafeLogger

        read_only = changes.get("read_only", False)
        life = Life.open(tmp_path / "life", read_only=read_only, clock=clock)
        logger = ThreadSafeLogger(None)
        warnings: List[str] = []

        def echo(models: Any, turn: Any, settings: Any) -> Reply:
            return Reply(f"reply to {turn.prompt}", token_ids=[1, 2], confidence=0.8)

        given = Collaborators(
            life=life,
            config=changes.pop("config", None) or load_config(life.config_path),
            journal=Journal(life.journal_path, read_only=read_only, clock=clock),
            logger=logger,
            plugins=manager(*plugins, logger=logger),
            night_store=memory_store,
            load_models=changes.pop("load_models", linear_models),
            generate_reply=reply or echo,
            warn=warnings.append,
            clock=clock,
            **changes,
        )
        system = SOVLSystem(given)
        system.warnings = warnings  # type: ignore[attr-defined]
        opened.append(system)
        system.start()
        return system

    yield open_life
    for system in reversed(opened):
        system.close()
