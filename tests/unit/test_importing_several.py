from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import List

import pytest

from sovl_core.error_handling import DataError, SOVLError
from sovl_core.importing.reading import Reading, opened_file
from sovl_core.importing.several import tell_all
from sovl_core.importing.taking_in import TakenIn

pytestmark = pytest.mark.no_torch


@pytest.fixture
def files(tmp_path: Path) -> List[Path]:
    made = [tmp_path / name for name in ("a.txt", "b.txt", "c.txt")]
    for file in made:
        file.write_text("One\n")
    return made


def test_each_is_told_and_reported_before_the_next(files: List[Path]) -> None:
    happened: List[str] = []

    def tell(reading: Reading) -> TakenIn:
        happened.append(f"tell {Path(reading.name).name}")
        return TakenIn(reading.name, reading.form)

    taken = tell_all([partial(opened_file, file) for file in files[:2]], tell, lambda one: happened.append("told"))
    assert [Path(one.name) for one in taken] == files[:2]
    assert happened == ["tell a.txt", "told", "tell b.txt", "told"]


def test_a_file_that_goes_away_meanwhile_is_named_and_the_others_are_told(files: List[Path]) -> None:
    told: List[TakenIn] = []

    def tell(reading: Reading) -> TakenIn:
        if reading.name == str(files[0]):
            files[1].unlink()
        return TakenIn(reading.name, reading.form)

    with pytest.raises(DataError, match=r"b\.txt cannot be read") as failed:
        tell_all([partial(opened_file, file) for file in files], tell, told.append)
    assert failed.value.hint == "Check the path and its rights. What the others say is in the journal"
    assert [Path(one.name) for one in told] == [files[0], files[2]]


def test_one_alone_fails_in_its_own_words(files: List[Path]) -> None:
    files[0].write_text("")
    with pytest.raises(DataError) as failed:
        tell_all([partial(opened_file, files[0])], lambda reading: pytest.fail("told"))
    assert failed.value.hint == "Write one thing to tell on each line"


def test_a_journal_that_cannot_be_written_ends_it(files: List[Path]) -> None:
    def tell(reading: Reading) -> TakenIn:
        raise SOVLError("full")

    with pytest.raises(SOVLError, match="full"):
        tell_all([partial(opened_file, file) for file in files], tell, lambda one: pytest.fail("told"))
