from __future__ import annotations

import click
import pytest

from sovl_core.cli.night_numbers import LARGEST, parse_night

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(("text", "number"), [("3", 3), ("none", None), ("BASE", None), ("0", None)])
def test_a_number_or_a_word(text: str, number: object) -> None:
    assert parse_night(text) == number


@pytest.mark.parametrize("text", ["", "-1", "x", "²", str(LARGEST + 1)])
def test_what_is_no_night(text: str) -> None:
    with click.Context(click.Command("use")), pytest.raises(click.BadParameter, match="is no night"):
        parse_night(text)
