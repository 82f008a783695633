"""Strangers' plugins that do everything wrong, side by side in one session: each is named, the session goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

TALKER = Path(__file__).parent / "cli_plugin"
ROOT = Path(__file__).parents[2]
WAIT = 300.0
HANGS = "Ctrl-C goes on without it."

#: The body of each plugin's class, and what its module does before.
STRANGERS: Dict[str, List[str]] = {
    "raises": [
        "",
        "@hookimpl(wrapper=True)",
        "def on_generate(self, turn):",
        "    raise ValueError('broken')",
        "    yield",
    ],
    "answers42": ["", "@hookimpl", "def on_generate(self, turn):", "    return 42"],
    "hangs": ["import time", "@hookimpl", "def on_generate(self, turn):", "    while True: time.sleep(0.05)"],
    "misspelt": ["", "@hookimpl", "def on_genrate(self, turn): ..."],
    "newer": ["", "hook_api = '99.0'"],
    "needy": ["", "requires = ('a.miracle',)"],
    "heavy": ["import torch", "@hookimpl", "def on_stop(self): ..."],
}

#: What is said of each that cannot be used, from the name on.
SAID = {
    "raises": "(sovl-raises 1.0) is off: failed in on_generate: ValueError: broken (",
    "answers42": "is off: failed in on_generate: TypeError: returned int where on_generate expects Reply.",
    "hangs": "(sovl-hangs 1.0) is off: failed in on_generate: it has not come back for",
    "misspelt": "(sovl-misspelt 1.0) is off: there is no hook on_genrate. Did you mean on_generate?",
    "newer": "(sovl-newer 1.0) is off: it is written for hook API 99.0, this SOVL has 1.0: upgrade sovl.",
    "needy": "(sovl-needy 1.0) is off: requires 'a.miracle', which no plugin that is on provides.",
    "twin": "is off: other-twin 1.0 and sovl-twin 1.0 offer a plugin of the same name, so none of them is loaded.",
}


def install(site: Path, distribution: str, name: str, offered: str) -> None:
    info = site / f"{distribution.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[sovl]\n{name} = {offered}\n")


@pytest.fixture
def environment(tmp_path: Path, tiny_base: Path) -> Dict[str, str]:
    site = tmp_path / "site"
    install(site, "sovl-talker", "talker", "sovl_talker:Talker")
    install(site, "sovl-twin", "twin", "nowhere:Twin")
    install(site, "other-twin", "twin", "nowhere:Twin")
    for name, (before, *body) in STRANGERS.items():
        install(site, f"sovl-{name}", name, f"stranger_{name}:P")
        lines = "\n".join(f"    {line}" for line in [f"name = {name!r}", *body])
        source = f"from sovl_core import Plugin, hookimpl\n{before}\n\nclass P(Plugin):\n{lines}\n"
        (site / f"stranger_{name}.py").write_text(source)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SOVL_", "PIP_", "HF_"))}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(site), str(TALKER)]),
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "HF_HUB_OFFLINE": "1",
        "SOVL_LIFE": str(tmp_path / "life"),
        "SOVL_PLUGINS": ",".join([*STRANGERS, "twin", "talker"]),
        "SOVL_CORE__BASE_MODEL": str(tiny_base),
        "SOVL_CORE__SCAFFOLD_MODEL": "none",
        "SOVL_CORE__DEVICE": "cpu",
        "SOVL_HOOKS__TURN_LIMIT": "1",
        "OMP_NUM_THREADS": "1",
        "LC_ALL": "C.UTF-8",
    }


@pytest.fixture
def session(environment: Dict[str, str]) -> Iterator[Any]:
    process = subprocess.Popen(
        [sys.executable, "-m", "sovl_core.cli"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
        bufsize=1,
    )
    giving_up = threading.Timer(WAIT, process.kill)
    giving_up.start()
    yield process
    giving_up.cancel()
    process.kill()
    process.communicate()


@pytest.mark.skipif(os.name == "nt", reason="sends Ctrl-C to a process")
def test_each_stranger_gets_its_line_and_the_session_lives_on(session: Any) -> None:
    said: List[str] = []
    session.stdin.write("Hello\n")
    for line in session.stderr:
        said.append(line.rstrip("\n"))
        if said[-1].endswith(HANGS):
            session.send_signal(signal.SIGINT)
            break
    out, rest = session.communicate("Still there?\n", timeout=WAIT)
    said.extend(rest.splitlines())
    assert (session.returncode, out) == (0, "You said: Hello\nYou said: Still there?\n"), "\n".join(said)
    for name, expected in SAID.items():
        (line,) = [one for one in said if one.startswith(f"Plugin '{name}' ")]
        assert expected in line
        more = "sovl log --errors" if "failed in" in expected else f"sovl plugins info {name}"
        assert line.endswith(f"More: {more}")
    assert any("stranger_raises.py, line 8). More: " in one for one in said)
    (alarm,) = [one for one in said if one.endswith(HANGS)]
    assert alarm.startswith("The plugin 'hangs' (sovl-hangs 1.0) failed in on_generate: it has not come back for")
    assert "(hooks.turn_limit)" in alarm
    assert "stranger_hangs.py, line 8" in alarm
    (heavy,) = [
        one for one in said if one.startswith("The plugin 'heavy' (sovl-heavy 1.0) is on, but importing it took")
    ]
    assert "because it imports torch, and every command waits for that" in heavy
    # Nothing was said of anybody else, and nothing twice.
    assert len([line for line in said if "plugin" in line.lower()]) == len(SAID) + 2
    assert "Traceback" not in "\n".join(said)
