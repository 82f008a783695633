"""Temperament: how the life feels, moved by confidence, life stage and ratings; colours sampling, learns nothing."""

from __future__ import annotations

from sovl_feedback.plugin import FeedbackPlugin
from sovl_feedback.settings import FeedbackSettings
from sovl_feedback.temperament import adjust_temperament, temperament_label, update_temperament

__all__ = [
    "FeedbackPlugin",
    "FeedbackSettings",
    "adjust_temperament",
    "temperament_label",
    "update_temperament",
]
