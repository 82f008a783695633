"""What ``sovl plugins new`` writes passes its own tests, ruff and mypy, whichever hooks were chosen, and installs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

import pytest

from sovl_core.cli.app_context import AppContext
from sovl_core.cli.application import run
from sovl_core.new_plugin.distribution import write_distribution
from sovl_core.new_plugin.names import plugin_names
from sovl_core.plugin_kinds import hook_kinds

ROOT = Path(__file__).parents[2]
HOOKS = list(hook_kinds())
#: Names of distributions as short and as long as may be, and the hooks of each.
CHOICES: Dict[str, List[str]] = {
    **{f"only_{number}": [hook] for number, hook in enumerate(HOOKS)},
    "none_at_all": [],
    "x": HOOKS,
    "a_name_of_twenty_four_ab": HOOKS,
}
#: All of them import their plugins in one process.
CONFTEST = """
from importlib import import_module
from pathlib import Path
import pytest
from sovl_core.plugin import Plugin
from sovl_core.testing.import_probe import probe_imports

@pytest.fixture(scope="session")
def sovl_workbench(sovl_workbench):
    packages = [path.parent.name for path in Path(__file__).parent.glob("sovl-*/sovl_*/__init__.py")]
    offered = [item for package in packages for item in vars(import_module(package)).values()]
    plugins = [item for item in offered if isinstance(item, type) and issubclass(item, Plugin)]
    sovl_workbench("llama").imports.update(probe_imports(plugins))
    return sovl_workbench
"""


class Reports:
    """A plugin of pytest that keeps what became of each test, by distribution."""

    def __init__(self) -> None:
        self.passed: Dict[str, List[str]] = {}
        self.failed: Dict[str, List[str]] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        folder, _, test = report.nodeid.partition("/")
        if report.failed:
            self.failed.setdefault(folder, []).append(f"{test}: {report.longreprtext}")
        elif report.when == "call" and report.passed:
            self.passed.setdefault(folder, []).append(test)

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.failed.setdefault(report.nodeid.partition("/")[0], []).append(report.longreprtext)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a distribution for each choice."""
    folder = tmp_path_factory.mktemp("written")
    for name, hooks in CHOICES.items():
        write_distribution(plugin_names(name, {}), hooks, folder)
    return folder


@pytest.fixture(scope="module")
def reports(written: Path) -> Reports:
    """What became of all their tests, run together in this process."""
    made = Reports()
    (written / "conftest.py").write_text(CONFTEST)
    (written / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n")
    with pytest.MonkeyPatch.context() as patch:
        for folder in written.glob("sovl-*"):
            patch.syspath_prepend(str(folder))
        quiet = ["-q", "-p", "no:cacheprovider", "-p", "no:faulthandler"]
        pytest.main(["-c", str(written / "pytest.ini"), "--rootdir", str(written), *quiet, str(written)], [made])
    return made


@pytest.mark.parametrize("name", CHOICES)
def test_its_tests_pass_as_generated(name: str, reports: Reports) -> None:
    folder = plugin_names(name, {}).distribution
    assert reports.failed.get(folder, []) == []
    assert len(reports.passed[folder]) >= 12


def test_ruff_has_nothing_to_say(written: Path) -> None:
    for words in (["check", "--quiet", "--output-format=concise", "sovl-x"], ["format", "--check", "--quiet"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, "--no-cache", *(path.name for path in written.glob("sovl-*"))],
            cwd=str(written),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.install
def test_mypy_has_nothing_to_say(written: Path) -> None:
    # With the repository's own options and cache: `make test` has checked the kernel by now, which takes its time.
    cache = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(ROOT / ".mypy_cache")]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *cache, "sovl_x", "tests"],
        cwd=str(written / "sovl-x"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.install
def test_it_is_installed_by_pip_found_and_checked(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run(
        [*pip, "--no-deps", "--no-build-isolation", "--target", str(site), str(written / "sovl-x")], check=True
    )
    monkeypatch.syspath_prepend(str(site))
    for name in [name for name in sys.modules if name.split(".")[0] == "sovl_x"]:
        monkeypatch.delitem(sys.modules, name)
    status = run(["plugins", "check", "x"], AppContext(environ={"SOVL_LIFE": str(tmp_path / "life")}))
    said = capsys.readouterr()
    assert (status, said.err) == (0, "")
    assert [line.split()[0] for line in said.out.splitlines()] == ["ok"] * 8
