"""A slow machine is no failure; and the long form of the property tests, as in ``tests/conftest.py``."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.register_profile("torture", deadline=None, max_examples=10_000)
settings.load_profile(os.environ.get("SOVL_HYPOTHESIS_PROFILE", "unhurried"))
