from __future__ import annotations

from typing import Any, Dict

import pytest

from sovl_core.command_options import checked_options
from sovl_core.error_handling import BadInput
from sovl_core.plugin import Command, CommandOption

pytestmark = pytest.mark.no_torch

HUM = Command(
    "hum",
    "Hum.",
    lambda words, options: "Hm.",
    options=(
        CommandOption("volume", float, minimum=0, maximum=1),
        CommandOption("beats", int, minimum=1),
        CommandOption("out-loud", bool, default=True),
        CommandOption("key", str, choices=("C", "D")),
        CommandOption("song"),
    ),
)


@pytest.mark.parametrize(
    ("given", "handed"),
    [
        ({}, {}),
        ({"volume": 1, "beats": 2.0}, {"volume": 1.0, "beats": 2}),
        ({"volume": "0.5", "beats": "3"}, {"volume": 0.5, "beats": 3}),
        ({"--out_loud": False, "song": None, "key": "D"}, {"out-loud": False, "key": "D"}),
        ({"song": [1, 2]}, {"song": [1, 2]}),
    ],
)
def test_options_come_by_their_declared_names_and_types(given: Dict[str, Any], handed: Dict[str, Any]) -> None:
    found = checked_options(HUM, given)
    assert found == {"out-loud": True, **handed}
    assert [type(value) for value in found.values()] == [type({"out-loud": True, **handed}[name]) for name in found]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"volumne": 1}, "hum has no option 'volumne'. Did you mean volume?"),
        ({"x": 1}, "hum has no option 'x'. It takes: beats, key, out-loud, song, volume"),
        ({"volume": 7}, "hum: volume cannot be 7. It takes 0 to 1"),
        ({"volume": float("nan")}, "hum: volume cannot be nan. It takes 0 to 1"),
        ({"volume": "loud"}, "hum: volume cannot be 'loud'. It takes 0 to 1"),
        ({"beats": 0}, "hum: beats cannot be 0. It takes at least 1"),
        ({"beats": 1.5}, "hum: beats cannot be 1.5. It takes at least 1"),
        ({"beats": True}, "hum: beats cannot be True. It takes at least 1"),
        ({"beats": float("inf")}, "hum: beats cannot be inf. It takes at least 1"),
        ({"out-loud": "yes"}, "hum: out-loud cannot be 'yes'. It takes true or false"),
        ({"key": "E"}, "hum: key cannot be 'E'. It takes one of C, D"),
    ],
)
def test_what_the_command_line_would_refuse_is_refused(given: Dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput) as refused:
        checked_options(HUM, given)
    assert f"{refused.value.message}. {refused.value.hint}" == said


def test_a_command_without_options_takes_none() -> None:
    with pytest.raises(BadInput, match="It takes no options"):
        checked_options(Command("hum", "Hum.", lambda words, options: ""), {"volume": 1})
