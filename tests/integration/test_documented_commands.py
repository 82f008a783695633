"""Commands as documents show them: each exists, takes the options it is shown with, and sets settings there are."""

from __future__ import annotations

import re
import shlex
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, Iterator, List, Set, Tuple

import click
import pytest

pytestmark = pytest.mark.no_torch

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    ROOT / "README.md",
    *sorted(ROOT.glob("docs/**/*.md")),
    *sorted(ROOT.glob("sovl_plugins/*/README.md")),
    *sorted(ROOT.glob("examples/**/README.md")),
]
Shown = Tuple[str, List[str]]


def _blocks(text: str, language: str) -> List[str]:
    """Return the blocks of code of one language, lines that go on joined."""
    found = re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [block.replace("\\\n", " ") for block in found]


def _words(line: str) -> Iterator[List[str]]:
    """Yield the words of each call of ``sovl`` in a line of shell, without its name."""
    words = shlex.split(line, comments=True)
    ends = [i for i, word in enumerate(words) if word in ("|", "&&", ">", ";")] + [len(words)]
    starts = [0, *(end + 1 for end in ends)]
    for start, end in zip(starts, ends):
        if words[start : start + 1] == ["sovl"]:
            yield words[start + 1 : end]


def _shown_in_shell() -> List[Shown]:
    return [
        (str(path.relative_to(ROOT)), words)
        for path in DOCUMENTS
        for block in _blocks(path.read_text(encoding="utf-8"), "sh")
        for line in block.splitlines()
        if "sovl" in line and "<<" not in line
        for words in _words(line)
    ]


def _shown_in_text() -> List[Shown]:
    """Return calls within sentences; what stands for something (COMMAND, FILE) is still there."""
    found = []
    for path in DOCUMENTS:
        text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        for code in re.findall(r"`sovl ([^`]+)`", text):
            words = code.replace("|", " ").split()
            found.append((str(path.relative_to(ROOT)), words))
    return found


@lru_cache(maxsize=None)
def _plugin_commands() -> Dict[str, click.Command]:
    from sovl_core.cli.plugin_click import to_click
    from tools.reference.first_party import commands_of, plugins

    return {command.name: to_click(command) for _, command in commands_of(plugins())}


def _problem(words: List[str], exact: bool) -> str:
    """Return what is wrong with a call of ``sovl``, "" for nothing.

    :param exact: values are checked too: numbers, choices, missing arguments.
    """
    from sovl_core.cli.app_context import AppContext
    from sovl_core.cli.application import build_application

    app, command, context = AppContext(environ={}), build_application(), None
    try:
        while isinstance(command, click.Group):
            context = click.Context(command, info_name=command.name, parent=context, obj=app)
            _, words, _ = command.make_parser(context).parse_args(list(words))
            if not words:
                return ""
            name = words[0]
            if name.isupper() and not exact:
                return ""
            if command.name == "run":
                known = _plugin_commands()
                if name not in known:
                    return "" if name in _of_examples() else f"no command of a plugin: {name}"
                command, words = known[name], words[1:]
            else:
                _, command, words = command.resolve_command(context, list(words))
        if exact:
            command.make_context(command.name, list(words), parent=context, obj=app)
        else:
            command.make_parser(click.Context(command, parent=context, obj=app)).parse_args(list(words))
    except click.BadOptionUsage as error:
        # "sovl chat --life" within a sentence names the option.
        return error.format_message() if exact else ""
    except click.ClickException as error:
        return error.format_message()
    except click.exceptions.Exit:
        pass
    return ""


def _of_examples() -> Set[str]:
    """Return names of commands that the examples' plugins bring, as their source spells them."""
    sources = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("examples/plugins/*/sovl_*/*.py"))
    return set(re.findall(r"Command\(\s*[\"'](\w+)[\"']", sources))


def test_commands_in_blocks_are_taken_as_they_stand() -> None:
    shown = _shown_in_shell()
    assert len(shown) > 100
    wrong = [f"{name}: sovl {shlex.join(words)}: {_problem(words, exact=True)}" for name, words in shown]
    assert [line for line in wrong if not line.endswith(": ")] == []


def test_commands_in_sentences_exist_with_their_options() -> None:
    shown = _shown_in_text()
    assert len(shown) > 50
    wrong = [f"{name}: sovl {' '.join(words)}: {_problem(words, exact=False)}" for name, words in shown]
    assert [line for line in wrong if not line.endswith(": ")] == []


def test_settings_in_blocks_exist_and_allow_what_they_are_set_to() -> None:
    from sovl_core.error_handling import SOVLError
    from sovl_core.settings import SystemConfig
    from sovl_core.system_config import set_config_value
    from tools.reference.first_party import plugins

    models = {name: plugin.settings_model for name, plugin in plugins().items()}
    wrong = []
    changed = 0
    for name, words in _shown_in_shell():
        for key, value in _settings(words):
            if key.split(".")[0] == "plugins" and key.split(".")[1] not in models:
                continue  # a plugin of the examples: its own tests know its settings
            changed += 1
            try:
                set_config_value(SystemConfig(), key, value, models)
            except SOVLError as error:
                wrong.append(f"{name}: {key} = {value}: {error}")
    assert changed > 10
    assert wrong == []


def _settings(words: List[str]) -> Iterator[Tuple[str, str]]:
    if words[:2] == ["config", "set"] and len(words) > 3:
        yield words[2], " ".join(words[3:])
    for i, word in enumerate(words):
        if word == "--set" and "=" in words[i + 1]:
            key, _, value = words[i + 1].partition("=")
            yield key, value
        elif word.startswith("--set="):
            key, _, value = word[len("--set=") :].partition("=")
            yield key, value


def test_slash_commands_in_blocks_exist_with_their_options() -> None:
    from sovl_core.cli.command_table import SESSION, find_entry

    shown = [
        (str(path.relative_to(ROOT)), re.split(r"\s{2,}", line)[0])
        for path in DOCUMENTS
        if "reference" not in path.parts
        for block in _blocks(path.read_text(encoding="utf-8"), "text")
        for line in block.splitlines()
        if line.startswith("/")
    ]
    assert len(shown) > 5
    wrong = []
    for name, line in shown:
        command_name, *words = line[1:].split()
        entry = find_entry(command_name, SESSION)
        command: Any = entry.load() if entry is not None else _plugin_commands().get(command_name)
        if command is None:
            wrong.append(f"{name}: {line}: there is no such command")
            continue
        options = {text for param in command.params for text in (*param.opts, *param.secondary_opts)}
        wrong += [f"{name}: {line}: {word}" for word in words if word.startswith("--") and word not in options]
    assert wrong == []
