from __future__ import annotations

from typing import List, Sequence

import pytest

from sovl_core.evaluation.notes import Leader, notes_on
from sovl_core.evaluation.results import NightResult

pytestmark = pytest.mark.no_torch


def _nights(*steps: int, aside: Sequence[int] = ()) -> List[NightResult]:
    return [
        NightResult(number, 1, "set_aside" if number in aside else "accepted", "it drifts", taken, 1.0)
        for number, taken in enumerate(steps, start=1)
    ]


def test_lora_says_how_near_it_comes_to_what_learned_in_sovl_in_the_end() -> None:
    leader = Leader("sovl", 1000, _nights(5))
    assert notes_on("lora", 1050, _nights(5), leader)[0] == "trainable parameters are 1.050 of those of sovl"
    assert not any("rank" in note for note in notes_on("lora", 1100, _nights(5), leader))
    assert "no choice of ranks comes within 10 % of them" in notes_on("lora", 1101, _nights(5), leader)
    assert "no choice of ranks comes within 10 % of them" in notes_on("lora", 890, _nights(5), leader)


@pytest.mark.parametrize("leader", [None, Leader("sovl-no-dreams", 1000, _nights(5))])
def test_without_sovl_beside_it_lora_claims_no_likeness(leader: Leader) -> None:
    notes = notes_on("lora", 1000, _nights(5), leader)
    assert notes[0].startswith("sovl was not measured beside it")
    assert not any("1.000" in note for note in notes)


def test_nights_that_took_other_steps_are_named() -> None:
    leader = Leader("sovl", 10, _nights(60, 80))
    assert "night 2 took 79 steps, 80 in sovl" in notes_on("sovl-no-dreams", 10, _nights(60, 79), leader)
    assert not any("took" in note for note in notes_on("sovl-no-dreams", 10, _nights(60, 80), leader))


def test_nights_in_which_nothing_was_learned_are_named() -> None:
    assert notes_on("sovl", 10, _nights(5, 5, aside=[2]), None) == ["nothing was learned in night 2: it drifts"]
    leader = Leader("sovl", 10, _nights(5, 5, aside=[1]))
    assert "dreams differ from those of sovl after its night 1" in notes_on("lora", 10, _nights(5, 5), leader)
    # After the last night there are no more dreams that could differ.
    leader = Leader("sovl", 10, _nights(5, 5, aside=[2]))
    assert not any("dreams differ" in note for note in notes_on("lora", 10, _nights(5, 5), leader))
