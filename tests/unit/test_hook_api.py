"""The hook API is what was recorded; changing it breaks strangers' plugins, and is done on purpose or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sovl_core import hook_api
from sovl_core.events import Turn
from sovl_core.hook_api import describe_hook_api, record_hook_api, recorded_hook_api
from sovl_core.hook_api_changes import changes_between, refusal

pytestmark = pytest.mark.no_torch


def test_the_hook_api_is_what_was_recorded() -> None:
    before, now = recorded_hook_api(), describe_hook_api()
    assert refusal(before, now) == ""
    changed = [change.text for change in changes_between(before, now)]
    assert not changed, f"The hook API has changed: {'; '.join(changed)}. Record it: make hook-api"


def test_every_hook_is_described_with_its_argument_and_how_it_composes() -> None:
    hooks = describe_hook_api()["hooks"]
    assert hooks["on_generate"] == {
        "arguments": {"turn": "Turn"},
        "returns": "Optional[Reply]",
        "composes": "first result",
        "wrappers": True,
    }
    assert (hooks["on_status"]["arguments"], hooks["on_status"]["composes"]) == ({}, "all results")
    assert hooks["on_stop"]["composes"] == "all are told"


def test_whatever_a_hook_hands_over_is_described_field_by_field() -> None:
    types = describe_hook_api()["types"]
    assert list(types["Turn"]["fields"]) == list(Turn("").__dict__)
    assert types["Turn"]["fields"]["prompt"] == {"type": "str", "default": False}
    assert types["Turn"]["fields"]["temperature"] == {"type": "float", "default": True}
    # Reached through the fields of others, and what plugins derive from.
    assert {"Message", "Episode", "Progress", "CommandOption", "Plugin"} <= set(types)
    assert types["Models"]["methods"]["register_trainable"] == ["name", "module", "learning_rate_scale=", "decay="]
    assert "base_tokenizer" in types["Models"]["fields"]


@pytest.fixture
def record(tmp_path: Path) -> Any:
    """Return ``write(change)``: a record of the API as it is, but for what ``change`` does to it."""

    def write(change: Any) -> Path:
        described = describe_hook_api()
        change(described)
        path = tmp_path / "hook_api.json"
        path.write_text(json.dumps(described), encoding="utf-8")
        return path

    return write


def test_what_was_added_is_recorded(record: Any, mocker: Any, capsys: Any) -> None:
    path = record(lambda described: described["types"]["Turn"]["fields"].pop("reach"))
    mocker.patch.object(hook_api.record_hook_api, "__defaults__", (path,))
    assert hook_api.main() == 0
    assert capsys.readouterr().out == "Turn.reach was added\n"
    assert recorded_hook_api(path) == describe_hook_api()
    assert hook_api.main() == 0
    assert capsys.readouterr().out == "Nothing has changed.\n"


def test_what_was_taken_away_is_refused_and_the_record_stays(record: Any, mocker: Any, capsys: Any) -> None:
    gone = {"arguments": {}, "returns": "None", "composes": "all are told", "wrappers": False}
    path = record(lambda described: described["hooks"].update(on_gone=gone))
    before = path.read_text(encoding="utf-8")
    mocker.patch.object(hook_api.record_hook_api, "__defaults__", (path,))
    assert hook_api.main() == 1
    assert "on_gone was removed" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == before
    with pytest.raises(ValueError, match="This breaks plugins that were written for hook API"):
        record_hook_api(path)
