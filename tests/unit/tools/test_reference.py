"""The generator of the reference: docstrings, tables, excerpts, and the pages made of them."""

from __future__ import annotations

from pathlib import Path
from typing import List, Optional

import pytest

from sovl_core.hookspecs import SOVLHookSpecs
from sovl_core.plugin import Command, CommandOption, PluginSettings
from tools.reference.commands_page import commands_page
from tools.reference.excerpts import with_excerpts
from tools.reference.first_party import commands_of, plugins, surroundings_of
from tools.reference.hooks_page import hooks_page, objects_page
from tools.reference.markdown import from_docstring, page, table
from tools.reference.settings_page import settings_page

pytestmark = pytest.mark.no_torch

ROOT = Path(__file__).parents[3]


def test_a_docstring_becomes_markdown() -> None:
    prose, fields = from_docstring(
        """Do it.

        See :class:`sovl_core.events.Reply` and ``x``; :meth:`torch.no_grad` keeps its module.

        :param turn: the request,
            on two lines.
        :raises ValueError: when there is no ``x``.
        """
    )
    assert prose == "Do it.\n\nSee `Reply` and `x`; `torch.no_grad` keeps its module."
    assert fields == [("param turn", "the request, on two lines."), ("raises ValueError", "when there is no `x`.")]


def test_a_cell_cannot_end_its_table() -> None:
    assert table(("a", "b"), [["x|y", "one\ntwo"]]) == "| a | b |\n|---|---|\n| x\\|y | one two |"


def test_a_page_leaves_out_what_is_empty() -> None:
    assert page("T", "one", "", "two").split("\n\n") == ["# T", page("T").split("\n\n")[1].strip(), "one", "two\n"]


# ----- excerpts

SOURCE = """import x


class C:
    # [part]
    def f(self):
        # [inner]
        return 1
        # [end inner]
    # [end part]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "code.py").write_text(SOURCE)
    (tmp_path / "page.md").write_text("# P\n<!-- said -->\n```\nhello\n```\n<!-- end of said -->\n")
    return tmp_path


def test_an_excerpt_is_what_the_file_has_today(folder: Path) -> None:
    text = "a\n<!-- from code.py part -->\nold\n<!-- end -->\nb <!-- from code.py inner -->\n<!-- end -->"
    filled = with_excerpts(text, folder)
    assert "part -->\n```python\ndef f(self):\n    return 1\n```\n<!-- end -->\nb" in filled
    assert filled.endswith("inner -->\n```python\nreturn 1\n```\n<!-- end -->")
    assert with_excerpts(filled, folder) == filled


def test_a_whole_file_and_a_block_of_another_page(folder: Path) -> None:
    assert "```python\nimport x\n" in with_excerpts("<!-- from code.py -->\n<!-- end -->", folder)
    shown = with_excerpts("<!-- from page.md said -->\n<!-- end -->", folder)
    assert shown == "<!-- from page.md said -->\n```\nhello\n```\n<!-- end -->"


def test_a_method_is_found_by_its_name(folder: Path) -> None:
    (folder / "more.py").write_text(
        "class C:\n    @cached\n    def f(self):\n        return 1\n\n    def g(self): ...\n"
    )
    shown = with_excerpts("<!-- from more.py C.f -->\n<!-- end -->", folder)
    assert shown == "<!-- from more.py C.f -->\n```python\n@cached\ndef f(self):\n    return 1\n```\n<!-- end -->"


def test_a_part_that_is_not_there_is_named(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"code\.py has no part 'gone'"):
        with_excerpts("<!-- from code.py gone -->\n<!-- end -->", folder)


# ----- pages


def test_the_page_of_hooks_has_every_hook_with_its_whole_docstring() -> None:
    text = hooks_page({"quantization": plugins()["quantization"]})
    hooks = [name for name in vars(SOVLHookSpecs) if name.startswith("on_")]
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        *(f"## `{name}`" for name in hooks),
        "## Capabilities",
    ]
    assert "| quantization | `model.precision` |" in text
    assert "def on_dream(self, request: DreamRequest) -> Optional[List[Dream]]: ..." in text
    assert "- `turn`: the request; its fields may be changed in place" in text
    assert "``" not in text.replace("```", "")


def test_every_object_that_a_hook_takes_or_returns_is_described() -> None:
    text, names = objects_page(), set()
    for hook in (member for name, member in vars(SOVLHookSpecs).items() if name.startswith("on_")):
        for annotation in hook.__annotations__.values():
            names |= {word for word in annotation.replace("[", " ").replace("]", " ").split() if word[0].isupper()}
    names -= {"Optional", "List", "None"}
    assert {name for name in names if f"\n## `{name}`\n" not in text} == set()
    assert "| `max_new_tokens` | `int` | `128` |" in text


def test_settings_are_grouped_and_told_with_default_and_range() -> None:
    from pydantic import Field

    class Own(PluginSettings):
        share: float = Field(default=0.5, ge=0, le=1, description="A share | of it.", json_schema_extra={"live": False})

    class Plugin:
        settings_model = Own

    text = settings_page({"own": Plugin})
    assert "### `plugins.own`\n\n| key |" in text
    assert "| `share` | `0.5` | number, 0 to 1 | A share \\| of it. *Next start.* |" in text
    assert "### `generation`" in text


def test_commands_are_shown_with_their_options_and_examples() -> None:
    def go(words: List[str], options: object) -> Optional[str]:
        return None

    option = CommandOption("heat", float, "How hot.", minimum=0, maximum=2)
    text = commands_page(
        [("fire", Command("flare", "Burn.", go, usage="flare [--heat T]", options=(option,)))], surroundings_of([])
    )
    assert "#### `/flare`\n\nBurn.\n\n```text\n/flare [--heat T]\n```" in text
    assert "| `--heat` `X` | How hot. (0 to 2) |" in text
    assert "### `sovl ask`" in text
    assert '```sh\nsovl ask "What is my dog called?"' in text
    assert "### `/quit`" in text
    assert "Also: `/exit`." in text
    assert "#### `sovl nights diff`" in text
    assert "sovl nights [COMMAND] [ARGS]..." in text
    assert "multiple of its trainable parameters. [lifecycle.capacity_factor] (more than 0, at most 1000)" in text
    assert "plugins.gestation" not in text


def test_options_that_come_from_plugins_are_shown_where_these_are_on() -> None:
    assert "[plugins.gestation.minimum_memories]" in commands_page([], surroundings_of(["gestation"]))


def test_own_plugins_are_those_of_the_repository() -> None:
    own = plugins()
    assert sorted(own) == sorted(path.parent.name for path in ROOT.glob("sovl_plugins/*/pyproject.toml"))
    assert all(plugin.name == name for name, plugin in own.items())
    assert {plugin for plugin, _ in commands_of(["play"])} == {"play"}
