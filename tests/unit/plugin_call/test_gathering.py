"""Results gathered from all plugins, and visits to each of them in turn."""

from __future__ import annotations

from typing import Any, Callable, List, Tuple

import pytest

from sovl_core.events import Dream, DreamRequest
from tests.unit.plugin_call.host import KINDS, Host, Wrapper, boom, fails_after, fails_before

pytestmark = pytest.mark.no_torch


def dreams(*names: str) -> Callable[[Any], List[Dream]]:
    return lambda request: [Dream("rewrite", name, name) for name in names]


def gather(host: Host) -> List[str]:
    found = host.calls.gather(KINDS["on_dream"], (DreamRequest(),), lambda plugin, result: list(result))
    return [dream.prompt for dream in found]


def test_results_are_gathered_in_order() -> None:
    host = Host(("a", dreams("1", "2"), False), ("b", lambda request: None, False), ("c", dreams("3"), False))
    assert gather(host) == ["1", "2", "3"]


def test_a_failing_plugin_loses_its_part_only() -> None:
    host = Host(("a", dreams("1"), False), ("b", boom, False), ("c", dreams("3"), False))
    assert gather(host) == ["1", "3"]
    assert host.failed == [("b", "on_dream", "ValueError: boom")]


def test_a_part_of_the_wrong_type_is_dropped_whole() -> None:
    host = Host(("a", lambda request: [Dream("rewrite", "1", "1"), "text"], False), ("b", dreams("2"), False))
    assert gather(host) == ["2"]
    assert host.failed[0][0] == "a"


def test_a_wrapper_sees_all_dreams_and_may_choose() -> None:
    def chooses(request: Any) -> Wrapper:
        found = yield
        return [dream for dream in found if dream.prompt != "2"]

    assert gather(Host(("w", chooses, True), ("a", dreams("1", "2"), False), ("b", dreams("3"), False))) == ["1", "3"]


def test_a_failing_wrapper_loses_no_dreams() -> None:
    host = Host(("v", fails_before, True), ("w", fails_after, True), ("a", dreams("1"), False))
    assert gather(host) == ["1"]
    assert [plugin for plugin, _, _ in host.failed] == ["v", "w"]


def test_hooks_without_arguments_are_gathered() -> None:
    host = Host(("a", lambda: None, False))
    assert host.calls.gather(KINDS["on_status"], (), lambda plugin, panel: [panel]) == []


# Visits


def test_each_plugin_gets_its_own_arguments() -> None:
    seen: List[Tuple[str, ...]] = []
    host = Host(*((name, lambda *arguments: seen.append(arguments), False) for name in "abc"))
    visited = host.calls.visit(KINDS["on_start"], lambda name: None if name == "b" else (name,))
    assert visited == ["a", "c"]
    assert seen == [("a",), ("c",)]


def test_a_visit_may_go_backwards() -> None:
    host = Host(*((name, lambda: None, False) for name in "abc"))
    assert host.calls.visit(KINDS["on_stop"], lambda name: (), reverse=True) == ["c", "b", "a"]


def test_a_failing_plugin_does_not_end_the_visit() -> None:
    host = Host(("a", boom, False), ("b", lambda: None, False))
    assert host.calls.visit(KINDS["on_stop"], lambda name: ()) == ["b"]
    assert host.failed == [("a", "on_stop", "ValueError: boom")]


def test_a_plugin_that_is_off_is_not_asked_for_arguments() -> None:
    host = Host(("a", boom, False))
    host.off.append("a")
    assert host.calls.visit(KINDS["on_stop"], boom) == []


def test_what_making_arguments_raises_is_the_kernels() -> None:
    host = Host(("a", lambda context: None, False))
    with pytest.raises(ValueError, match="boom"):
        host.calls.visit(KINDS["on_start"], boom)
    assert host.failed == []
