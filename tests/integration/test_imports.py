"""Who may import whom, read from the source of every module; and what the light commands leave unimported."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

import pytest

from sovl_core.state_files import read_plugin_states
from sovl_core.system import SOVLSystem

pytestmark = pytest.mark.no_torch

ROOT = Path(__file__).parents[2]
KERNEL = "sovl_core"
#: Modules without a test file of their own, because they hold no decision that a test could find wrong.
WITHOUT_LOGIC = {
    "sovl_core.constants",
    "sovl_core.hookspecs",
    "sovl_core.records",
    "sovl_core.cli.__main__",
    "sovl_dream.everyday_prompts",
}


class Import(NamedTuple):
    """``importer`` needs ``imported``; ``when`` is ``load``, ``call`` (inside a function) or ``typing``."""

    importer: str
    imported: str
    when: str
    line: int

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.imported} ({self.when})"


class Sources:
    """The parsed modules of packages, by dotted name.

    :param packages: folders of top-level packages.
    """

    def __init__(self, packages: List[Path]) -> None:
        self.trees: Dict[str, ast.Module] = {}
        self.packages: Set[str] = set()
        for package in packages:
            for path in sorted(package.rglob("*.py")):
                parts = path.relative_to(package.parent).with_suffix("").parts
                name = ".".join(parts)
                if parts[-1] == "__init__":
                    name = ".".join(parts[:-1])
                    self.packages.add(name)
                self.trees[name] = ast.parse(path.read_text(encoding="utf-8"), str(path))

    def imports(self) -> List[Import]:
        """Return every import of one of these modules by another, wherever it stands."""
        return [found for name, tree in self.trees.items() for found in self._walk(name, tree, "load")]

    def _walk(self, importer: str, node: ast.AST, when: str) -> Iterator[Import]:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for name in self._targets(importer, node):
                yield Import(importer, name, when, node.lineno)
        elif isinstance(node, ast.If) and _asks_for_type_checking(node.test):
            for child in node.body:
                yield from self._walk(importer, child, "typing")
            for child in node.orelse:
                yield from self._walk(importer, child, when)
        else:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) and when == "load":
                when = "call"
            for child in ast.iter_child_nodes(node):
                yield from self._walk(importer, child, when)

    def _targets(self, importer: str, node: Any) -> Iterator[str]:
        if isinstance(node, ast.Import):
            candidates = [(alias.name, "") for alias in node.names]
        else:
            home = self._home(importer, node)
            candidates = [(home, alias.name) for alias in node.names]
        for module, name in candidates:
            if f"{module}.{name}" in self.trees:
                yield f"{module}.{name}"
            elif module in self.trees:
                yield module
            elif module.split(".")[0] in self.packages:
                raise AssertionError(f"{importer}:{node.lineno} imports {module}, which does not exist")

    def _home(self, importer: str, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = importer.split(".")
        above = parts[: len(parts) - node.level + (1 if importer in self.packages else 0)]
        return ".".join([*above, node.module] if node.module else above)


def _asks_for_type_checking(test: ast.expr) -> bool:
    return "TYPE_CHECKING" in (getattr(test, "id", ""), getattr(test, "attr", ""))


def forbidden(imports: List[Import]) -> List[Import]:
    """Return the imports that cross between plugins, or from the kernel to one."""
    ends = [(found, found.importer.split(".")[0], found.imported.split(".")[0]) for found in imports]
    return [found for found, here, there in ends if there not in (here, KERNEL)]


def cycle(imports: List[Import]) -> Optional[List[str]]:
    """Return modules that import one another in a ring, the first one repeated at the end; None where there is none."""
    edges: Dict[str, Set[str]] = {}
    for found in imports:
        edges.setdefault(found.importer, set()).add(found.imported)
    finished: Set[str] = set()

    def visit(module: str, path: List[str]) -> Optional[List[str]]:
        if module in path:
            return [*path[path.index(module) :], module]
        if module in finished:
            return None
        for imported in sorted(edges.get(module, ())):
            ring = visit(imported, [*path, module])
            if ring:
                return ring
        finished.add(module)
        return None

    for module in sorted(edges):
        ring = visit(module, [])
        if ring:
            return ring
    return None


def at(when: str, imports: List[Import]) -> List[Import]:
    return [found for found in imports if found.when == when]


@pytest.fixture(scope="module")
def sources() -> Sources:
    return Sources([ROOT / KERNEL, *sorted(ROOT.glob("sovl_plugins/*/sovl_*"))])


@pytest.fixture(scope="module")
def imports(sources: Sources) -> List[Import]:
    return sources.imports()


def test_all_packages_are_looked_at(sources: Sources) -> None:
    plugins = {path.name for path in (ROOT / "sovl_plugins").iterdir() if (path / "pyproject.toml").is_file()}
    assert plugins
    assert {name for name in sources.packages if "." not in name} == {KERNEL} | {f"sovl_{name}" for name in plugins}


def test_the_kernel_imports_no_plugin_and_no_plugin_another(imports: List[Import]) -> None:
    assert len(at("load", imports)) > 300
    assert [str(found) for found in forbidden(at("load", imports))] == []


def test_neither_inside_functions_nor_for_annotations(imports: List[Import]) -> None:
    assert at("call", imports)
    assert [str(found) for found in forbidden(at("call", imports))] == []
    assert [str(found) for found in forbidden(at("typing", imports))] == []


def test_nor_by_a_name_in_a_string(sources: Sources) -> None:
    plugins = {name for name in sources.packages if "." not in name} - {KERNEL}
    found = [
        f"{module}:{node.lineno} names {node.value}"
        for module, tree in sources.trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if node.value.split(".")[0].split(":")[0] in plugins - {module.split(".")[0]}
    ]
    assert found == []


def test_plugins_use_public_names_of_the_kernel_only(sources: Sources) -> None:
    found = [
        f"{module}:{node.lineno} imports {node.module}.{alias.name}"
        for module, tree in sources.trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == KERNEL
        for alias in node.names
        if module.split(".")[0] != KERNEL and alias.name.startswith("_")
    ]
    assert found == []


def test_there_is_no_import_cycle(imports: List[Import]) -> None:
    assert cycle(at("load", imports)) is None


def _planted(folder: Path, files: Dict[str, str]) -> Sources:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Sources(sorted(path for path in folder.iterdir() if path.is_dir()))


def test_what_is_forbidden_is_found(tmp_path: Path) -> None:
    planted = _planted(
        tmp_path,
        {
            "sovl_core/__init__.py": "",
            "sovl_core/a.py": "import os\nclass A:\n    from . import b\n",
            "sovl_core/b.py": "def late():\n    import sovl_one.x\n",
            "sovl_core/c.py": "try:\n    from sovl_core.a import A\nexcept ImportError:\n    pass\n",
            "sovl_one/__init__.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from sovl_two import y\n",
            "sovl_one/x.py": "from sovl_core import a\n",
            "sovl_two/__init__.py": "y = 1\n",
        },
    )
    imports = planted.imports()
    assert {str(found) for found in imports} == {
        "sovl_core.a:3 imports sovl_core.b (load)",
        "sovl_core.b:2 imports sovl_one.x (call)",
        "sovl_core.c:2 imports sovl_core.a (load)",
        "sovl_one:3 imports sovl_two (typing)",
        "sovl_one.x:1 imports sovl_core.a (load)",
    }
    assert [found.importer for found in forbidden(imports)] == ["sovl_core.b", "sovl_one"]
    assert cycle(at("load", imports)) is None
    assert cycle([*imports, Import("sovl_core.b", "sovl_core.c", "load", 1)]) == [
        "sovl_core.a",
        "sovl_core.b",
        "sovl_core.c",
        "sovl_core.a",
    ]


def test_every_module_says_what_it_is_responsible_for(sources: Sources) -> None:
    assert [name for name, tree in sources.trees.items() if not ast.get_docstring(tree)] == []


def _test_files(module: str) -> List[Path]:
    """Return where a module's tests may be: in a file of its name, or in a folder of its package's or its own name."""
    package, *rest = module.split(".")
    name = "_".join(rest) or package
    tests = ROOT / "tests" / "unit" / ("cli" if rest[:1] == ["cli"] else "")
    if package != KERNEL:
        tests = ROOT / "sovl_plugins" / package[len("sovl_") :] / "tests"
    in_package = tests.joinpath(*rest[:-1]) / f"test_{rest[-1]}.py" if rest else tests / f"test_{name}.py"
    return [tests / f"test_{name}.py", in_package, tests / name / f"test_{name}.py"]


def _decides(tree: ast.Module) -> bool:
    """Return True when a module does anything that depends on something."""
    guards = [node for node in tree.body if isinstance(node, ast.If) and _is_customary(node.test)]
    branches = (ast.If, ast.IfExp, ast.For, ast.While, ast.Try, ast.comprehension, ast.BoolOp)
    return any(isinstance(node, branches) and node not in guards for node in ast.walk(tree))


def _is_customary(test: ast.expr) -> bool:
    return _asks_for_type_checking(test) or getattr(getattr(test, "left", None), "id", "") == "__name__"


def _needs_no_test(module: str, sources: Sources) -> bool:
    # A package's own file only hands names on, a plugin's settings are a table of fields: both unless they decide.
    by_rule = module in sources.packages or module.endswith(".settings")
    return module in WITHOUT_LOGIC or (by_rule and not _decides(sources.trees[module]))


def test_every_module_has_a_unit_test_file(sources: Sources) -> None:
    owing = [name for name in sources.trees if not _needs_no_test(name, sources)]
    missing = [
        f"{name}: {_test_files(name)[0].relative_to(ROOT)}"
        for name in owing
        if not any(file.is_file() for file in _test_files(name))
    ]
    assert not missing, "\n".join(missing)


def test_modules_without_a_test_file_hold_no_logic(sources: Sources) -> None:
    assert [name for name in sorted(WITHOUT_LOGIC) if _decides(sources.trees[name])] == []


PROBE = """
import atexit, json, sys
target = sys.argv.pop(1)
atexit.register(lambda: json.dump(sorted(sys.modules), open(target, "w")))
from sovl_core.cli import main
main()
"""
LOOKING = """
import json, sys
from sovl_core.cli.application import run
for command in (["status"], ["nights"], ["dreams"], ["history"], ["recap"], ["search", "tea"], ["config", "describe"]):
    assert run(command) == 0, command
json.dump(sorted(sys.modules), open(sys.argv[1], "w"))
"""
TELLING = """
import json, sys
from sovl_core.cli.application import run
open("notes.txt", "w").write("I live in Oslo.")
assert run(["tell", "notes.txt"]) == 0
json.dump(sorted(sys.modules), open(sys.argv[1], "w"))
"""
HEAVY = {"torch", "transformers", "peft", "accelerate", "tokenizers", "huggingface_hub", "numpy"}


def _probed(folder: Path, code: str, arguments: List[str]) -> Tuple[str, Set[str]]:
    """Run code in a process of its own; return its output and the modules it imported."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SOVL_")}
    environment["SOVL_LIFE"] = str(folder / "life")
    loaded_file = folder / "loaded.json"
    done = subprocess.run(
        [sys.executable, "-c", code, str(loaded_file), *arguments],
        cwd=str(folder),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, set(json.loads(loaded_file.read_text()))


@pytest.mark.parametrize("arguments", [["--help"], ["plugins", "list", "--json"], ["config", "describe"]])
def test_light_commands_import_neither_torch_nor_transformers(tmp_path: Path, arguments: List[str]) -> None:
    output, loaded = _probed(tmp_path, PROBE, arguments)
    assert "sovl_core.cli.application" in loaded
    assert sorted(loaded & HEAVY) == []
    if "list" in arguments:
        # Every plugin is on and has been imported: it is they that must be light.
        listed = json.loads(output)
        assert {entry["name"]: entry["reason"] for entry in listed if not entry["enabled"]} == {}
        assert {f"sovl_{entry['name']}" for entry in listed} <= loaded


def test_looking_at_a_life_whose_plugins_stored_tensors_imports_no_torch(tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    with SOVLSystem.open(tmp_path / "life", plugins=["none"], environ={}) as life:
        life.tell("I drink tea.")
        models = {"base": life.config.core.base_model, "scaffold": life.config.core.scaffold_model}
    gate = {"relevance.prompts": ["tea"], "relevance.memories": [1], "probe.skill": 0.9, "multiplier": 1.0}
    _store(tmp_path / "life", "cross_attention", gate, "relevance.features")
    _store(tmp_path / "life", "memory", {**models, "token_map": {}, "traces": [[0.5, 1]]}, "dream_memory")

    output, loaded = _probed(tmp_path, LOOKING, [])
    assert "0.90 of questions told apart" in output
    assert "1 of 10 (0.50)" in output
    assert sorted(loaded & HEAVY) == []
    # Nor does who writes a word into the journal, though all state is saved then.
    output, loaded = _probed(tmp_path, TELLING, [])
    assert "Told 1 line; 2 turns not yet slept on" in output
    assert sorted(loaded & HEAVY) == []
    states = read_plugin_states(tmp_path / "life" / "state")
    assert (states["cross_attention"].values["probe.skill"], len(states["cross_attention"].tensors)) == (0.9, 1)
    assert (states["memory"].values["traces"], len(states["memory"].tensors)) == ([[0.5, 1]], 1)


def _store(life: Path, plugin: str, values: Dict[str, Any], tensor: str) -> None:
    """Write a plugin's state with one tensor of [1, 2] as it is written with torch."""
    header = json.dumps({tensor: {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]}}).encode()
    content = len(header).to_bytes(8, "little") + header + bytes(8)
    digest = hashlib.sha256(content).hexdigest()
    file = f"{plugin}-{digest[:16]}.safetensors"
    (life / "state").mkdir(exist_ok=True)
    (life / "state" / file).write_bytes(content)
    (life / "state" / f"{plugin}.json").write_text(json.dumps({"values": values, "tensors": file, "sha256": digest}))
