"""Sleep training: a short night on demand, in which every dream is seen once at most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sovl_gestation.night_cycle import gestate

if TYPE_CHECKING:
    from sovl_core.events import Night, NightReport
    from sovl_core.plugin import PluginContext
    from sovl_gestation.settings import GestationSettings


def sleep_train(night: Night, context: PluginContext, settings: GestationSettings) -> NightReport:
    """Live through a night of one pass: dream, see each dream once, judge. ``sovl sleep --option once=true``.

    The classic program trained its own replies on themselves in that pass; here it is over dreams of what was told, as
    in any night.

    :raises NightInterrupted: when it has to end early.
    """
    return gestate(night, context, settings.model_copy(update={"passes": 1.0, "least_steps": 1, "steps_per_memory": 0}))
