from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, List, Tuple

import pytest

from sovl_core.cli.app_context import AppContext
from sovl_core.cli.application import run
from sovl_core.error_handling import BadInput, ConfigError, LifeDamaged, LifeLocked
from sovl_core.events import ErrorEvent, Idle
from sovl_core.hookspecs import hookimpl
from sovl_core.opening import gather_collaborators
from sovl_core.plugin import Plugin
from sovl_core.system import SOVLSystem

NO_PLUGINS = {"plugins": ["none"], "environ": {}}


def test_a_life_that_is_not_there_is_begun(tmp_path: Path) -> None:
    with SOVLSystem.open(tmp_path / "life", **NO_PLUGINS) as system:
        assert system.life.config_path.exists()
        assert system.life.journal_path.exists()
        assert not system.models_loaded
        system.tell("a fact")
    with SOVLSystem.open(tmp_path / "life", **NO_PLUGINS) as system:
        assert [episode.prompt for episode in system.journal.episodes()] == ["a fact"]


def test_what_a_killed_process_left_of_nights_that_had_ended_is_removed(tmp_path: Path) -> None:
    with SOVLSystem.open(tmp_path, **NO_PLUGINS) as system:
        journal = system.journal
        accepted = journal.open_night(None, "told", {})
        journal.accept_night(accepted, "accepted", [], {})
        failed = journal.open_night(None, "told", {})
        journal.close_night(failed, "failed", {})
        running = journal.open_night(None, "told", {})
    nights = tmp_path / "nights"
    names = [f"{accepted:04d}", f"{accepted:04d}.work", f"{failed:04d}.work", f"{failed:04d}.partial"]
    kept = [f"{running:04d}.work", f"{running:04d}.partial", "0009.work"]
    for name in (*names, *kept):
        (nights / name).mkdir(parents=True)
        (nights / name / "file").touch()
    with SOVLSystem.open(tmp_path, read_only=True, warn=str, **NO_PLUGINS):
        assert len(list(nights.iterdir())) == len(names) + len(kept)
    with SOVLSystem.open(tmp_path, warn=str, **NO_PLUGINS):
        assert sorted(path.name for path in nights.iterdir()) == sorted([f"{accepted:04d}", *kept])


def test_a_purge_that_was_killed_is_finished(tmp_path: Path) -> None:
    with SOVLSystem.open(tmp_path, **NO_PLUGINS) as system:
        for _ in range(2):
            number = system.journal.open_night(None, "told", {})
            system.journal.accept_night(number, "accepted", [], {})
        system.journal.mark_purged(1)
    for name in ("0001", "0001.old", "0002"):
        (tmp_path / "nights" / name).mkdir(parents=True)
        (tmp_path / "nights" / name / "file").touch()
    with SOVLSystem.open(tmp_path, read_only=True, warn=str, **NO_PLUGINS):
        assert (tmp_path / "nights" / "0001").exists()
    with SOVLSystem.open(tmp_path, warn=str, **NO_PLUGINS):
        assert [path.name for path in (tmp_path / "nights").iterdir()] == ["0002"]


def test_settings_come_from_file_environment_and_caller(tmp_path: Path) -> None:
    (tmp_path / "life.toml").write_text("[generation]\nmax_new_tokens = 5\ntop_k = 6\ntemperature = 0.1\n")
    environ = {"SOVL_GENERATION__TOP_K": "7", "SOVL_GENERATION__TEMPERATURE": "0.2"}
    with SOVLSystem.open(
        tmp_path, plugins=["none"], environ=environ, overrides={"generation.temperature": 0.3}
    ) as system:
        generation = system.config.generation
        assert (generation.max_new_tokens, generation.top_k, generation.temperature) == (5, 7, 0.3)


def test_opening_brings_no_torch(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from sovl_core import SOVLSystem\n"
        f"with SOVLSystem.open({str(tmp_path / 'life')!r}, plugins=['none']) as system:\n"
        "    system.tell('a fact')\n"
        "    system.status()\n"
        "assert not {'torch', 'transformers'} & set(sys.modules), 'torch was imported'\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=str(root), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"overrides": {"generation.temprature": 1}}, ConfigError, "temperature"),
        ({"plugins": ["nonesuch"]}, BadInput, "nonesuch"),
    ],
)
def test_a_life_that_could_not_be_opened_is_let_go(tmp_path: Path, arguments: Any, error: Any, text: str) -> None:
    with pytest.raises(error, match=text):
        SOVLSystem.open(tmp_path / "life", **{**NO_PLUGINS, **arguments})
    SOVLSystem.open(tmp_path / "life", **NO_PLUGINS).close()


def test_a_plugin_of_the_current_night_that_is_absent_is_named_once(tmp_path: Path) -> None:
    with SOVLSystem.open(tmp_path / "life", **NO_PLUGINS) as system:
        night = system.journal.open_night(None, "command", {"gone": "sovl-gone 1.0"})
        system.journal.accept_night(night, "accepted", [], {})
    told: List[str] = []
    with SOVLSystem.open(tmp_path / "life", warn=told.append, **NO_PLUGINS):
        pass
    assert [note.split(": ")[-1] for note in told if "gone" in note] == ["pip install sovl-gone"]


def test_only_one_process_writes_a_life_and_readers_are_free(tmp_path: Path) -> None:
    with SOVLSystem.open(tmp_path / "life", **NO_PLUGINS) as writer:
        writer.tell("a fact")
        with pytest.raises(LifeLocked):
            SOVLSystem.open(tmp_path / "life", **NO_PLUGINS)
        with SOVLSystem.open(tmp_path / "life", read_only=True, **NO_PLUGINS) as reader:
            assert reader.journal.count_episodes() == 1
            assert reader.logger.path is None


def test_failures_of_plugins_are_kept_until_the_others_can_be_told(tmp_path: Path) -> None:
    class Fails(Plugin):
        name = "fails"

        @hookimpl
        def on_idle(self, idle: Idle) -> None:
            raise ValueError("no idea")

    with contextlib.ExitStack() as stack:
        given = gather_collaborators(stack, tmp_path / "life", **NO_PLUGINS)
        given.plugins.register(Fails())
        given.plugins.on_idle(Idle(1.0))
        assert [(failure.plugin, failure.hook) for failure in given.plugin_failures] == [("fails", "on_idle")]
        heard: List[ErrorEvent] = []

        class Hears(Plugin):
            name = "hears"

            @hookimpl
            def on_error(self, error: ErrorEvent) -> None:
                heard.append(error)

        given.plugins.register(Hears())
        SOVLSystem(given).idle(Idle(1.0))
        assert [(failure.plugin, failure.hook) for failure in heard] == [("fails", "on_idle")]
        assert not given.plugin_failures


def test_a_session_that_was_killed_is_noted(tmp_path: Path) -> None:
    with SOVLSystem.open(tmp_path / "life", **NO_PLUGINS) as system:
        note = system.life.holder_path.read_bytes()
    system.life.holder_path.write_bytes(note)
    with SOVLSystem.open(tmp_path / "life", **NO_PLUGINS) as system:
        assert [entry["event"] for entry in system.logger.read()] == ["session_was_killed"]


def test_models_come_from_the_store_that_is_handed_in(tmp_path: Path, mocker: Any) -> None:
    load = mocker.patch("sovl_core.model_loader.load_models", return_value="the models")
    store = object()
    with contextlib.ExitStack() as stack:
        given = gather_collaborators(stack, tmp_path / "life", store=store, **NO_PLUGINS)
        assert given.load_models() == "the models"
        load.assert_called_once_with(given.config, given.plugins, store, given.logger)


def test_replies_come_from_the_kernels_own_generation(tmp_path: Path, mocker: Any) -> None:
    generate = mocker.patch("sovl_core.generation.generate_reply", return_value="a reply")
    with contextlib.ExitStack() as stack:
        given = gather_collaborators(stack, tmp_path / "life", **NO_PLUGINS)
        assert given.generate_reply("models", "turn", "settings") == "a reply"
        generate.assert_called_once_with("models", "turn", "settings")


class Guest(Plugin):
    name = "guest"

    def __init__(self) -> None:
        self.started = 0

    @hookimpl
    def on_start(self, context: Any) -> None:
        self.started += 1


def test_plugins_can_be_handed_in_beside_those_that_are_installed(tmp_path: Path) -> None:
    guest = Guest()
    with SOVLSystem.open(tmp_path / "life", more_plugins=[guest], **NO_PLUGINS) as system:
        (info,) = [info for info in system.plugins.infos() if info.enabled]
        assert (info.name, guest.started) == ("guest", 1)


def test_a_life_whose_journal_is_gone_is_not_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "life" / "nights" / "0001").mkdir(parents=True)
    with pytest.raises(LifeDamaged, match="sovl doctor --repair"), contextlib.ExitStack() as stack:
        gather_collaborators(stack, tmp_path / "life", **NO_PLUGINS)
    assert not (tmp_path / "life" / "journal.db").exists()


TURNS = [f"Turn {number}." for number in range(6)]
KILLED = """
import os, sys
from sovl_core import SOVLSystem
life = SOVLSystem.open(sys.argv[1], plugins=["none"])
for number in range(6):
    life.tell(f"Turn {number}.")
os._exit(9)
"""


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A life whose writer was killed: its log holds what was said."""
    life = tmp_path / "life"
    SOVLSystem.open(life, **NO_PLUGINS).close()
    return _killed(life)


def _killed(life: Path) -> Path:
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", KILLED, str(life)], cwd=str(root), check=False).returncode == 9
    return life


def _break_log(life: Path, transaction: int) -> None:
    """Change a byte of the page that a transaction wrote last."""
    content = bytearray((life / "journal.db-wal").read_bytes())
    frames = range(32, len(content), 24 + 4096)
    ends = [at for at in frames if content[at + 4 : at + 8] != b"\x00" * 4]
    content[ends[transaction] + 2000] ^= 4
    (life / "journal.db-wal").write_bytes(bytes(content))


def _typed(life: Path, *words: str) -> Tuple[int, str, str]:
    app = AppContext(io.StringIO(), io.StringIO(), io.StringIO(), {})
    status = run(["--life", str(life), "--plugins", "none", *words], app)
    return status, app.stdout.getvalue(), app.stderr.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("words", [["history", "--all"], ["recap"], ["status"], ["search", "Turn"]])
def test_who_reads_beside_a_damaged_log_is_told_of_what_is_missing(killed: Path, words: List[str]) -> None:
    assert _typed(killed, *words)[::2] == (0, "")
    _break_log(killed, -3)
    status, out, err = _typed(killed, *words)
    assert (status, err.count(str(killed / "journal.db-wal"))) == (0, 1)
    assert "is damaged: what was said last stands there, and is missing" in err
    assert "`sovl doctor --repair` reads it" in err
    assert TURNS[-1] not in out


def test_what_was_missing_is_there_after_the_repair_and_nothing_is_said_any_more(killed: Path) -> None:
    _break_log(killed, -3)
    _, out, _ = _typed(killed, "history", "--all", "--json")
    assert len(json.loads(out)) == 3
    _typed(killed, "doctor", "--repair")
    status, out, err = _typed(killed, "history", "--all", "--json")
    assert (status, [turn["prompt"] for turn in json.loads(out)], err) == (0, TURNS, "")


def test_a_young_life_that_stands_in_the_log_alone_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    life = _killed(tmp_path / "life")
    _break_log(life, 0)
    status, _, err = _typed(life, "recap")
    assert status == 1
    assert "is damaged: the log beside it" in err
    assert "`sovl doctor --repair`" in err
    assert "empty" not in err


def test_a_log_that_somebody_is_writing_is_not_looked_at(tmp_path: Path, mocker: Any) -> None:
    look = mocker.patch("sovl_core.opening.is_log_damaged", return_value=True)
    told: List[str] = []
    with SOVLSystem.open(tmp_path / "life", **NO_PLUGINS) as writer:
        writer.tell("a fact")
        SOVLSystem.open(tmp_path / "life", read_only=True, warn=told.append, **NO_PLUGINS).close()
    assert (told, look.called) == ([], False)


def test_from_python_it_is_a_warning(killed: Path) -> None:
    _break_log(killed, -3)
    with pytest.warns(RuntimeWarning, match="doctor --repair"), SOVLSystem.open(
        killed, read_only=True, **NO_PLUGINS
    ) as reader:
        assert [episode.prompt for episode in reader.journal.episodes()] == TURNS[2::-1]
