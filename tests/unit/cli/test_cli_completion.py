from __future__ import annotations

from typing import Any, List

import pytest
from click.shell_completion import CompletionItem
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from sovl_core.cli.completion import SlashCompleter

pytestmark = pytest.mark.no_torch


class Commands:
    """Completes everything with the same items."""

    def __init__(self, *items: CompletionItem) -> None:
        self.items = items
        self.asked: List[str] = []

    def complete(self, line: str) -> List[CompletionItem]:
        self.asked.append(line)
        return list(self.items)


def _completed(commands: Any, line: str) -> List[str]:
    found = SlashCompleter(commands).get_completions(Document(line), CompleteEvent())
    return [line[: len(line) + one.start_position] + one.text for one in found]


def test_the_word_that_was_begun_is_replaced() -> None:
    assert _completed(Commands(CompletionItem("core.seed")), "/config get core.se") == ["/config get core.seed"]
    assert _completed(Commands(CompletionItem("list")), "/nights ") == ["/nights list"]
    assert _completed(Commands(CompletionItem("/sleep")), "/") == ["/sleep"]


def test_files_are_completed_from_the_disk(tmp_path: Any) -> None:
    (tmp_path / "pairs.jsonl").write_text("")
    item = CompletionItem("x", type="file")
    assert _completed(Commands(item), f"/train {tmp_path}/pa") == [f"/train {tmp_path}/pairs.jsonl"]


@pytest.mark.parametrize("line", ["", "sl", " /sl", "say /sl", "/sl\nmore"])
def test_plain_talk_is_left_alone(line: str) -> None:
    commands = Commands(CompletionItem("x"))
    assert _completed(commands, line) == []
    assert commands.asked == []


def test_what_an_item_stands_for_is_shown_beside_it() -> None:
    completer = SlashCompleter(Commands(CompletionItem("/sleep", help="Sleep.\nLong.")))  # type: ignore[arg-type]
    (one,) = completer.get_completions(Document("/"), CompleteEvent())
    assert one.display_meta_text == "Sleep."
