from __future__ import annotations

import pytest

from torture.blows import FULL, MOMENT
from torture.damage import Damaged
from torture.report import as_values, damage_table, print_damages, print_report
from torture.rounds import Round

pytestmark = pytest.mark.no_torch


def blow(stage, way, killed, status=None, problems=(), went_on=False):
    return Round(1, 1, stage, way, "0.5 s of about 1", killed, status, 0.5, "", went_on, list(problems))


ROUNDS = [
    blow("sleep", MOMENT, True, went_on=True),
    blow("sleep", MOMENT, False, 0),
    blow("sleep", FULL, False, 1),
    blow("chat", MOMENT, True, problems=["acknowledged, but not in the journal: Hi"]),
]
DAMAGES = [
    Damaged("nights/0001/report.json", "cut", 0, 0, "doctor", 6),
    Damaged("nights/0001/manifest.json", "cut", 0, 1, "", 6, ["nobody has noticed"]),
]


def test_a_row_for_each_stage_and_way():
    values = as_values(ROUNDS, DAMAGES, 7, 12.34)
    assert values["kills"] == 2
    assert len(values["problems"]) == 2
    assert [(row["stage"], row["blow"], row["killed"], row["ended before"]) for row in values["table"]] == [
        ("sleep", MOMENT, 1, 1),
        ("sleep", FULL, 0, 0),
        ("chat", MOMENT, 1, 0),
    ]
    assert values["table"][1]["failed readably"] == 1
    assert values["table"][0]["nights gone on with"] == 1


def test_a_row_for_each_part_and_kind_of_damage():
    (row,) = damage_table(DAMAGES)
    assert (row["part"], row["files"], row["named"], row["answers after"]) == ("nights/0001", 2, 1, 1)


def test_problems_are_printed_with_what_is_needed_to_see_them_again(capsys):
    print_report(ROUNDS)
    print_damages(DAMAGES)
    printed = capsys.readouterr().out
    assert "life 1, round 1, chat killed at a moment (0.5 s of about 1" in printed
    assert "nights/0001/manifest.json cut: nobody has noticed" in printed
