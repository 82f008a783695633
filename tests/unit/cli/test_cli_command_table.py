from __future__ import annotations

import click
import pytest

from sovl_core.cli.command_table import BOTH, COMMANDS, SECTIONS, SESSION, SHELL, entries, find_entry

pytestmark = pytest.mark.no_torch

PROMISED_SHELL = "chat ask tell train sleep dream nights status log config plugins models doctor run"
PROMISED_SESSION = (
    "help quit exit new save panic status sleep dream nights plugins config log train good bad no history recap search"
)


def test_names_are_unique_within_a_place() -> None:
    for place in BOTH:
        names = [name for entry in entries(place) for name in (entry.name, *entry.aliases)]
        assert len(names) == len(set(names))


def test_every_entry_has_a_section_a_place_and_a_summary() -> None:
    for entry in COMMANDS:
        assert entry.section in SECTIONS
        assert set(entry.places) <= set(BOTH)
        assert entry.places
        assert entry.summary.endswith(".")
        assert len(entry.summary) <= 70


def test_every_entry_loads() -> None:
    assert all(isinstance(entry.load(), click.Command) for entry in COMMANDS)


def test_every_example_begins_with_its_command() -> None:
    for entry in COMMANDS:
        assert all(example.split()[0] == entry.name for example in entry.examples)


def test_finding_by_name_alias_and_place() -> None:
    leaving = find_entry("exit", SESSION)
    assert leaving is not None
    assert leaving.name == "quit"
    assert find_entry("exit", SHELL) is None
    assert find_entry("chat", SESSION) is None
    assert find_entry("chat", SHELL) is not None


def test_what_the_project_promises_is_there() -> None:
    assert all(find_entry(name, SHELL) for name in PROMISED_SHELL.split())
    assert all(find_entry(name, SESSION) for name in PROMISED_SESSION.split())
