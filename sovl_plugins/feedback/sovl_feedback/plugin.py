"""The feedback plugin: moves the temperament after each reply and rating, and lets it colour sampling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Generator, List, Optional

from sovl_core.hookspecs import hookimpl
from sovl_core.live_tuning import keep_hint, listing, tune, tuning_options
from sovl_core.plugin import Command, Plugin, PluginState, StatusPanel
from sovl_feedback.day import Day, sparkline
from sovl_feedback.settings import FeedbackSettings
from sovl_feedback.temperament import (
    adjust_temperament,
    life_stage,
    restless_drop,
    sampling_temperature,
    temperament_label,
    temperament_target,
    update_temperament,
)

if TYPE_CHECKING:
    from sovl_core.events import Feedback, Reply, Turn
    from sovl_core.plugin import PluginContext

TUNABLE = (
    "mood_influence",
    "curiosity_boost",
    "confidence_strength",
    "variance_drop",
    "restless_drop",
    "smoothing",
    "rating_strength",
    "lowest_temperature",
    "highest_temperature",
)


class FeedbackPlugin(Plugin):
    """Writes ``context.vitals.temperament``; reads confidence and exposure there. Touches nothing that is learned."""

    name = "feedback"
    summary = "a temperament that moves with confidence, life stage and ratings, and colours sampling"
    provides = ("vitals.temperament",)
    settings_model = FeedbackSettings

    def __init__(self) -> None:
        self.day = Day()

    @hookimpl
    def on_start(self, context: PluginContext) -> None:
        """Keep the context."""
        self.context = context

    @hookimpl(wrapper=True)
    def on_generate(self, turn: Turn) -> Generator[None, Optional[Reply], Optional[Reply]]:
        """Colour the user's turns by mood, and let the mood follow the reply's confidence."""
        if turn.purpose != "reply":
            return (yield)
        settings, vitals = self.context.settings, self.context.vitals
        turn.temperature = sampling_temperature(
            turn.temperature,
            vitals.temperament,
            settings.mood_influence,
            settings.lowest_temperature,
            settings.highest_temperature,
        )
        measured = vitals.confidence_count
        reply = yield
        if reply is not None and reply.token_ids and reply.finish_reason != "cancelled":
            self._feel(reply.confidence, recorded=vitals.confidence_count > measured)
        return reply

    @hookimpl
    def on_feedback(self, feedback: Feedback) -> None:
        """Move the temperament by a rating; corrections, answers and outcomes are others' business."""
        if feedback.kind != "rating":
            return
        vitals = self.context.vitals
        moved = adjust_temperament(vitals.temperament, feedback.value, self.context.settings.rating_strength)
        vitals.record_temperament(moved)
        self.day.temperaments.append(vitals.temperament)

    @hookimpl
    def on_commands(self) -> List[Command]:
        """Offer ``mood`` (how it feels) and ``temp`` (tune how it comes to feel so)."""
        return [
            Command(
                "mood",
                "Show the temperament, where it is drawn to and how it came there.",
                self._mood,
                usage="mood",
                example="mood",
            ),
            Command(
                "temp",
                "Show or tune how the temperament moves.",
                self._tune,
                usage="temp [--mood-influence X] [--smoothing X] ...",
                example="temp --mood-influence 0.5",
                options=tuning_options(FeedbackSettings, TUNABLE),
            ),
        ]

    @hookimpl
    def on_status(self) -> StatusPanel:
        """Give mood, its line and the confidence since the last sleep."""
        vitals = self.context.vitals
        mean = vitals.mean_confidence
        rows: Dict[str, Any] = {
            "mood": f"{temperament_label(vitals.temperament)} ({vitals.temperament:+.2f})",
            "drawn to": f"{self._target():+.2f}",
            "confidence since sleep": "not measured" if mean is None else f"{mean:.2f} ({vitals.confidence_count})",
        }
        if self.day.temperaments:
            rows["temperament"] = sparkline(self.day.temperaments, -1.0, 1.0)
        if self.day.confidences:
            rows["confidence"] = sparkline(self.day.confidences, 0.0, 1.0)
        return StatusPanel("Temperament", rows)

    @hookimpl
    def on_save_state(self, state: PluginState) -> None:
        """Save the histories; the temperament itself is a vital sign and saved with those."""
        state.values.update(self.day.to_dict())

    @hookimpl
    def on_load_state(self, state: PluginState) -> None:
        """Take the histories back."""
        self.day.load_dict(state.values)

    def _feel(self, confidence: float, recorded: bool) -> None:
        vitals, settings = self.context.vitals, self.context.settings
        # The kernel enters a reply's confidence after the hooks; the mood must follow this reply, not only the last.
        count = vitals.confidence_count if recorded else vitals.confidence_count + 1
        total = vitals.confidence_sum if recorded else vitals.confidence_sum + confidence
        moved = update_temperament(
            vitals.temperament,
            total / count,
            life_stage(vitals.exposure, vitals.capacity),
            list(vitals.temperament_history),
            boost=settings.curiosity_boost,
            confidence_strength=settings.confidence_strength,
            variance_drop=settings.variance_drop,
            drop=settings.restless_drop,
            smoothing=settings.smoothing,
        )
        vitals.record_temperament(moved)
        self.day.note(confidence, vitals.temperament, count)

    def _target(self) -> float:
        vitals, settings = self.context.vitals, self.context.settings
        return temperament_target(
            vitals.mean_confidence,
            life_stage(vitals.exposure, vitals.capacity),
            list(vitals.temperament_history),
            boost=settings.curiosity_boost,
            confidence_strength=settings.confidence_strength,
            variance_drop=settings.variance_drop,
            drop=restless_drop(vitals.temperament, settings.restless_drop),
        )

    def _mood(self, words: List[str], options: Dict[str, Any]) -> str:
        panel = self.on_status()
        width = max(len(label) for label in panel.rows)
        return "\n".join(f"{label:<{width}}  {value}" for label, value in panel.rows.items())

    def _tune(self, words: List[str], options: Dict[str, Any]) -> str:
        settings = self.context.settings
        changes = tune(self.name, settings, options)
        if not changes:
            return "\n".join(listing(settings, TUNABLE))
        return "\n".join([*changes, keep_hint(self.name, changes)])
