"""Nothing that is read can run code: no pickle in any form, and code of a model only where a setting says so."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Iterator, List, Tuple

import pytest

pytestmark = pytest.mark.no_torch

ROOT = Path(__file__).parents[2]
SOURCES = [ROOT / "sovl_core", *sorted(ROOT.glob("sovl_plugins/*/sovl_*"))]
#: Modules that unpickle, or store what has to be unpickled; shelve and pandas do by the way.
PICKLES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "pandas"}
#: Functions that unpickle by default or when asked to, and evaluate text as code.
UNPICKLING = {"torch.load", "torch.hub.load", "numpy.load", "np.load", "eval", "exec", "read_pickle", "yaml.load"}
#: What is never asked for in the code itself.
UNSAFE = {"allow_pickle": True, "trust_remote_code": True, "use_safetensors": False, "weights_only": False}


def _trees() -> Iterator[Tuple[Path, ast.AST]]:
    for source in SOURCES:
        for path in sorted(source.rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def _problems(tree: ast.AST) -> List[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [f"imports {alias.name}" for alias in node.names if alias.name.split(".")[0] in PICKLES]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PICKLES:
            found.append(f"imports from {node.module}")
        elif isinstance(node, ast.Call):
            name = _dotted(node.func)
            found += [f"calls {name}"] if name in UNPICKLING else []
            given = {keyword.arg: getattr(keyword.value, "value", None) for keyword in node.keywords}
            found += [f"sets {key} = {given[key]!r}" for key, value in UNSAFE.items() if given.get(key) is value]
    return found


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def test_nothing_is_unpickled_anywhere() -> None:
    problems = [f"{path.relative_to(ROOT)}: {problem}" for path, tree in _trees() for problem in _problems(tree)]
    assert problems == []


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from joblib import load",
        "torch.load(path)",
        "torch.load(path, weights_only=True)",
        "np.load(path)",
        "numpy.load(path, allow_pickle=True)",
        "exec(text)",
        "model = from_pretrained(path, trust_remote_code=True)",
        "model = from_pretrained(path, use_safetensors=False)",
    ],
)
def test_the_check_finds_each_way(line: str) -> None:
    assert _problems(ast.parse(line))


def test_whoever_reads_a_model_says_what_may_be_run() -> None:
    """Left unsaid, transformers would ask at the terminal."""
    asking = {}
    for path, tree in _trees():
        said = "trust_remote_code" in path.read_text(encoding="utf-8")
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _dotted(node.func).endswith(".from_pretrained"):
                names = {keyword.arg for keyword in node.keywords}
                asking[f"{path.name}:{node.lineno}"] = "trust_remote_code" in names or (None in names and said)
    assert asking
    assert [place for place, said in asking.items() if not said] == []
