"""The models of a running life: loaded on first use, given up, loaded again."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Callable, Dict, Optional

from sovl_core.error_handling import SOVLError
from sovl_core.model_gate import ModelGate
from sovl_core.night_weights import put_weights

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_core.models import Models
    from sovl_core.plugin_manager import PluginManager


class ModelHost:
    """Owns the one set of models.

    :param load: loads them from disk, without any plugin attached.
    :param hooks: told when models come and go.
    :param gate: held while loading.
    :param wake: called with freshly loaded models after ``on_models_loaded``; puts the current night's weights in.
    """

    def __init__(
        self,
        load: Callable[[], Models],
        hooks: PluginManager,
        gate: ModelGate,
        wake: Callable[[Models], None],
    ) -> None:
        self._load = load
        self._hooks = hooks
        self._gate = gate
        self._wake = wake
        self._models: Optional[Models] = None
        # The thread that loads, None while nobody does.
        self._loader: Optional[int] = None
        # Weights of models that were given up for a reload that failed: they belong into the next ones.
        self._carried: Optional[Dict[str, Dict[str, Tensor]]] = None

    @property
    def loaded(self) -> bool:
        """True when the models are in memory."""
        return self._models is not None

    def get(self) -> Models:
        """Return the models, loading them on first use.

        :raises SOVLError: when they cannot be loaded.
        """
        models = self._usable()
        if models is not None:
            return models
        with self._gate.turn():
            models = self._usable()
            while models is None:
                self._bring()
                models = self._usable()
            return models

    def reload(self) -> Models:
        """Give the models up and load them again, with the weights they had.

        :raises SOVLError: while a night or a training run is in progress, or when loading fails; the weights are then
            put into the models at the next use.
        """
        with self._gate.turn():
            self._refuse_during_work()
            models = self._usable()
            if models is not None:
                # Before plugins detach: they take their trainables out of the registry.
                self._carried = models.snapshot()
                self._drop()
            return self.get()

    def unload(self) -> None:
        """Give the models up; the next use loads them with the current night's weights.

        :raises SOVLError: while a night or a training run is in progress.
        """
        with self._gate.turn():
            self._refuse_during_work()
            self._carried = None
            self._drop()

    def _usable(self) -> Optional[Models]:
        """Return the models unless another thread is still attaching plugins to them."""
        models = self._models
        return models if self._loader in (None, threading.get_ident()) else None

    def _bring(self) -> None:
        me = threading.get_ident()
        if self._loader == me:
            raise RuntimeError("the models were asked for by a plugin while they are being loaded")
        # Another thread that is at it has lost the gate, because it does not come back from a plugin: nobody waits, and
        # what it was attaching plugins to is given up.
        self._drop()
        self._loader = me
        try:
            models = self._load()
            if self._loader is None and self._models is not None:
                # It has come back after all, when others had loaded and attached theirs.
                return
            self._drop()
            self._loader = me
            self._attach(models)
        finally:
            if self._loader == me:
                self._loader = None

    def _attach(self, models: Models) -> None:
        # Plugins may ask for the models while they attach.
        self._models = models
        try:
            for step in (self._hooks.on_models_loaded, self._wake, self._put_carried):
                # Others have gone on with models of their own where a plugin has hung in the step before.
                if self._models is models:
                    step(models)
        except BaseException:
            if self._models is models:
                self._drop()
            raise

    def _put_carried(self, models: Models) -> None:
        if self._carried is not None:
            put_weights(models, self._carried, "the models as they were before")
        self._carried = None

    def _refuse_during_work(self) -> None:
        if self._gate.work is not None:
            raise SOVLError(
                f"The models cannot be given up now: {self._gate.work} is in progress",
                "Wait until it has ended, then try again",
            )

    def _drop(self) -> None:
        models, self._models = self._models, None
        if models is not None:
            self._hooks.on_models_unloaded(models)
