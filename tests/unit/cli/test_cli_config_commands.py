from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sovl_core.plugin_records import PluginInfo

pytestmark = pytest.mark.no_torch


def test_get_one_a_section_or_all(shell: Any) -> None:
    assert shell("config", "get", "core.seed") == 0
    assert shell.out == "42\n"
    assert shell("config", "get", "generation") == 0
    assert "generation.temperature = 0.7\n" in shell.out
    assert 'generation.system_prompt = ""\n' in shell.out
    assert shell("config", "get") == 0
    assert "core.seed = 42\n" in shell.out
    assert "lora.target_modules = []\n" in shell.out
    assert shell("config", "get", "core", "--json") == 0
    assert json.loads(shell.out)["seed"] == 42


def test_set_writes_the_file_and_keeps_the_range(shell: Any) -> None:
    assert shell("config", "set", "generation.temperature", "0.9") == 0
    assert shell.out == "generation.temperature = 0.9\n"
    assert "temperature = 0.9" in (shell.folder / "life.toml").read_text()
    assert shell("config", "get", "generation.temperature") == 0
    assert shell.out == "0.9\n"
    before = (shell.folder / "life.toml").read_text()
    assert shell("config", "set", "generation.temperature", "-0.9") == 2
    assert "0 to 2" in shell.err
    assert (shell.folder / "life.toml").read_text() == before


def test_set_takes_text_with_blanks_and_the_form_with_an_equals_sign(shell: Any) -> None:
    assert shell("config", "set", "generation.system_prompt", "You", "are kind.") == 0
    assert shell("config", "set", "core.seed=7") == 0
    assert shell("config", "get", "core.seed") == 0
    assert shell.out == "7\n"
    assert shell("config", "get", "generation.system_prompt") == 0
    assert shell.out == "You are kind.\n"


def test_an_override_of_this_run_is_seen_but_not_written(shell: Any) -> None:
    assert shell("config", "set", "core.seed", "7", "--set", "generation.top_k=5") == 0
    assert "top_k" not in (shell.folder / "life.toml").read_text()
    assert shell("config", "get", "generation.top_k", "--set", "generation.top_k=5") == 0
    assert shell.out == "5\n"


@pytest.mark.parametrize("arguments", [["get", "core.sede"], ["set", "core.sede", "1"], ["describe", "core.sede"]])
def test_a_wrong_key_is_answered_with_the_nearest(shell: Any, arguments: list) -> None:
    assert shell("config", *arguments) == 2
    assert "core.seed" in shell.err


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("plugins.drem.noise", "No plugin named 'drem' is installed. Did you mean dream?"),
        ("plugins.astrology.sign", "No plugin named 'astrology' is installed. See: sovl plugins list"),
        ("plugins.dream.enabled", ""),
        ("core.seed", ""),
    ],
)
def test_settings_of_a_plugin_that_is_not_installed_wait_for_it(shell: Any, mocker: Any, key: str, said: str) -> None:
    manager = SimpleNamespace(infos=lambda: [PluginInfo("dream", "d", "1", [], True, "")])
    mocker.patch("sovl_core.cli.config_commands.plugin_manager", return_value=manager)
    assert shell("config", "set", key, "1") == 0
    assert shell.out == "\n".join(filter(None, [f"{key} = {'true' if key.endswith('enabled') else 1}", said])) + "\n"


def test_set_without_a_value(shell: Any) -> None:
    assert shell("config", "set", "core.seed") == 2
    assert "There is no value" in shell.err


def test_describe_says_value_default_range_and_meaning(shell: Any) -> None:
    shell("config", "set", "generation.temperature", "0.9")
    assert shell("config", "describe", "generation") == 0
    assert "generation.temperature = 0.9   (number; 0 to 2; default 0.7)\n    Sampling" in shell.out
    assert "core.seed" not in shell.out
    assert shell("config", "describe", "core.seed", "--json") == 0
    (seed,) = json.loads(shell.out)
    assert seed["default"] == 42
    assert seed["allowed"].startswith("0 to")


def test_path(shell: Any) -> None:
    assert shell("config", "path") == 0
    assert shell.out.strip() == str(shell.folder / "life.toml")


def test_a_broken_file_is_named_with_its_line(shell: Any) -> None:
    shell.folder.mkdir()
    (shell.folder / "life.toml").write_text("[core]\nseed = = 3\n")
    assert shell("config", "get", "core.seed") == 2
    assert "line 2" in shell.err
    assert shell("config", "path") == 0


def test_a_life_that_is_open_elsewhere_is_not_written(shell: Any) -> None:
    from sovl_core.life import Life

    with Life.open(shell.folder):
        assert shell("config", "set", "core.seed", "7") == 1
    assert "being written by process" in shell.err


def test_alone_it_explains_itself(shell: Any) -> None:
    assert shell("config") == 0
    assert "describe" in shell.out
    assert shell.err == ""


CLASSIC = {
    "core_config": {"random_seed": 7, "random_sed": 1, "valid_split_ratio": 0.2},
    "controls_config": {"base_temperature": 3, "save_path_prefix": "state"},
    "lora_rank": 8,
}


@pytest.fixture
def classic(tmp_path: Path) -> str:
    (tmp_path / "config.json").write_text(json.dumps(CLASSIC))
    return str(tmp_path / "config.json")


def test_import_carries_a_classic_file_over_and_names_the_rest(shell: Any, classic: str) -> None:
    shell.folder.mkdir()
    (shell.folder / "life.toml").write_text("# mine\n[core]\nseed = 1  # lucky\n")
    assert shell("config", "import", classic) == 0
    rows = [" ".join(line.split()) for line in shell.out.splitlines()]
    assert "core_config.random_seed 7 core.seed 7" in rows
    assert "lora_config.lora_rank 8 lora.rank 8" in rows
    assert "core_config.valid_split_ratio 0.2 core.validation_split 0.2 (as it is)" in rows
    assert any(row.startswith('controls_config.save_path_prefix "state" a life is a folder') for row in rows)
    assert "controls_config.base_temperature 3 generation.temperature = 3: must be a number, 0 to 2" in rows
    unknown = f"core_config.random_sed 1 {classic}: no such setting; did you mean core_config.random_seed?"
    assert unknown.replace(" ", "") in shell.out.replace(" ", "").replace("\n", "")
    path = shell.folder / "life.toml"
    assert rows[-1] == f"2 changed, 1 as they were, 1 without a counterpart, 2 not taken. Written: {path}"
    assert path.read_text() == "# mine\n[core]\nseed = 7  # lucky\n\n[lora]\nrank = 8\n"


def test_import_only_looks(shell: Any, classic: str) -> None:
    assert shell("config", "import", "--dry-run", "--json", classic) == 0
    records = {record["old"]: record for record in json.loads(shell.out)}
    assert records["core_config.random_seed"]["outcome"] == "changed"
    assert records["controls_config.base_temperature"]["outcome"] == "refused"
    assert shell("config", "import", "--dry-run", classic) == 0
    assert shell.out.endswith("Nothing was written.\n")
    assert not shell.folder.exists()


@pytest.mark.parametrize(("text", "said"), [("[1]", "an object is needed"), ('{"a" 1}', "line 1, column 6")])
def test_import_of_what_is_no_json_object(shell: Any, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "config.json").write_text(text)
    assert shell("config", "import", str(tmp_path / "config.json")) == 2
    assert said in shell.err
    assert not shell.folder.exists()


def test_import_leaves_a_life_alone_that_is_open_elsewhere(shell: Any, classic: str) -> None:
    from sovl_core.life import Life

    with Life.open(shell.folder):
        before = (shell.folder / "life.toml").read_text() if (shell.folder / "life.toml").exists() else None
        assert shell("config", "import", classic) == 1
    assert "being written by process" in shell.err
    assert before == ((shell.folder / "life.toml").read_text() if before is not None else None)


def test_import_within_a_session_changes_the_open_life(app: Any, classic: str) -> None:
    from sovl_core.cli.config_commands import config
    from sovl_core.config_import import ImportedSetting

    system, asked = app.system(), []

    def import_config(file: Path, dry_run: bool) -> Any:
        asked.append((file, dry_run))
        return [ImportedSetting("core_config.random_seed", 7, "changed", "core.seed", 7)]

    system.import_config = import_config
    config.main(["import", classic], obj=app, standalone_mode=False)
    assert asked == [(Path(classic), False)]
    assert "follow at the next start" in app.stdout.getvalue()


def test_secrets_are_kept_in_the_file_and_not_shown(shell: Any) -> None:
    shell.folder.mkdir()
    file = shell.folder / "life.toml"
    file.write_text('version = 1\n[plugins.web]\napi_key = "abc123"\nplace = "https://ann:abc123@x.org"\n')
    for arguments in (["get", "plugins"], ["get", "plugins.web.api_key"], ["get"], ["get", "plugins", "--json"]):
        shell("config", *arguments)
        assert "abc123" not in shell.out + shell.err
    assert shell("config", "get", "plugins") == 0
    assert 'plugins.web.api_key = "***"' in shell.out
    assert "abc123" in file.read_text()
