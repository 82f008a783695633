from __future__ import annotations

from types import SimpleNamespace

import pytest

from sovl_core.events import NightReport
from sovl_gestation import GestationSettings, sleep_train

pytestmark = pytest.mark.no_torch


def test_a_short_night_sees_each_dream_once_and_is_a_night_otherwise(mocker):
    gestate = mocker.patch("sovl_gestation.sleep_training.gestate", return_value=NightReport("accepted"))
    night, context, settings = SimpleNamespace(), SimpleNamespace(), GestationSettings(least_recall=0.4)
    assert sleep_train(night, context, settings).status == "accepted"
    lived, by, tonight = gestate.call_args.args
    assert (lived, by) == (night, context)
    assert tonight == GestationSettings(least_recall=0.4, passes=1.0, least_steps=1, steps_per_memory=0)
    assert settings.passes == 1.5
