from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Dict, List

import pytest

from sovl_core.cli.doctor_checks import BAD, GOOD, NOTE, Finding, examine, find_on_disk
from sovl_core.journal import Journal
from sovl_core.life import Holder
from sovl_core.plugin_records import PluginInfo


@pytest.fixture
def store(mocker: Any) -> Any:
    """No model is cached, no plugin installed."""
    mocker.patch("sovl_core.plugin_manager.PluginManager", return_value=_manager())
    store = mocker.patch("sovl_core.model_store.ModelStore")
    store.return_value.list.return_value = []
    return store


def _manager(*infos: PluginInfo, problems: Any = ()) -> Any:
    return SimpleNamespace(infos=lambda: list(infos), load=lambda selection, tables: None, problems=list(problems))


def _sleep(app: Any) -> None:
    with contextlib.closing(Journal(app.life_path() / "journal.db")) as journal:
        journal.accept_night(journal.open_night(None, "command", {}), "accepted", [], {})


def _states(findings: List[Finding]) -> Dict[str, List[str]]:
    states: Dict[str, List[str]] = {}
    for finding in findings:
        states.setdefault(finding.what, []).append(finding.state)
    return states


def test_a_fresh_machine_is_well(app: Any, store: Any) -> None:
    states = _states(examine(app))
    assert states["model"] == [NOTE]
    assert states["life"] == [NOTE]
    assert all(BAD not in found for found in states.values())
    assert {"sovl", "libraries", "device", "settings", "plugins", "disk"} <= set(states)


def test_a_model_on_this_machine_is_named_with_its_place(app: Any, store: Any) -> None:
    cached = SimpleNamespace(name=app.config().core.base_model, path=Path("/models/it"))
    store.return_value.list.return_value = [cached]
    (model,) = [finding for finding in examine(app) if finding.what == "model"]
    assert model.state == GOOD
    assert "/models/it" in model.said


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"core.base_model": "/nowhere/model"}, "model"),
        ({"core.sede": "1"}, "settings"),
        ({"core.device": "cuda:7"}, "device"),
    ],
)
def test_what_is_wrong_is_found_and_what_to_do_is_said(app: Any, store: Any, settings: Any, what: str) -> None:
    import torch

    if what == "device" and torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    app.options.overrides.update(settings)
    wrong = [finding for finding in examine(app) if finding.state == BAD and finding.what == what]
    assert wrong
    assert all(finding.hint for finding in wrong)


def test_plugins_that_failed_are_wrong_and_those_switched_off_are_not(app: Any, store: Any, mocker: Any) -> None:
    manager = _manager(
        PluginInfo("dream", "d", "1.0", [], True, ""),
        PluginInfo("muse", "m", "1", [], False, "importing it raised"),
        PluginInfo("echo", "e", "1", [], False, "switched off"),
        problems=["half-removed: no metadata"],
    )
    mocker.patch("sovl_core.plugin_manager.PluginManager", return_value=manager)
    app.options.without.append("echo")
    plugins = [finding for finding in examine(app) if finding.what == "plugins"]
    assert [finding.state for finding in plugins] == [GOOD, BAD, BAD]
    assert "dream 1.0" in plugins[0].said
    assert "muse is off: importing it raised" in plugins[1].said


def test_a_life_is_read_and_its_nights_verified(shell: Any, app: Any, store: Any, mocker: Any) -> None:
    shell("ask", "Hi")

    _sleep(app)
    verify = mocker.patch("sovl_core.night_store.NightStore.verify", return_value=["scaffold.safetensors is damaged"])
    findings = examine(app)
    (life,) = [finding for finding in findings if finding.what == "life" and finding.state == GOOD]
    assert "1 turns, awake with night 1" in life.said
    assert [finding.said for finding in findings if finding.what == "nights"] == [
        "night 1: scaffold.safetensors is damaged"
    ]
    verify.assert_called_once_with(1)
    (night,) = [finding for finding in findings if finding.what == "nights"]
    assert night.hint.startswith("sovl doctor --repair: set it aside")
    assert shell.system.opened_with["read_only"] is True


def test_a_folder_that_is_no_model_is_found_out(app: Any, store: Any, tmp_path: Path) -> None:
    app.options.overrides["core.base_model"] = str(tmp_path)
    (model,) = [finding for finding in examine(app) if finding.what == "model"]
    assert model.state == BAD
    assert f"{tmp_path} lacks config.json, safetensors weights" in model.said


def test_settings_that_cannot_be_read_are_said_once(app: Any, store: Any) -> None:
    app.life_path().mkdir()
    (app.life_path() / "life.toml").write_text("[core")
    (wrong,) = [finding for finding in examine(app) if finding.state == BAD]
    assert wrong.what == "settings"
    assert "life.toml, line 1" in wrong.said


def test_a_night_set_aside_before_is_worth_knowing(shell: Any, app: Any, store: Any, mocker: Any) -> None:
    shell("ask", "Hi")

    _sleep(app)
    with contextlib.closing(Journal(app.life_path() / "journal.db")) as journal:
        journal.set_value("damaged_nights", {"1": "weights are cut"})
    (app.life_path() / "quarantine").mkdir()
    mocker.patch("sovl_core.night_store.NightStore.verify", return_value=["its folder is missing"])
    kept = [finding for finding in examine(app) if "quarantine" in finding.said]
    assert [finding.state for finding in kept] == [NOTE]
    (night,) = [finding for finding in examine(app) if finding.what == "nights"]
    assert night.state == NOTE
    assert "night 1 is damaged and not used any more: weights are cut" in night.said


def test_a_journal_that_cannot_be_read_is_said_once_with_what_mends_it(shell: Any, app: Any, store: Any) -> None:
    shell("ask", "Hi")
    (app.life_path() / "journal.db").write_bytes(b"a diary of another kind" * 1000)
    (wrong,) = [finding for finding in examine(app) if finding.state == BAD]
    assert wrong.what == "journal"
    assert wrong.hint.startswith("sovl doctor --repair: read what can be read into a new journal")


@pytest.mark.parametrize(("pid", "said"), [(os.getpid(), "is being written by"), (999999999, "was killed")])
def test_whoever_writes_a_life_is_named_and_who_was_killed_does_not_write_it(
    shell: Any, app: Any, store: Any, mocker: Any, pid: int, said: str
) -> None:
    assert shell("config", "set", "generation.greedy", "true") == 0
    mocker.patch("sovl_core.life.Life.holder", return_value=Holder(pid, socket.gethostname(), 0.0))
    life = " ".join(finding.said for finding in examine(app) if finding.what == "life")
    assert said in life
    assert ("is being written" in life) is (pid == os.getpid())


def test_a_full_disk_is_worth_knowing(app: Any, store: Any, mocker: Any) -> None:
    mocker.patch("shutil.disk_usage", return_value=SimpleNamespace(free=1_000_000))
    (disk,) = [finding for finding in examine(app) if finding.what == "disk"]
    assert disk.state == NOTE
    assert "1.0 MB free" in disk.said


def test_finding_a_model_on_disk(tmp_path: Path) -> None:
    cached = [SimpleNamespace(name="Some/Model", path=tmp_path / "a")]
    assert find_on_disk("some/model", cached) == tmp_path / "a"
    assert find_on_disk(str(tmp_path), []) == tmp_path
    assert find_on_disk("other/model", cached) is None
