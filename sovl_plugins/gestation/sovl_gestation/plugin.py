"""The gestation plugin: asks for a night when one is due, and lives it when one is had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin, StatusPanel
from sovl_gestation.conditions import should_gestate
from sovl_gestation.deep_sleep import deep_due, deep_sleep_row
from sovl_gestation.learning_rate import night_learning_rate
from sovl_gestation.night_cycle import gestate
from sovl_gestation.settings import GestationSettings
from sovl_gestation.sleep_training import sleep_train

if TYPE_CHECKING:
    from sovl_core.events import Idle, Night, NightReport, Utterance
    from sovl_core.plugin import PluginContext


class GestationPlugin(Plugin):
    """Sleeps: gathers, dreams, trains, judges. Dreams come from whichever plugins answer ``on_dream``."""

    name = "gestation"
    summary = "sleeps when enough has gathered: dreams, trains the scaffold on the dreams, judges the night"
    provides = ("night.training",)
    settings_model = GestationSettings

    def __init__(self) -> None:
        self.settings = GestationSettings()

    @hookimpl
    def on_start(self, context: PluginContext) -> None:
        """Keep the context."""
        self.context = context
        self.settings = context.settings

    @hookimpl
    def on_sleep(self, night: Night) -> NightReport:
        """Live through the night."""
        vitals, settings = self.context.vitals, self.settings
        rate = night_learning_rate(
            settings.learning_rate, settings.learning_rate_curve, vitals.exposure, vitals.capacity
        )
        tonight = settings.model_copy(update={"learning_rate": rate})
        return (sleep_train if night.options.get("once") else gestate)(night, self.context, tonight)

    @hookimpl
    def on_idle(self, idle: Idle) -> Optional[Utterance]:
        """Ask for a night in a quiet moment, when one is due."""
        settings = self.settings
        if settings.automatic and idle.seconds >= settings.quiet_seconds * settings.time_factor and self.due():
            idle.wants_sleep = f"{self.context.journal.count_unconsolidated()} turns have gathered"
            idle.wants_deep = deep_due(self.context, settings)
        return None

    @hookimpl
    def on_status(self) -> StatusPanel:
        """Tell how much has gathered and whether a night is due."""
        gathered = self.context.journal.count_unconsolidated()
        rows = {
            "gathered": f"{gathered} of {self.settings.minimum_memories} turns",
            "due": self.due(),
            "deep sleep": deep_sleep_row(self.context, self.settings),
        }
        return StatusPanel("Gestation", rows)

    def due(self) -> bool:
        """Return True when a night is due."""
        memories = self.context.journal.count_unconsolidated()
        return should_gestate(memories, self.context.vitals.mean_confidence, self.settings)
