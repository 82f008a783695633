from __future__ import annotations

import pytest

from sovl_core.collaborators import Collaborators, python_warning

pytestmark = pytest.mark.no_torch


def test_a_warning_is_one_of_pythons_own() -> None:
    with pytest.warns(RuntimeWarning, match="night 2 is damaged"):
        python_warning("night 2 is damaged")


def test_what_every_life_needs_has_no_default_and_nothing_is_shared() -> None:
    needed = dict.fromkeys(
        ("life", "config", "journal", "logger", "plugins", "night_store", "load_models", "generate_reply")
    )
    with pytest.raises(TypeError):
        Collaborators(**{name: value for name, value in needed.items() if name != "journal"})
    first, second = Collaborators(**needed), Collaborators(**needed)
    assert first.vitals is not second.vitals
    assert first.plugin_failures is not second.plugin_failures
    assert not first.read_only
