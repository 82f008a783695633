"""Gestation: when enough has gathered, it sleeps; the night dreams, trains on the dreams, and judges itself."""

from __future__ import annotations

from sovl_gestation.conditions import should_gestate
from sovl_gestation.night_cycle import gestate
from sovl_gestation.plugin import GestationPlugin
from sovl_gestation.settings import GestationSettings
from sovl_gestation.sleep_training import sleep_train

__all__ = ["GestationPlugin", "GestationSettings", "gestate", "should_gestate", "sleep_train"]
