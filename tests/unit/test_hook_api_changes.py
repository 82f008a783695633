from __future__ import annotations

import copy
from typing import Any, Callable, Dict, List, Tuple

import pytest

from sovl_core.hook_api_changes import Change, changes_between, refusal

pytestmark = pytest.mark.no_torch

Description = Dict[str, Any]
HOOK = {"arguments": {"turn": "Turn"}, "returns": "Optional[Reply]", "composes": "first result", "wrappers": True}
BEFORE: Description = {
    "version": "1.4",
    "hooks": {"on_generate": HOOK, "on_other": {**copy.deepcopy(HOOK), "wrappers": False}},
    "types": {
        "Turn": {
            "fields": {"prompt": {"type": "str", "default": False}, "seed": {"type": "int", "default": True}},
            "methods": {"skip": ["reason", "hard="], "accepted": "property"},
        }
    },
}


def _changed(change: Callable[[Description], Any], version: str = "1.4") -> Description:
    now = copy.deepcopy(BEFORE)
    change(now)
    now["version"] = version
    return now


def _fields(now: Description) -> Dict[str, Any]:
    found: Dict[str, Any] = now["types"]["Turn"]["fields"]
    return found


def _methods(now: Description) -> Dict[str, Any]:
    found: Dict[str, Any] = now["types"]["Turn"]["methods"]
    return found


BREAKING: List[Tuple[Callable[[Description], Any], str]] = [
    (lambda now: now["hooks"].pop("on_generate"), "on_generate was removed"),
    (
        lambda now: now["hooks"]["on_generate"].update(arguments={"request": "Turn"}),
        "on_generate takes (request: Turn), was (turn: Turn)",
    ),
    (
        lambda now: now["hooks"]["on_generate"]["arguments"].update(more="int"),
        "on_generate takes (turn: Turn, more: int), was (turn: Turn)",
    ),
    (lambda now: now["hooks"]["on_generate"].update(returns="None"), "on_generate returns None, was Optional[Reply]"),
    (
        lambda now: now["hooks"]["on_generate"].update(composes="all results"),
        "on_generate composes by all results, was first result",
    ),
    (lambda now: now["hooks"]["on_generate"].update(wrappers=False), "on_generate can no longer be wrapped"),
    (lambda now: now["types"].pop("Turn"), "Turn was removed"),
    (lambda now: _fields(now).pop("seed"), "Turn.seed was removed"),
    (lambda now: _fields(now).update(seed={"type": "str", "default": True}), "Turn.seed is str, was int"),
    (
        lambda now: _fields(now).update(seed={"type": "int", "default": False}),
        "Turn.seed has no default any more",
    ),
    (
        lambda now: _fields(now).update(more={"type": "int", "default": False}),
        "Turn.more was added without a default",
    ),
    (lambda now: _methods(now).pop("skip"), "Turn.skip was removed"),
    (lambda now: _methods(now).update(skip=["hard="]), "Turn.skip takes (hard=), was (reason, hard=)"),
    (lambda now: _methods(now).update(skip=["reason", "hard"]), "Turn.skip takes (reason, hard), was (reason, hard=)"),
    (
        lambda now: _methods(now).update(skip=["reason", "hard=", "more"]),
        "Turn.skip takes (reason, hard=, more), was (reason, hard=)",
    ),
    (lambda now: _methods(now).update(accepted=[]), "Turn.accepted takes (), was property"),
]
HARMLESS: List[Tuple[Callable[[Description], Any], str]] = [
    (lambda now: now["hooks"].update(on_more=HOOK), "on_more was added"),
    (lambda now: now["hooks"]["on_other"].update(wrappers=True), "on_other can be wrapped"),
    (lambda now: now["hooks"]["on_other"].update(deprecated={"since": "1.4"}), "on_other is deprecated"),
    (lambda now: now["types"].update(More={"fields": {}, "methods": {}}), "More was added"),
    (lambda now: _fields(now).update(more={"type": "int", "default": True}), "Turn.more was added"),
    (lambda now: _fields(now).update(prompt={"type": "str", "default": True}), "Turn.prompt has a default"),
    (lambda now: _methods(now).update(more=[]), "Turn.more was added"),
    (
        lambda now: _methods(now).update(skip=["reason=", "hard=", "more="]),
        "Turn.skip takes (reason=, hard=, more=), was (reason, hard=)",
    ),
]


def test_nothing_changed() -> None:
    assert changes_between(BEFORE, BEFORE) == []
    assert refusal(BEFORE, BEFORE) == ""


@pytest.mark.parametrize(("change", "said"), BREAKING)
def test_what_breaks_plugins_waits_for_a_major_version(change: Any, said: str) -> None:
    now = _changed(change)
    assert changes_between(BEFORE, now) == [Change(said, True)]
    assert said in refusal(BEFORE, now)
    assert "it may go with version 2.0" in refusal(BEFORE, now)
    # A hook that is removed has to be announced besides.
    assert bool(refusal(BEFORE, _changed(change, "2.0"))) == ("on_generate was removed" in said)


@pytest.mark.parametrize(("change", "said"), HARMLESS)
def test_what_is_added_may_come_at_any_time(change: Any, said: str) -> None:
    now = _changed(change)
    assert changes_between(BEFORE, now) == [Change(said, False)]
    assert refusal(BEFORE, now) == ""


@pytest.mark.parametrize(
    ("since", "refused"), [(None, True), ("1.4", True), ("1.3", False), ("1.0", False), ("0.9", False)]
)
def test_a_hook_goes_with_a_major_version_after_two_minor_ones_that_warned(since: Any, refused: bool) -> None:
    before = copy.deepcopy(BEFORE)
    if since is not None:
        before["hooks"]["on_generate"]["deprecated"] = {"since": since, "instead": "on_other"}
    now = _changed(lambda now: now["hooks"].pop("on_generate"), "2.0")
    said = "on_generate may not go yet: a hook is deprecated for 2 minor versions before it goes away"
    assert refusal(before, now).startswith(said) is refused
    assert bool(refusal(before, now)) is refused


def test_versions_do_not_go_back() -> None:
    assert "cannot go back to 1.3" in refusal(BEFORE, _changed(lambda now: None, "1.3"))
    assert changes_between(BEFORE, _changed(lambda now: None, "1.5")) == [Change("the version is 1.5, was 1.4", False)]
