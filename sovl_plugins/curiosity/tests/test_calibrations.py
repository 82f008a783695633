"""Calibrations by night: which one holds, before and after nights are undone."""

from __future__ import annotations

import json

import pytest

from sovl_curiosity.calibration import calibrate
from sovl_curiosity.calibrations import KEPT, Calibrations
from sovl_curiosity.signals import Signals


def made(entropy):
    known, unknown = Signals(0.9, 0.5, 0.5, 1.0, 1.0, 0.0), Signals(0.5, 0.2, entropy, entropy, 1.0, 0.0)
    return calibrate([known] * 8, [unknown] * 8)


@pytest.fixture
def night(journal):
    """Return ``night(status, deep)``: live through a night and return its number."""

    def live(status="accepted", deep=False):
        number = journal.open_night(journal.current_night(), "api", {}, deep)
        if status == "accepted":
            journal.accept_night(number, status, [], {})
        else:
            journal.close_night(number, status, {})
        return number

    return live


def test_the_newest_of_the_nights_in_use_holds(journal, night):
    calibrations = Calibrations()
    assert calibrations.in_use(journal) is None
    first, second = night(), night()
    calibrations.add(first, made(2.0))
    calibrations.add(second, made(3.0))
    assert calibrations.in_use(journal) == (second, made(3.0))
    night()  # one without a calibration of its own
    assert calibrations.in_use(journal) == (second, made(3.0))


def test_it_is_undone_with_its_night(journal, night):
    calibrations, first = Calibrations(), night()
    calibrations.add(first, made(2.0))
    second = night()
    calibrations.add(second, made(3.0))
    journal.use_night(first)
    assert calibrations.in_use(journal) == (first, made(2.0))
    journal.use_night(second)
    assert calibrations.in_use(journal) == (second, made(3.0))
    journal.use_night(None)
    assert calibrations.in_use(journal) is None


def test_a_night_set_aside_calibrates_nothing(journal, night):
    calibrations = Calibrations()
    calibrations.add(night("set_aside"), made(2.0))
    night()
    assert calibrations.in_use(journal) is None


def test_a_deep_night_starts_anew(journal, night):
    calibrations = Calibrations()
    calibrations.add(night(), made(2.0))
    night(deep=True)
    assert calibrations.in_use(journal) is None


def test_they_are_kept_as_json_and_not_for_ever():
    calibrations = Calibrations()
    for number in range(1, KEPT + 3):
        calibrations.add(number, made(2.0))
    values = json.loads(json.dumps(calibrations.to_list()))
    assert [each["night"] for each in values] == list(range(3, KEPT + 3))
    assert Calibrations.from_list(values).to_list() == values
    assert Calibrations.from_list([{"night": 1, "signals": []}]).to_list() == []
