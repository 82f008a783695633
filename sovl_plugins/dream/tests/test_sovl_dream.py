"""The package's own names: the writer of dreams is imported when it is asked for."""

from __future__ import annotations

import pytest

import sovl_dream

pytestmark = pytest.mark.no_torch


def test_every_name_is_there():
    assert all(getattr(sovl_dream, name) is not None for name in sovl_dream.__all__)
    assert sovl_dream.dream.__module__ == "sovl_dream.writer"


def test_another_name_is_not():
    with pytest.raises(AttributeError, match="module 'sovl_dream' has no attribute 'nightmare'"):
        sovl_dream.nightmare  # noqa: B018
