"""A started plugin with the kernel's collaborators mocked."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sovl_core.vitals import Vitals
from sovl_feedback import FeedbackPlugin, FeedbackSettings


@pytest.fixture
def context():
    return SimpleNamespace(name="feedback", settings=FeedbackSettings(), vitals=Vitals())


@pytest.fixture
def plugin(context):
    started = FeedbackPlugin()
    started.on_start(context)
    return started
