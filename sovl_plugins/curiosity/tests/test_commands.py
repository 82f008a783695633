"""The command: what may be typed after it; measuring on a file is tested with the measurement."""

from __future__ import annotations

import pytest

from sovl_core.error_handling import BadInput
from sovl_curiosity.commands import TUNABLE, curiosity_command, measure_file

pytestmark = pytest.mark.no_torch


def test_words_and_options_go_to_the_plugin():
    received = []
    command = curiosity_command(lambda words, options: received.append((words, options)) or "done")
    assert command.run(["ask"], {"silence": 10.0}) == "done"
    assert received == [(["ask"], {"silence": 10.0})]


def test_every_setting_can_be_tuned_and_a_measurement_written():
    names = {option.name for option in curiosity_command(print).options}
    assert "out" in names
    assert len(names) == len(TUNABLE) + 1
    assert {"silence", "cooldown", "pressure"}.intersection(names)


@pytest.mark.parametrize("files", [[], ["a.jsonl", "b.jsonl"]])
def test_one_file_is_measured(files):
    with pytest.raises(BadInput, match="takes one file of questions"):
        measure_file(files, None, None, None)
