"""Wheels of kernel and plugins, installed into fresh environments: alone, one by one, all; a short life in each.

A fresh environment sees the distributions that the installed ones depend on, and no other: a dependency that is not
declared is missing there as it would be on another machine. They are linked, not downloaded.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import venv
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any, Dict, List, Set

import pytest

pytestmark = pytest.mark.install

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("installed_life.py")
PLUGINS = sorted(path.parent.name for path in ROOT.glob("sovl_plugins/*/pyproject.toml"))
PIP = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check"]
SURROUNDINGS = ("PYTHON", "PIP_", "SOVL_", "VIRTUAL_ENV")


def _run(command: List[str], folder: Path) -> str:
    """Run a command that knows nothing of this environment and return what it printed."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(SURROUNDINGS)}
    environment.update(OMP_NUM_THREADS="1", HF_HUB_OFFLINE="1")
    done = subprocess.run(
        command, cwd=str(folder), env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel of the kernel and of each plugin, built from this checkout."""
    folder = tmp_path_factory.mktemp("wheels")
    projects = [str(ROOT), *(str(ROOT / "sovl_plugins" / name) for name in PLUGINS)]
    _run([*PIP, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(folder), *projects], folder)
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Llama of 4 layers with a byte-level tokenizer, as a folder."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    vocabulary = {token: i for i, token in enumerate(["<e>", *sorted(pre_tokenizers.ByteLevel.alphabet())])}
    core = Tokenizer(models.BPE(vocabulary, []))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    sizes = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 4, "num_attention_heads": 2}
    folder = tmp_path_factory.mktemp("model")
    torch.manual_seed(0)
    LlamaForCausalLM(
        LlamaConfig(vocab_size=len(vocabulary), eos_token_id=0, bos_token_id=0, initializer_range=0.2, **sizes)
    ).save_pretrained(str(folder))
    PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<e>", pad_token="<e>").save_pretrained(str(folder))
    return folder


def _distribution_name(plugin: str) -> str:
    return f"sovl-{plugin.replace('_', '-')}"


def _needed(names: List[str]) -> Dict[str, Distribution]:
    """Return the distributions that these depend on, directly or not, themselves left out."""
    from packaging.requirements import Requirement

    found: Dict[str, Distribution] = {}
    waiting = list(names)
    while waiting:
        current = distribution(waiting.pop())
        for text in current.requires or ():
            requirement = Requirement(text)
            name = requirement.name.lower().replace("_", "-")
            if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
                continue
            found[name] = distribution(requirement.name)
            waiting.append(requirement.name)
    return {name: found[name] for name in found if not name.startswith("sovl")}


def _link(needed: Dict[str, Distribution], folder: Path) -> None:
    """Put a link to every top-level package, module and metadata folder of these distributions into a folder."""
    folder.mkdir()
    for each in needed.values():
        assert each.files, f"{each.metadata['Name']} does not say which files it has"
        for top in {file.parts[0] for file in each.files} - {"..", "__pycache__"}:
            link, target = folder / top, Path(str(each.locate_file(top)))
            if not link.exists() and target.exists() and target.suffix != ".pth":
                link.symlink_to(target)


class FreshEnvironment:
    """A virtual environment with wheels of this checkout in it.

    :param requirement: what is installed, as one would type it.
    :param plugins: plugins that it amounts to.
    """

    def __init__(self, folder: Path, wheels: Path, requirement: str, plugins: List[str]) -> None:
        self.folder = folder
        venv.create(str(folder / "env"), with_pip=False, symlinks=True)
        self.scripts = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
        self.python = self.scripts / "python"
        _link(_needed(["sovl", *map(_distribution_name, plugins)]), folder / "needed")
        ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
        self.site = Path(_run([str(self.python), "-c", ask], folder).strip())
        (self.site / "needed.pth").write_text(f"{folder / 'needed'}\n")
        install = ["install", "--quiet", "--no-index", "--find-links", str(wheels), requirement]
        _run([*PIP, "--python", str(self.python), *install], folder)

    def run(self, *arguments: str) -> Any:
        """Run this environment's Python and return the JSON that it printed."""
        return json.loads(_run([str(self.python), *arguments], self.folder))

    def listed_plugins(self) -> Dict[str, bool]:
        """Return what the installed ``sovl`` says of its plugins: on or off, by name."""
        printed = _run([str(self.scripts / "sovl"), "--life", "life", "plugins", "list", "--json"], self.folder)
        return {entry["name"]: entry["enabled"] for entry in json.loads(printed)}


def _check_life(life: Dict[str, Any], plugins: Set[str]) -> None:
    """Check what can be said of any life, whatever it is made of."""
    assert set(life["on"]) == plugins
    assert life["status"] > 100
    assert sorted(life["told"]) == ["I was born in Oslo.", "My dog is called Biscuit.", "What is my dog called?"]
    # The bare base, asked in the same words on the next day.
    if not life["nights"]:
        assert life["reply again"] == life["reply"]
    if "gestation" not in plugins:
        # It says what is missing, and what to install.
        assert "sovl-gestation" in life["refused"]
        assert set(life["nights"].values()) <= {"failed"}
        return
    night = life["night"]
    assert life["nights"] == {"1": night["status"]}
    assert night["reason"]
    if not {"dream", "cross_attention"} <= plugins:
        assert (night["status"], night["steps"]) == ("nothing", 0)
    else:
        assert night["status"] in ("accepted", "partial", "set_aside")
        assert night["steps"] == 2
        assert night["base_bit_exact"] is True


def _only_adds_commands(name: str) -> bool:
    """Return whether a plugin takes part in nothing: then it cannot matter what it is combined with."""
    from sovl_core.hookspecs import SOVLHookSpecs

    (entry,) = [entry for entry in distribution(_distribution_name(name)).entry_points if entry.group == "sovl"]
    plugin = entry.load()
    hooks = {hook for hook in dir(SOVLHookSpecs) if hook.startswith("on_") and hasattr(plugin, hook)}
    return hooks <= {"on_start", "on_stop", "on_commands", "on_status"}


def _combinations() -> List[str]:
    """Return every choice of plugins that take part in something, none and all installed ones left out."""
    names = [name for name in PLUGINS if not _only_adds_commands(name)]
    sizes = range(1, len(names) + 1)
    chosen = [list(some) for size in sizes for some in itertools.combinations(names, size)]
    return [",".join(some) for some in chosen if some != PLUGINS]


ENVIRONMENTS = {"sovl": [], **{f"sovl[{name.replace('_', '-')}]": [name] for name in PLUGINS}, "sovl[all]": PLUGINS}


@pytest.mark.parametrize("requirement", ENVIRONMENTS)
def test_what_is_installed_is_what_lives(tmp_path: Path, wheels: Path, model: Path, requirement: str) -> None:
    plugins = ENVIRONMENTS[requirement]
    fresh = FreshEnvironment(tmp_path, wheels, requirement, plugins)
    assert {path.name for path in fresh.site.glob("sovl_*") if path.is_dir() and not path.suffix} == {
        "sovl_core",
        *(f"sovl_{name}" for name in plugins),
    }
    assert fresh.listed_plugins() == dict.fromkeys(plugins, True)
    # Where all are installed, any of them can still be switched off: every combination lives.
    some = _combinations() if len(plugins) > 1 else []
    selections = ["all", *(["none", *some] if some else ())]
    seen = fresh.run(str(SCRIPT), str(model), str(tmp_path), *selections)
    assert Path(seen["kernel"]).parent.parent == fresh.site
    assert len(seen["lives"]) == (2 + len(some) if some else 1)
    for selection, life in seen["lives"].items():
        chosen = {"all": set(plugins), "none": set()}.get(selection, set(selection.split(",")))
        _check_life(life, chosen)
