"""The plugins in examples/plugins as a stranger has them, installed by pip into a folder; the scripts in examples/."""

from __future__ import annotations

import importlib
import json
import os
import runpy
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

from sovl_core.events import Idle
from sovl_core.life import Life
from sovl_core.plugin_discovery import discover
from sovl_core.system import SOVLSystem

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PLUGINS = sorted(path.parent.name for path in EXAMPLES.glob("plugins/*/pyproject.toml"))
#: Those of the kernel's own repository that live a night.
SLEEPERS = ("cross_attention", "dream", "gestation")
QUICK_NIGHT = {
    "core.device": "cpu",
    "core.scaffold_model": "base[:1]",
    "generation.greedy": True,
    "generation.max_new_tokens": 6,
    "plugins.cross_attention.answer_probe": False,
    "plugins.dream.sampled_background": 0,
    "plugins.dream.background_tokens": 4,
    "plugins.gestation.background": 4,
    "plugins.gestation.dreams_per_memory": 2,
    "plugins.gestation.drift_budget": 100,
    "plugins.gestation.judged_memories": 1,
    "plugins.gestation.least_recall": 0,
    "plugins.gestation.least_steps": 3,
    "plugins.gestation.most_steps": 3,
}
TOLD = "My dog is called Bruno."
WRITTEN = "Come to think of it, who barks at my door?"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has installed every plugin of the examples."""
    folder = tmp_path_factory.mktemp("examples") / "site"
    pip = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "install", "--quiet"]
    projects = [str(EXAMPLES / "plugins" / name) for name in PLUGINS]
    options = ["--no-index", "--no-deps", "--no-build-isolation", "--target", str(folder)]
    subprocess.run([*pip, *options, *projects], check=True, timeout=600)
    return folder


@pytest.fixture
def found(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is installed can be imported within this test, and is forgotten after it."""
    monkeypatch.syspath_prepend(str(installed))
    for name in [name for name in sys.modules if name.split(".")[0] in {f"sovl_{plugin}" for plugin in PLUGINS}]:
        monkeypatch.delitem(sys.modules, name)
    importlib.invalidate_caches()


@pytest.mark.install
@pytest.mark.usefixtures("found")
def test_there_are_five_and_more_and_each_is_discovered() -> None:
    assert {"anchor", "diary", "ghostwriter", "guard", "retrieval"} <= set(PLUGINS)
    found = discover()
    assert found.problems == []
    for name in PLUGINS:
        assert found.candidates[name].distribution == f"sovl-{name}"


@pytest.mark.install
def test_their_own_tests_pass_with_what_was_installed(installed: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("SOVL_", "PYTEST_"))}
    environment["PYTHONPATH"] = str(installed)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(EXAMPLES / "plugins")]
    done = subprocess.run(
        command, cwd=str(ROOT), env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server that writes one dream about whatever it is sent."""

    class Writer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            dreams = [{"question": WRITTEN, "answer": "Your dog Bruno does.", "key": "Bruno"}]
            answer = {"choices": [{"message": {"content": json.dumps(dreams)}}]}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *arguments: Any) -> None:
            pass

    monkeypatch.setenv("no_proxy", "*")
    server = HTTPServer(("127.0.0.1", 0), Writer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.install
@pytest.mark.usefixtures("found")
def test_a_life_with_all_of_them(tmp_path: Path, tiny_base: Path, endpoint: str) -> None:
    own = {"core.base_model": str(tiny_base), "plugins.ghostwriter.url": endpoint}
    plugins = [*SLEEPERS, *PLUGINS]
    with SOVLSystem.open(
        tmp_path / "life", overrides={**QUICK_NIGHT, **own}, plugins=plugins, strict=True, environ={}
    ) as life:
        life.tell(TOLD)
        life.tell("My password is hunter2.")
        life.new_conversation()
        reply = life.generate("What is my dog called?")
        assert reply.annotations["retrieval.memories"] == [(1, 1.0)]
        nights = [life.sleep()]
        life.tell("My boat is called Nansen.")
        nights.append(life.sleep())
        assert [night.status for night in nights] == ["accepted", "accepted"]
        written = life.journal.dreams(night=1, verdict="accepted", limit=None)
        assert [(dream.prompt, dream.parents) for dream in written if dream.writer == "ghostwriter"] == [(WRITTEN, [1])]
        assert nights[1].metrics["anchor.moved"] > 0
        assert "anchor.moved" not in nights[0].metrics
        life.plugins.on_idle(Idle(5.0))
        (page,) = (life.life.path / "plugins" / "diary").iterdir()
        diary = page.read_text(encoding="utf-8")
        assert f"> {TOLD}" in diary
        assert "> My password is [withheld]" in diary
        assert "## Night 2 was accepted" in diary
        assert life.plugins.failures == []
        order = [info.name for info in life.plugins.infos() if info.enabled]
        assert order.index("cross_attention") < order.index("retrieval")
    with SOVLSystem.open(tmp_path / "life", overrides=own, plugins=plugins, environ={}) as life:
        assert life.plugins.get("anchor").importance  # type: ignore[attr-defined]
        assert life.journal.search("hunter2") == []


# The scripts


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, tiny_base: Path) -> Any:
    """Return ``script(name)``: what running a file of examples/ defines, with quick nights and a tiny model."""
    values: Dict[str, Any] = {**QUICK_NIGHT, "core.base_model": str(tiny_base), "plugins": ",".join(SLEEPERS)}
    for key, value in values.items():
        monkeypatch.setenv("SOVL_" + key.upper().replace(".", "__"), json.dumps(value).strip('"'))

    def run(name: str, *arguments: object, as_program: bool = True) -> Any:
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        path = str(EXAMPLES / f"{name}.py")
        if not as_program:
            return runpy.run_path(path)
        try:
            runpy.run_path(path, run_name="__main__")
        except SystemExit as ended:
            return ended.code
        return 0

    return run


def test_the_library_in_thirty_lines(script: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert script("library_use", tmp_path / "life") == 0
    out = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in out[-3:]] == ["before", "night 1", "after"]
    assert out[-2].startswith("night 1: accepted.")


def test_teaching_from_a_file_and_comparing_nights(
    script: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    life, file = tmp_path / "life", tmp_path / "notes.txt"
    for text in ("My dog is called Bruno.\nHello!\n", "My boat is called Nansen.\n"):
        file.write_text(text)
        assert script("teach_from_file", file, "--life", life) == 0
    out = capsys.readouterr().out
    assert "2 new, 0 known already, 0 that nothing could be made of\nnight 1: accepted." in out
    assert "  My dog is called Bruno.\n    → " in out
    assert "  not learned: Hello!" in out
    assert "1 new, 0 known already" in out

    assert script("compare_nights", 1, 2, "Who is Nansen?", "--life", life) == 0
    out = capsys.readouterr().out
    assert "only night 1 knows: nothing\nonly night 2 knows: My boat is called Nansen.\n" in out
    assert " moved by " in out
    assert "Who is Nansen?\n  night 1: " in out
    assert "\n  night 2: " in out
    with SOVLSystem.open(life) as system:
        assert system.journal.current_night() == 2
        assert system.journal.count_episodes() == 3


def test_scripts_say_what_is_wrong(script: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert script("compare_nights", 1, 2, "--life", tmp_path / "life") == 2
    assert script("teach_from_file", tmp_path / "none.txt", "--life", tmp_path / "life") == 2
    assert capsys.readouterr().err.count("error: ") == 2


class Time:
    """A clock that moves by what is waited; somebody may talk for a while."""

    def __init__(self, now: float) -> None:
        self.now = now
        self.waits: List[float] = []
        self.talking: List[Any] = []
        self.talks_until = 0.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds
        if self.talking and self.now >= self.talks_until:
            self.talking.pop().close()


def test_a_loop_that_sleeps_at_three(script: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from datetime import datetime

    folder = tmp_path / "life"
    sleeps = script("sleep_at_three", as_program=False)
    evening = datetime(2026, 11, 23, 22, 15).timestamp()
    assert sleeps["next_bedtime"](evening, 3) == datetime(2026, 11, 24, 3).timestamp()
    assert sleeps["next_bedtime"](datetime(2026, 11, 24, 3).timestamp(), 3) == datetime(2026, 11, 25, 3).timestamp()
    with SOVLSystem.open(folder) as life:
        life.tell(TOLD)
    time = Time(evening)
    # Somebody talks until a quarter past three.
    time.talking.append(Life.open(folder))
    time.talks_until = datetime(2026, 11, 24, 3, 15).timestamp()
    assert sleeps["main"](["--life", str(folder), "--nights", "2"], time, time.wait) == 0
    assert max(time.waits) == 60.0
    out = capsys.readouterr().out.splitlines()
    times = [line[:16] for line in out]
    assert times == [
        "2026-11-23 22:15",
        "2026-11-24 03:00",
        "2026-11-24 03:10",
        "2026-11-24 03:20",
        "2026-11-24 03:20",
        "2026-11-25 03:00",
    ]
    assert "awake until 24 November, 03:00" in out[0]
    assert "night 1: accepted." in out[3]
    assert "nothing" in out[5]


def test_the_list_of_examples_is_complete() -> None:
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    files = [f"plugins/{name}/README.md" for name in PLUGINS] + [path.name for path in EXAMPLES.glob("*.py")]
    assert [name for name in files if f"]({name})" not in listed] == []
