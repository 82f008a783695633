from __future__ import annotations

import errno
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.config_file import HEADER, create_config, read_toml, save_config
from sovl_core.error_handling import ConfigError, SOVLError
from sovl_core.settings import SystemConfig

pytestmark = pytest.mark.no_torch

POSIX = pytest.mark.skipif(os.name == "nt", reason="permission bits of POSIX")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "life.toml"


def load(path):
    return SystemConfig.model_validate(read_toml(path))


def test_new_file_is_a_commented_header_and_holds_the_defaults(path):
    assert create_config(path)
    text = path.read_text(encoding="utf-8")

    assert "sovl config describe" in text
    assert text.startswith("#")
    assert load(path) == SystemConfig()


@POSIX
def test_only_the_owner_may_read_the_file(path):
    create_config(path)
    assert path.stat().st_mode & 0o777 == 0o600
    save_config(SystemConfig(core={"seed": 1}), path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_existing_file_is_not_created_again(path):
    path.write_text("# mine\n", encoding="utf-8")

    assert not create_config(path)
    assert path.read_text(encoding="utf-8") == "# mine\n"


def test_missing_file_holds_nothing(path):
    assert read_toml(path) == {}


@pytest.mark.parametrize(
    ("text", "line", "column", "reason"),
    [
        (b"[core]\nseed = = 3\n", 2, 8, "Unexpected character"),
        (b"[core]\nseed = 1\nseed = 2\n", 3, 1, "already exists"),
        (b"[core]\n[core]\n", 2, 1, "already exists"),
        (b"[core]\nseed = 1\n[core.seed]\nx = 1\n", 3, 7, "already exists"),
        (b"[core\n", 1, 6, "Unexpected character"),
        (b"a = 1979-99-99", 1, 15, "Invalid date"),
        (b'a = """x', 1, 9, "the file ends in the middle of a value"),
        (b"x = 1\na = [1,\n2", 3, 2, "the file ends in the middle of a value"),
        (b"x = 1\na = [1,\n2\n\n", 3, 2, "the file ends in the middle of a value"),
        (b'a = "\x00"', 1, 6, "Control characters"),
        (b"[core]\nname = '\xff'\n", 2, 9, "not UTF-8"),
    ],
)
def test_syntax_error_names_file_line_and_column(path, text, line, column, reason):
    path.write_bytes(text)

    with pytest.raises(ConfigError) as caught:
        read_toml(path)
    assert str(caught.value).startswith(f"{path}, line {line}, column {column}: ")
    assert reason in str(caught.value)


@given(st.binary(max_size=60) | st.text("[]{}=\".,#\n abc1-:T_'\\", max_size=60).map(lambda text: text.encode()))
def test_any_bytes_are_read_or_refused_by_place(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(content)

    try:
        assert isinstance(read_toml(path), dict)
    except ConfigError as error:
        assert ", line " in str(error)  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize("prefix", [b"\xef\xbb\xbf", b""])
def test_windows_files_are_read_and_stay_windows_files(path, prefix):
    path.write_bytes(prefix + b"# note\r\n[core]\r\nseed = 1\r\n")
    config = load(path)
    assert config.core.seed == 1
    config.core.seed = 2
    config.training.epochs = 5
    save_config(config, path)

    content = path.read_bytes()
    assert content.count(b"\n") == content.count(b"\r\n") > 3
    assert load(path) == config


def test_folder_in_place_of_the_file_is_refused(path):
    path.mkdir()

    with pytest.raises(ConfigError, match="cannot be read"):
        read_toml(path)


WRITTEN = """\
# my life
version = 1 # first

[generation]   # how I like it
temperature = 0.50   # calm
top_k = 0x1E

  [training]
  epochs = 4

[plugins.absent] # not installed here
secret = "kept" # too
list = [
    1, # one
    2,
]
[plugins.absent.deep]
x = 1
"""


def test_saving_what_was_loaded_changes_nothing(path):
    path.write_text(WRITTEN, encoding="utf-8")
    before = path.stat().st_mtime_ns
    save_config(load(path), path)

    assert path.read_text(encoding="utf-8") == WRITTEN
    assert path.stat().st_mtime_ns == before


def test_comments_order_and_absent_plugins_are_kept(path):
    path.write_text(WRITTEN, encoding="utf-8")
    config = load(path)
    config.generation.temperature = 0.9
    config.training.epochs = 7
    save_config(config, path)

    text = path.read_text(encoding="utf-8")
    assert text == WRITTEN.replace("0.50", "0.9").replace("epochs = 4", "epochs = 7")


def test_only_what_differs_from_its_default_is_added(path):
    create_config(path)
    config = SystemConfig(core={"seed": 7}, lora={"target_modules": ["q_proj"]})
    config.plugins = {"dream": {"enabled": False, "noise": 0.05}, "empty": {}}
    save_config(config, path)

    assert path.read_text(encoding="utf-8") == HEADER + (
        '\n[core]\nseed = 7\n\n[lora]\ntarget_modules = ["q_proj"]\n\n[plugins.dream]\nenabled = false\nnoise = 0.05\n'
    )


def test_written_setting_stays_written_when_it_becomes_the_default(path):
    path.write_text("[core]\nseed = 7\n", encoding="utf-8")
    save_config(SystemConfig(), path)

    assert path.read_text(encoding="utf-8") == "[core]\nseed = 42\n"


def test_values_of_this_run_are_not_saved(path):
    path.write_text("[core]\nseed = 7\n", encoding="utf-8")
    config = load(path)
    for key, value in (("core.seed", 8), ("training.epochs", 9), ("training.patience", 3)):
        section, name = key.split(".")
        setattr(getattr(config, section), name, value)
        config.passing[key] = value
    config.training.patience = 4
    save_config(config, path)

    assert read_toml(path) == {"core": {"seed": 7}, "training": {"patience": 4}}


def test_value_of_nothing_is_not_written(path):
    config = SystemConfig(plugins={"dream": {"limit": None, "noise": 1}})
    save_config(config, path)

    assert load(path).plugins == {"dream": {"noise": 1}}


VALUE = st.recursive(
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)
NAME = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5).filter(lambda name: name != "enabled")
TABLE = st.dictionaries(NAME, VALUE | st.dictionaries(NAME, VALUE, min_size=1, max_size=2), min_size=1, max_size=3)
LAYOUTS = [
    "",
    HEADER,
    WRITTEN,
    "training.epochs = 3\nplugins.dream.x = 1\n",
    "core = {seed = 1}\nplugins = {dream = {x = 1}}\n",
    "[plugins.dream]\nx = 1\n[core]\nseed = 3\n[plugins.absent]\ny = 2\n",
    "[plugins]\n[plugins.dream]\nx.y = 1\n# the end",
    "[plugins.dream.deep]\nx = 1\n[plugins.dream]\nz = 1",
]


def test_deep_nesting_is_refused(path):
    path.write_bytes(b"a = " + b"[" * 10_000)

    with pytest.raises(ConfigError, match="line 1, column"):
        read_toml(path)


@given(
    layout=st.sampled_from(LAYOUTS),
    tables=st.dictionaries(st.sampled_from(["dream", "absent", "new one"]), TABLE, max_size=3),
    seed=st.integers(0, 9),
    prompt=st.text(st.characters(exclude_categories=["Cs"])),
    modules=st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=2),
)
def test_what_is_saved_is_loaded_whatever_the_layout(tmp_path_factory, layout, tables, seed, prompt, modules):
    path = tmp_path_factory.getbasetemp() / "saved.toml"
    path.write_bytes(layout.encode())
    config = load(path)
    config.core.seed = seed
    config.generation.system_prompt = prompt
    config.lora.target_modules = modules
    for name, table in tables.items():
        config.plugins[name] = {**config.plugins.get(name, {}), **table}
    save_config(config, path)

    loaded = load(path)
    assert loaded.model_dump(exclude={"plugins"}) == config.model_dump(exclude={"plugins"})
    for name, table in tables.items():
        assert {key: loaded.plugins[name][key] for key in table} == table


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_full_disk_is_said_and_leaves_the_old_settings(path, mocker, step):
    path.write_text("[core]\nseed = 7\n", encoding="utf-8")
    mocker.patch(f"os.{step}", side_effect=OSError(errno.ENOSPC, "No space left on device"))

    with pytest.raises(SOVLError, match=r"life\.toml cannot be written: No space left on device") as caught:
        save_config(SystemConfig(), path)
    assert "--life PATH" in str(caught.value)
    assert path.read_text(encoding="utf-8") == "[core]\nseed = 7\n"
    assert os.listdir(path.parent) == ["life.toml"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_folder_is_said(path):
    path.parent.chmod(0o500)
    try:
        with pytest.raises(SOVLError, match="cannot be written: Permission denied"):
            create_config(path)
    finally:
        path.parent.chmod(0o700)


def test_broken_file_is_not_overwritten(path):
    path.write_text("[core\n", encoding="utf-8")

    with pytest.raises(ConfigError, match="line 1"):
        save_config(SystemConfig(core={"seed": 7}), path)
    assert path.read_text(encoding="utf-8") == "[core\n"


@pytest.mark.parametrize("value", [object(), [None], "\udc80"])
def test_value_without_a_toml_form_is_refused(path, value):
    path.write_text("[core]\nseed = 7\n", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"life\.toml"):
        save_config(SystemConfig(plugins={"dream": {"noise": value}}), path)
    assert path.read_text(encoding="utf-8") == "[core]\nseed = 7\n"


@POSIX
def test_link_to_a_file_elsewhere_is_followed(tmp_path, path):
    real = tmp_path / "kept-elsewhere.toml"
    real.write_text("[core]\nseed = 7\n", encoding="utf-8")
    path.symlink_to(real)
    save_config(SystemConfig(core={"seed": 8}), path)

    assert path.is_symlink()
    assert read_toml(real) == {"core": {"seed": 8}}
