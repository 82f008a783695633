"""Every setting says what it does and what it takes."""

from __future__ import annotations

import pytest

from sovl_core.settings_info import describe_config
from sovl_curiosity import CuriositySettings

pytestmark = pytest.mark.no_torch


def test_every_setting_has_bounds_and_a_description():
    for info in describe_config(CuriositySettings):
        assert info.description, info.key
        assert info.allowed or info.kind == "true or false" or info.key == "thanks", info.key
