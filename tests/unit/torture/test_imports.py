from __future__ import annotations

import random

import pytest

from sovl_core.config_file import create_config
from sovl_core.importing import taking_in
from sovl_core.importing.reading import opened_file
from torture.imports import AT_ONCE, EXCHANGES, FORMS, take_in, take_over
from torture.ledger import Ledger
from torture.processes import Ended

pytestmark = pytest.mark.no_torch


def screen(status=None):
    return Ended(1, status, None if status == 0 else 9, "", "", 0.1)


@pytest.mark.parametrize("form", list(FORMS))
def test_a_file_is_read_as_what_it_is(tmp_path, form):
    pairs = [(f"Prompt {number}.", f"Reply {number}.") for number in range(3)]
    with opened_file(FORMS[form](tmp_path / "chat", pairs), form) as reading:
        assert [(found.prompt, found.reply) for found in reading.found] == pairs


def test_what_was_told_again_must_be_there_once(tmp_path, monkeypatch):
    monkeypatch.setattr(taking_in, "AT_ONCE", 100)
    attempt, ledger = take_in(3, random.Random(1), tmp_path, tmp_path / "life"), Ledger()
    attempt.prepare()
    assert taking_in.AT_ONCE == AT_ONCE < EXCHANGES
    attempt.promised(screen(), ledger)
    assert ledger.kept == []
    assert attempt.again.arguments == attempt.arguments
    attempt.again.promised(screen(0), ledger)
    assert len(ledger.kept) == EXCHANGES
    assert ledger.once == [ledger.kept]


def test_settings_are_the_old_ones_or_the_new_ones(tmp_path):
    create_config(tmp_path / "life.toml")
    old = (tmp_path / "life.toml").read_text()
    attempt = take_over(7, random.Random(1), tmp_path, tmp_path)
    half = f"{old}[generation]\ntemperature = 0.27\n"
    new = f"{half}[lifecycle]\nconfidence_history = 10\n"
    found = {}
    for name, text in {"old": old, "half": half, "new": new}.items():
        (tmp_path / "life.toml").write_text(text)
        found[name] = [bool(attempt.promised(screen(status), Ledger())) for status in (None, 0)]
    assert found == {"old": [False, True], "half": [True, True], "new": [False, False]}
