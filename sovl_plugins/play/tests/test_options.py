"""Options: read from the settings with their ranges, refused by name when a program gives wrong ones."""

from __future__ import annotations

import pytest

from sovl_core.error_handling import BadInput
from sovl_play import PlaySettings
from sovl_play.options import SEED, WRITING, count, no_words, options_of, with_options

pytestmark = pytest.mark.no_torch


def test_ranges_and_types_are_those_of_the_settings():
    rounds, temperature, seed = options_of("rounds", "temperature")
    assert (rounds.type, rounds.minimum, rounds.maximum) == (int, 1, 10)
    assert (temperature.type, temperature.minimum, temperature.maximum) == (float, 0.0, 2.0)
    assert rounds.help == PlaySettings.model_fields["rounds"].description
    assert seed is SEED


def test_what_is_not_given_is_as_the_settings_say():
    settings = PlaySettings(tokens=99)
    changed = with_options(settings, {"temperature": 0.5, "tokens": None, "seed": 3})
    assert (changed.tokens, changed.temperature) == (99, 0.5)
    assert settings == PlaySettings(tokens=99)


@pytest.mark.parametrize("name", [*WRITING, "turns", "heat", "echoes", "rounds", "noise", "sample"])
def test_out_of_range_is_refused_by_name(name):
    with pytest.raises(BadInput, match=rf"--{name} cannot be 1000000.*It takes (whole )?number, .* to "):
        with_options(PlaySettings(), {name: 1_000_000})


def test_an_unknown_option_is_refused():
    with pytest.raises(BadInput, match=r"no option 'tokn'.*tokens"):
        with_options(PlaySettings(), {"tokn": 3})


@pytest.mark.parametrize("word", ["0", "1001", "two", "1.5", ""])
def test_a_number_that_is_none_or_out_of_range(word):
    with pytest.raises(BadInput, match=r"is not a whole number, 1 to 1000.*rewind 2"):
        count(word, "back", "rewind 2")
    assert count("1000", "back", "rewind 2") == 1000


def test_words_where_none_belong():
    no_words("reflect", [])
    with pytest.raises(BadInput, match=r"reflect takes no words.*'on it'"):
        no_words("reflect", ["on", "it"])
