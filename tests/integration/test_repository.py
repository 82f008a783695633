"""What the repository says about itself holds: documents against code, pins against projects, every plugin alike."""

from __future__ import annotations

import ast
import inspect
import os
import re
import subprocess
from importlib import import_module
from pathlib import Path
from typing import Any, Dict, List, Set

import pytest
import tomlkit

pytestmark = pytest.mark.no_torch

ROOT = Path(__file__).parents[2]
PLUGINS = sorted(path.parent.name for path in ROOT.glob("sovl_plugins/*/pyproject.toml"))
PLUGIN_FILES = {"pyproject.toml", "README.md", "tests"}


def _text(*parts: str) -> str:
    return ROOT.joinpath(*parts).read_text(encoding="utf-8")


def _project(*parts: str) -> Dict[str, Any]:
    return tomlkit.parse(_text(*parts, "pyproject.toml")).unwrap()


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _tracked() -> List[Path]:
    """Return the files that git tracks."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=str(ROOT), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("this is no git checkout")
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def _plugin(name: str) -> Any:
    """Return the class that the plugin's entry point names."""
    module, class_name = _project("sovl_plugins", name)["project"]["entry-points"]["sovl"][name].split(":")
    return getattr(import_module(module), class_name)


# ----- documents


def test_every_module_of_the_kernel_has_a_row_in_the_architecture() -> None:
    rows = set(re.findall(r"^\| `([\w.]+)` \|", _text("docs", "architecture.md"), re.MULTILINE))
    modules = set()
    for path in (ROOT / "sovl_core").rglob("*.py"):
        parts = path.relative_to(ROOT / "sovl_core").with_suffix("").parts
        modules.add(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    modules.discard("")
    assert sorted(modules - rows) == []
    assert sorted(name for name in rows - modules if not name.startswith("sovl-")) == []


def test_links_between_documents_lead_somewhere() -> None:
    lost = []
    for path in _tracked():
        if path.suffix == ".md":
            for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")):
                if "://" not in target and not (path.parent / target).exists():
                    lost.append(f"{path.relative_to(ROOT)}: {target}")
    assert lost == []


def test_commands_in_documents_exist() -> None:
    from sovl_core.cli.command_table import SHELL, entries

    known = {entry.name for entry in entries(SHELL)}
    named = [
        (path.name, word)
        for path in [ROOT / "README.md", *ROOT.glob("sovl_plugins/*/README.md"), *ROOT.glob("docs/*.md")]
        for word in re.findall(r"(?:^|`|bin/)sovl ([a-z]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert len(named) > 10
    assert sorted({f"{name}: sovl {word}" for name, word in named if word not in known}) == []


def test_make_targets_in_documents_exist() -> None:
    targets = set(re.findall(r"^([\w.-]+):", _text("Makefile"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z][\w.-]*\w)\b", _text("README.md") + _text("CONTRIBUTING.md")))
    assert {"demo", "test"} <= named
    assert sorted(named - targets) == []


def test_environment_variables_of_the_readme_are_read_by_the_program() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "sovl_core").rglob("*.py"))
    named = set(re.findall(r"\bSOVL_[A-Z]+\b", _text("README.md")))
    assert {"SOVL_LIFE", "SOVL_PLUGINS"} <= named
    assert sorted(name for name in named if name not in source) == []


def test_python_in_the_readme_uses_names_that_exist() -> None:
    from sovl_core.system import SOVLSystem

    blocks = re.findall(r"```python\n(.*?)```", _text("README.md"), re.DOTALL)
    assert blocks
    for block in blocks:
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sovl_core"):
                assert all(hasattr(import_module(node.module), alias.name) for alias in node.names)
            elif isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "life":
                assert hasattr(SOVLSystem, node.attr) or node.attr in inspect.getsource(SOVLSystem.__init__), node.attr


# ----- versions and packaging


@pytest.mark.parametrize("file", ["constraints.txt", "constraints-3.8.txt"])
def test_constraints_are_exact_and_say_nothing_else(file: str) -> None:
    lines = [line for line in _text(file).splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][\w.]*", line)] == []
    names = [re.sub(r"[-_.]+", "-", line.split("==")[0]).lower() for line in lines]
    assert len(set(names)) == len(names)
    assert "torch" in names


def test_everything_that_is_asked_for_is_pinned() -> None:
    pinned = {re.sub(r"[-_.]+", "-", line.split("==")[0]).lower() for line in _text("constraints.txt").splitlines()}
    asked: Set[str] = set()
    for project in [_project(), *(_project("sovl_plugins", name) for name in PLUGINS)]:
        requirements = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
        extras = project["project"].get("optional-dependencies", {})
        requirements += [*extras.get("dev", []), *extras.get("docs", [])]
        asked |= {_dashed(re.split(r"[<>=!~\[; ]", text)[0]).lower() for text in requirements}
    assert len(asked) > 15
    assert sorted(name for name in asked - pinned if not name.startswith("sovl")) == []


def test_the_environment_without_torch_is_made_of_the_kernels_dependencies() -> None:
    without = set(re.search(r"^WITHOUT_TORCH := (.*)$", _text("Makefile"), re.MULTILINE).group(1).split())
    dependencies = {re.split(r"[<>=]", text)[0] for text in _project()["project"]["dependencies"]}
    assert dependencies - without == {"accelerate", "gguf", "peft", "safetensors", "torch", "transformers"}
    assert without <= dependencies


def test_ci_runs_make_test_and_nothing_else() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(str(script), os.X_OK)
    lines = [line for line in script.read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "set -euo pipefail"
    assert lines[1].startswith("cd ")
    assert lines[2:] == ["make test"]


def test_kernel_and_plugins_have_one_version() -> None:
    import sovl_core

    versions = {_project("sovl_plugins", name)["project"]["version"] for name in PLUGINS}
    assert versions == {_project()["project"]["version"]} == {sovl_core.__version__}
    assert f"\n## {sovl_core.__version__}" in _text("CHANGELOG.md")


def test_extras_and_import_rules_name_every_plugin() -> None:
    project = _project()
    extras = project["project"]["optional-dependencies"]
    for name in PLUGINS:
        assert extras[_dashed(name)] == [f"sovl-{_dashed(name)}"]
    assert sorted(extras["all"]) == sorted(f"sovl-{_dashed(name)}" for name in PLUGINS)
    rules = project["tool"]["importlinter"]
    packages = {f"sovl_{name}" for name in PLUGINS}
    assert set(rules["root_packages"]) == packages | {"sovl_core"}
    assert [set(rule.get("forbidden_modules", rule.get("modules"))) for rule in rules["contracts"]] == [packages] * 2


# ----- plugins


@pytest.mark.parametrize("name", PLUGINS)
def test_a_plugin_has_the_shape_of_the_others(name: str) -> None:
    folder, project = ROOT / "sovl_plugins" / name, _project("sovl_plugins", name)
    package = f"sovl_{name}"
    assert PLUGIN_FILES | {package} <= {path.name for path in folder.iterdir()}
    assert (folder / package / "py.typed").is_file()
    assert project["project"]["name"] == f"sovl-{_dashed(name)}"
    assert list(project["project"]["entry-points"]["sovl"]) == [name]
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == [package]
    assert project["project"]["requires-python"] == _project()["project"]["requires-python"]
    assert "sovl>=0.1" in project["project"]["dependencies"]


@pytest.mark.parametrize("name", PLUGINS)
def test_a_plugins_readme_tells_its_hooks_and_capabilities(name: str) -> None:
    from sovl_core import hookspecs

    readme, plugin = _text("sovl_plugins", name, "README.md"), _plugin(name)
    assert readme.startswith(f"# sovl-{_dashed(name)}\n")
    assert f'pip install "sovl[{_dashed(name)}' in readme or f"{_dashed(name)}]" in readme.split("## ")[0]
    told = set(re.findall(r"`(on_\w+)`", re.search(r"Hooks: (.*?)\.\n", readme, re.DOTALL).group(1)))
    specified = {hook for hook in dir(hookspecs.SOVLHookSpecs) if hook.startswith("on_")}
    assert told == {hook for hook in specified if hasattr(plugin, hook)}
    for capability in plugin.provides:
        assert f"`{capability}`" in readme


@pytest.mark.parametrize("name", PLUGINS)
def test_a_plugins_readme_tells_its_settings_with_their_defaults(name: str) -> None:
    readme, model = _text("sovl_plugins", name, "README.md"), _plugin(name).settings_model
    assert f"## Settings (`[plugins.{name}]`)" in readme
    told: Dict[str, str] = {}
    for cells in re.findall(r"^\| (`[^|]*) \| ([^|]*) \|", readme.split("## Settings")[1], re.MULTILINE):
        keys, defaults = re.findall(r"`(\w+)`", cells[0]), cells[1].strip()
        several = defaults.split(", ")
        told.update(zip(keys, several if len(several) == len(keys) else [defaults] * len(keys)))
    fields = model.model_fields
    assert set(told) == set(fields)
    wrong = {
        key: text for key, text in told.items() if not _same(text, fields[key].get_default(call_default_factory=True))
    }
    assert wrong == {}


def _same(text: str, default: Any) -> bool:
    """Return whether a README's cell tells this default."""
    bare = text.strip('`"')
    if isinstance(default, bool) or not isinstance(default, (int, float)):
        return bare == {True: "true", False: "false"}.get(default if isinstance(default, bool) else None, str(default))
    try:
        return float(bare) == default
    except ValueError:
        return False


# ----- what has no place in the repository


def test_no_file_speaks_of_a_machine() -> None:
    # Spelled apart, so that this file passes its own test.
    unwanted = [
        re.compile(pattern) for pattern in (r"/ro" r"ot/\.", r"/tm" r"p/w\b", r"(?<![\w.])/wo" r"rk/", r"/op" r"t/")
    ]
    found = []
    for path in _tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {pattern.pattern}" for pattern in unwanted if pattern.search(text)]
    assert found == []


def test_no_weights_and_no_large_files_are_tracked() -> None:
    large = [str(path.relative_to(ROOT)) for path in _tracked() if path.stat().st_size > 500_000]
    weights = [path.name for path in _tracked() if path.suffix in (".safetensors", ".gguf", ".bin", ".pt", ".whl")]
    assert (large, weights) == ([], [])
