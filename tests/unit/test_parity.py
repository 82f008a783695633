"""What ``docs/parity.md`` names is there: functions, commands with their options, settings, tests."""

from __future__ import annotations

import ast
import io
import re
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Dict, List, Set, Tuple

import click
import pytest

from sovl_core.cli.app_context import AppContext
from sovl_core.cli.command_table import COMMANDS, SESSION, SHELL, find_entry
from sovl_core.cli.global_options import global_parameters
from sovl_core.cli.plugin_click import to_click
from sovl_core.plugin_manager import PluginManager
from sovl_core.plugin_selection import PluginSelection
from sovl_core.settings import SystemConfig
from sovl_core.settings_info import describe_config
from sovl_core.system_logging import ThreadSafeLogger

ROOT = Path(__file__).parents[2]
#: How many things the classic program had, section by section.
ROWS = {"A": 18, "B": 29, "C": 28, "D": 9, "E": 10}
SETTING = re.compile(r"`([\w.]+)` = (.*?)(?: \((.*)\))?")


@dataclass(frozen=True)
class Row:
    """A row of the tables; what its cells name, one by one."""

    number: str
    functions: Tuple[str, ...] = ()
    commands: Tuple[str, ...] = ()
    settings: Tuple[str, ...] = ()
    tests: Tuple[str, ...] = ()
    how: str = ""


def rows_of(text: str) -> List[Row]:
    rows = []
    for line in text.splitlines():
        if re.match(r"\| [A-E]\d+ \|", line):
            number, _, *cells, how = (cell.strip() for cell in line.strip("|").split("|"))
            functions, commands, settings, tests = (tuple(filter(None, cell.split("<br>"))) for cell in cells)
            rows.append(Row(number, functions, commands, settings, tests, how))
    return rows


PARITY = rows_of((ROOT / "docs" / "parity.md").read_text(encoding="utf-8"))


class Project:
    """What is there to be named."""

    def __init__(self, folder: Path, mocker: Any) -> None:
        self.app = AppContext(io.StringIO(), io.StringIO(), io.StringIO(), {})
        self.app.options.life = folder
        manager = PluginManager(ThreadSafeLogger(None))
        manager.load(PluginSelection.from_sources({}, {}, None, ()), {})
        models = {info.name: info.settings_model for info in manager.infos() if info.settings_model is not None}
        if len(models) < 9:
            pytest.skip("not all plugins are installed")
        infos = describe_config(SystemConfig)
        self.plugin_commands: Dict[str, click.Command] = {}
        for name, model in models.items():
            infos += describe_config(model, f"plugins.{name}")
            plugin: Any = manager.get(name)
            plugin.on_start(mocker.MagicMock(settings=model()))
            if hasattr(plugin, "on_commands"):
                self.plugin_commands.update({command.name: to_click(command) for command in plugin.on_commands()})
            if hasattr(plugin, "on_stop"):
                plugin.on_stop()
        self.settings = {info.key: (_text(info.default), info.allowed) for info in infos}
        self.settings.update({f"plugins.{name}.enabled": ("true", "") for name in models})
        self._tests: Dict[str, Set[str]] = {}

    def wrong(self, row: Row) -> List[str]:
        """Return what a row names and is not there."""
        checks = (
            (row.functions, self._has_function),
            (row.commands, self._has_command),
            (row.settings, self._has_setting),
            (row.tests, self._has_test),
        )
        return [item for items, has in checks for item in items if not has(item)]

    def _has_function(self, item: str) -> bool:
        parts = item.strip("`").split(".")
        for end in range(len(parts), 0, -1):
            try:
                found = import_module(".".join(parts[:end]))
            except ModuleNotFoundError:
                continue
            missing = object()
            for part in parts[end:]:
                found = getattr(found, part, missing)
            return found is not missing
        return False

    def _has_command(self, item: str) -> bool:
        words = item.strip("`").replace("sovl ", "sovl/", 1).split()
        place, name = (SESSION, words[0][1:]) if words[0][0] == "/" else (SHELL, words[0].rpartition("/")[2])
        entry = find_entry(name, place)
        command = self.plugin_commands.get(name) if entry is None and place == SESSION else entry and entry.load()
        options = [word for word in words[1:] if word.startswith("--")]
        for word in words[1:]:
            if isinstance(command, click.Group) and not word.startswith("--"):
                command = command.commands.get(word)
        if command is None:
            return False
        context = click.Context(command, info_name=command.name, obj=self.app)
        known = [*command.get_params(context), *(global_parameters() if place == SHELL else [])]
        return set(options) <= {flag for parameter in known for flag in (*parameter.opts, *parameter.secondary_opts)}

    def _has_setting(self, item: str) -> bool:
        told = SETTING.fullmatch(item)
        return told is not None and self.settings.get(told[1]) == (told[2], told[3] or "")

    def _has_test(self, item: str) -> bool:
        file, _, name = item.strip("`").partition("::")
        if file not in self._tests:
            path = ROOT / file
            tree = ast.parse(path.read_text(encoding="utf-8")) if path.is_file() else ast.Module([], [])
            self._tests[file] = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        return name in self._tests[file]


def _text(default: Any) -> str:
    if isinstance(default, bool):
        return "true" if default else "false"
    return '""' if default == "" else str(default)


@pytest.fixture(scope="module")
def project(tmp_path_factory: Any, module_mocker: Any) -> Project:
    return Project(tmp_path_factory.mktemp("life"), module_mocker)


def test_nothing_is_left_out() -> None:
    numbers = [row.number for row in PARITY]
    assert numbers == [f"{section}{n}" for section, count in ROWS.items() for n in range(1, count + 1)]


@pytest.mark.parametrize("row", PARITY, ids=lambda row: row.number)
def test_what_a_row_names_is_there(project: Project, row: Row) -> None:
    assert project.wrong(row) == []


@pytest.mark.parametrize("row", PARITY, ids=lambda row: row.number)
def test_a_row_says_by_what_and_which_test_shows_it(row: Row) -> None:
    waits = row.number[0] == "E" and row.how.startswith("Waits")
    assert waits == (not row.tests)
    assert row.number[0] == "E" or row.functions or row.commands or row.settings
    assert row.number[0] != "E" or row.how.startswith(("Done", "In part", "Waits"))


def test_every_command_has_help_and_an_example(project: Project) -> None:
    assert [entry.name for entry in COMMANDS if not entry.examples or not entry.load().help] == []
    assert len(project.plugin_commands) > 20
    without = [name for name, command in project.plugin_commands.items() if "Example:" not in str(command.help)]
    assert without == []


@pytest.mark.parametrize(
    "names",
    [
        {"functions": ("`sovl_core.utils.get_life_curve_height`",)},
        {"functions": ("`sovl_nothing.dream`",)},
        {"commands": ("`/nonsense`",)},
        {"commands": ("`/dream tuned`",)},
        {"commands": ("`/dream tune --nonsense`",)},
        {"commands": ("`/temp --nonsense`",)},
        {"commands": ("`/eval`",)},
        {"commands": ("`sovl panic`",)},
        {"settings": ("`generation.nonsense` = 1",)},
        {"settings": ("`training.epochs` = 4 (1 to 1000)",)},
        {"settings": ("`training.epochs` = 3 (1 to 100)",)},
        {"settings": ("`training.epochs` = 3",)},
        {"tests": ("`tests/unit/test_parity.py::test_nothing`",)},
        {"tests": ("`tests/unit/test_nothing.py::test_nothing_is_left_out`",)},
    ],
    ids=lambda names: next(iter(names.values()))[0].strip("`"),
)
def test_what_is_not_there_is_found_out(project: Project, names: Dict[str, Tuple[str, ...]]) -> None:
    right = Row(
        "B0",
        ("`sovl_core.utils.get_life_curve_weight`",),
        ("`/dream tune --noise`", "`/temp --smoothing`", "`sovl eval --seeds`", "`sovl chat --life`"),
        ("`training.epochs` = 3 (1 to 1000)", "`plugins.dream.enabled` = true"),
        ("`tests/unit/test_parity.py::test_nothing_is_left_out`",),
    )
    assert project.wrong(right) == []
    (wrong,) = names.values()
    assert project.wrong(replace(right, **names)) == list(wrong)
