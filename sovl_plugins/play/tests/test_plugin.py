"""The plugin as the kernel sees it: commands complete, nothing else taken part in, nothing heavy imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sovl_core.plugin import CommandOption
from sovl_play import PlayPlugin, PlaySettings
from sovl_play.options import SEED

pytestmark = pytest.mark.no_torch

PROMISED = ["spark", "reflect", "muse", "flare", "echo", "debate", "glitch", "rewind", "mimic", "backchannel"]


@pytest.fixture
def commands(context):
    plugin = PlayPlugin()
    plugin.on_start(context)
    return {command.name: command for command in plugin.on_commands()}


def test_every_command_that_was_promised(commands):
    assert list(commands) == PROMISED


@pytest.mark.parametrize("name", PROMISED)
def test_help_example_and_ranges(commands, name):
    command = commands[name]
    first, _, rest = command.help.partition("\n\n")
    assert first.endswith(".")
    assert len(first) < 80
    assert rest
    assert command.usage.startswith(name)
    assert command.example.startswith(name)
    for option in command.options:
        assert option is SEED or option.name in PlaySettings.model_fields
        assert option.minimum is not None
        assert option.maximum is not None
        assert isinstance(option, CommandOption)


def test_every_setting_with_a_command_of_its_own_is_an_option_of_it(commands):
    offered = {option.name for command in commands.values() for option in command.options}
    everywhere = {"top_k", "top_p", "repetition_penalty", "attempts"}
    assert set(PlaySettings.model_fields) - everywhere - {"back"} == offered - {"seed"}


def test_nothing_is_journaled_by_any(commands, journal, say):
    said = say("My dog is called Biscuit", "I play chess", "I live in Oslo")
    for name in PROMISED:
        commands[name].run([], {})
    assert sorted(episode.id for episode in journal.episodes(limit=None)) == said
    assert journal.dreams(limit=None) == []


def test_its_entry_module_needs_no_torch():
    code = "import sys, sovl_play; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
