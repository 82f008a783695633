"""One process imports several plugins and tells of each what it did."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Dict, Iterator, Type

import pytest

from sovl_core.error_handling import PluginError
from sovl_core.plugin import Plugin
from sovl_core.testing.import_probe import ImportReport, probe_imports

pytestmark = pytest.mark.no_torch

MODULES = {
    # A package of this name stands in for the real one, which takes seconds.
    "jax.py": "",
    "light_one.py": "import json\nprint('I talk while I am imported')\n",
    "heavy_one.py": "import jax\n",
    "busy_one.py": (
        "import os, threading\nos.environ['BUSY'] = '1'\n"
        "threading.Thread(target=threading.Event().wait, name='busy', daemon=True).start()\n"
    ),
    "failing_one.py": "raise RuntimeError('no luck')\n",
    "leaving_one.py": "import sys\nsys.exit('bye')\n",
}


def _class(name: str, module: str) -> Type[Plugin]:
    return type("Made", (Plugin,), {"name": name, "__module__": module})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name, text in MODULES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_each_plugin_has_its_report(folder: Path) -> None:
    names = [file[: -len("_one.py")] for file in MODULES if file.endswith("_one.py")]
    reports: Dict[str, ImportReport] = probe_imports([_class(name, f"{name}_one") for name in names])
    assert reports["light"] == ImportReport(modules=1)
    assert reports["heavy"] == ImportReport(heavy=["jax"], modules=2)
    assert reports["busy"] == ImportReport(threads=["busy"], variables=["BUSY"], modules=1)
    assert reports["failing"].error == "RuntimeError: no luck"
    assert reports["leaving"].error == "SystemExit: bye"


def test_a_module_that_only_a_test_knows_is_imported_from_its_file(folder: Path, monkeypatch: Any) -> None:
    known = type(sys)("tests_only.module")
    known.__file__ = str(folder / "heavy_one.py")
    monkeypatch.setitem(sys.modules, "tests_only.module", known)
    assert probe_imports([_class("mine", "tests_only.module")])["mine"].heavy == ["jax"]


def test_a_plugin_that_ends_python_is_named(folder: Path) -> None:
    (folder / "ending_one.py").write_text("import os\nos._exit(3)\n")
    with pytest.raises(PluginError, match=r"Importing ending ended Python itself \(status 3\)"):
        probe_imports([_class("ending", "ending_one")])
