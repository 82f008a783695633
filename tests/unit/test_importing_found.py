from __future__ import annotations

import pytest

from sovl_core.importing.found import Unusable

pytestmark = pytest.mark.no_torch


def test_an_unusable_part_is_told_with_its_place() -> None:
    assert str(Unusable("line 3", "not JSON")) == "line 3: not JSON"
