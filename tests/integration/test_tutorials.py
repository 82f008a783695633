"""The tutorials' commands, run one after another on a tiny random model: each works, and prints what the page shows."""

from __future__ import annotations

import io
import os
import re
import shlex
from pathlib import Path
from typing import Dict, List, Tuple

import pytest

from sovl_core.cli.app_context import AppContext
from sovl_core.cli.application import run

TUTORIALS = Path(__file__).parents[2] / "docs" / "tutorial"
# A night that takes a moment, and is accepted whatever a random model has learned.
QUICK_NIGHT = {
    "SOVL_PLUGINS__CROSS_ATTENTION__ANSWER_PROBE": "false",
    "SOVL_PLUGINS__DREAM__SAMPLED_BACKGROUND": "0",
    "SOVL_PLUGINS__DREAM__BACKGROUND_TOKENS": "4",
    "SOVL_PLUGINS__DREAM__CONTRAST": "1",
    "SOVL_PLUGINS__GESTATION__BACKGROUND": "8",
    "SOVL_PLUGINS__GESTATION__DREAMS_PER_MEMORY": "4",
    "SOVL_PLUGINS__GESTATION__DRIFT_BUDGET": "100",
    "SOVL_PLUGINS__GESTATION__JUDGED_MEMORIES": "1",
    "SOVL_PLUGINS__GESTATION__LEAST_RECALL": "0",
    "SOVL_PLUGINS__GESTATION__LEAST_STEPS": "2",
    "SOVL_PLUGINS__GESTATION__MOST_STEPS": "2",
    "SOVL_PLUGINS__GESTATION__MOST_DEEP_STEPS": "2",
}
FIRST_PARTY = "cross_attention,curiosity,dream,feedback,gestation,memory,play,quantization,recall"


def _steps(page: str) -> List[Tuple[str, str]]:
    """Return a page's blocks of code in order, as (language, text); those that are pieces of files are left out."""
    text = re.sub(r"<!-- from .*?<!-- end -->", "", (TUTORIALS / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.findall(r"^```(\w+)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def _live(steps: List[Tuple[str, str]], environ: Dict[str, str]) -> List[str]:
    """Run each call of ``sovl``; after a block of text, what was printed before must hold its lines.

    :return: the calls that were run.
    """
    printed, calls = "", []
    for language, text in steps:
        if language == "text":
            wanted = [" ".join(line.split()) for line in text.splitlines() if "…" not in line]
            seen = [" ".join(line.split()) for line in printed.splitlines()]
            assert [line for line in wanted if line and line not in seen] == [], printed
            continue
        printed = ""
        for name, content in re.findall(r"^cat > (\S+) <<'END'\n(.*?)^END\n", text, re.DOTALL | re.MULTILINE):
            Path(name).write_text(content)
        for line in text.splitlines():
            if line.startswith("sovl"):
                printed += _say(shlex.split(line, comments=True)[1:], environ)
                calls.append(line)
    return calls


def _say(words: List[str], environ: Dict[str, str]) -> str:
    out, err = io.StringIO(), io.StringIO()
    status = run(words, AppContext(io.StringIO(), out, err, environ))
    assert (status, "Traceback" in err.getvalue()) == (0, False), f"{words}\n{out.getvalue()}\n{err.getvalue()}"
    return out.getvalue()


@pytest.fixture
def environ(tmp_path: Path, tiny_base: Path, monkeypatch: pytest.MonkeyPatch) -> Dict[str, str]:
    monkeypatch.chdir(tmp_path)
    own = {key: value for key, value in os.environ.items() if not key.startswith("SOVL_")}
    quick = {"SOVL_CORE__DEVICE": "cpu", "SOVL_GENERATION__MAX_NEW_TOKENS": "6"}
    return {**own, **quick, "SOVL_LIFE": str(tmp_path / "life"), "SOVL_CORE__BASE_MODEL": str(tiny_base)}


def test_a_first_night(environ: Dict[str, str]) -> None:
    environ.update(QUICK_NIGHT, SOVL_PLUGINS=FIRST_PARTY)
    calls = _live(_steps("first-night.md"), environ)
    assert {"sovl doctor", "sovl sleep", "sovl why", "sovl nights undo", "sovl sleep --deep"} <= set(calls)


def test_a_first_plugin(environ: Dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(__file__).parents[2] / "examples" / "plugins" / "brief"
    # What `pip install` would leave behind, short of calling it.
    info = tmp_path / "site" / "sovl_brief-0.1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sovl-brief\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text("[sovl]\nbrief = sovl_brief:BriefPlugin\n")
    monkeypatch.syspath_prepend(str(info.parent))
    monkeypatch.syspath_prepend(str(folder))
    environ.update(SOVL_PLUGINS="brief", SOVL_CORE__SCAFFOLD_MODEL="none")
    steps = _steps("first-plugin.md")
    listing = next(text for language, text in steps if language == "text")
    named = [line.split()[0] for line in listing.splitlines()[1:]]
    assert [name for name in named if not (folder / name).is_file()] == []
    calls = _live([step for step in steps if step[1] != listing], environ)
    assert "sovl run brief --tokens 20" in calls
