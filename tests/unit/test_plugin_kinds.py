"""The table of hooks agrees with the specifications, and checks results."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from sovl_core.events import Dream, Reply, StepResult
from sovl_core.hookspecs import SOVLHookSpecs
from sovl_core.plugin_check import HookHost
from sovl_core.plugin_kinds import hook_kinds

pytestmark = pytest.mark.no_torch


def test_every_specified_hook_has_a_kind_and_no_other_has() -> None:
    specified = {name for name, _ in inspect.getmembers(SOVLHookSpecs, inspect.isfunction) if name.startswith("on_")}
    assert set(hook_kinds()) == specified == set(HookHost().arguments)


def test_hooks_with_a_first_result_are_the_single_valued_ones_that_may_be_wrapped() -> None:
    host = HookHost()
    first = {name for name in hook_kinds() if (host.parse_hookspec_opts(SOVLHookSpecs, name) or {})["firstresult"]}
    assert first == {name for name, kind in hook_kinds().items() if kind.wrappers and not kind.many}


def test_only_a_training_step_is_dropped_by_a_failure() -> None:
    dropping = [kind for kind in hook_kinds().values() if kind.dropped is not None]
    assert [kind.name for kind in dropping] == ["on_train_step"]
    dropped = dropping[0].dropped("why")
    assert isinstance(dropped, StepResult)
    assert dropped.skipped == "why"


def test_state_is_given_the_time_of_a_turn() -> None:
    kinds = hook_kinds()
    assert {kinds[name].limit_key for name in ("on_save_state", "on_load_state")} == {"hooks.turn_limit"}


def test_a_right_result_passes() -> None:
    kinds = hook_kinds()
    kinds["on_generate"].check(Reply("hello"))
    kinds["on_dream"].check([Dream("rewrite", "p", "c")])
    kinds["on_dream"].check(())


def test_a_hook_that_returns_nothing_may_return_none() -> None:
    hook_kinds()["on_feedback"].check(None)


@pytest.mark.parametrize(
    ("hook", "value", "message"),
    [
        ("on_generate", None, "returned None where on_generate expects Reply"),
        ("on_generate", "hello", "returned str where on_generate expects Reply"),
        ("on_dream", Reply("x"), "returned Reply where on_dream expects a list of Dream"),
        ("on_dream", [Reply("x")], "returned a list of Reply where on_dream expects a list of Dream"),
        ("on_generate", [], "returned a list of nothing where on_generate expects Reply"),
        ("on_feedback", 1, "returned int where on_feedback expects nothing$"),
        ("on_journal", "***", "returned str where on_journal expects nothing; change entry.text instead$"),
        ("on_save_state", {}, "returned dict where on_save_state expects nothing; put it into state.values instead$"),
    ],
)
def test_a_wrong_result_is_described(hook: str, value: object, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        hook_kinds()[hook].check(value)


def test_what_a_hook_without_results_expects_has_a_name() -> None:
    assert hook_kinds()["on_feedback"].expected == "nothing"


def test_the_document_of_failures_tells_each_hooks_limit() -> None:
    document = (Path(__file__).parents[2] / "docs" / "hook-versions.md").read_text(encoding="utf-8")
    told = {}
    for line in document.splitlines():
        key = re.search(r"hooks\.\w+_limit", line)
        if line.startswith("| `on_") and key:
            told.update(dict.fromkeys(re.findall(r"`(on_\w+)`", line.split("|")[1]), key[0]))
    assert told == {name: kind.limit_key for name, kind in hook_kinds().items()}
