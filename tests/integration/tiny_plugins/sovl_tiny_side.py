"""A plugin for tests: one linear layer beside the last decoder layer, zero at the start, that learns by heart."""

from __future__ import annotations

from typing import Any

from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin, PluginState


class TinySide(Plugin):
    name = "tiny_side"
    provides = ("tiny.side",)

    def __init__(self) -> None:
        self.handle: Any = None
        self.turns = 0

    @hookimpl
    def on_models_loaded(self, models: Any) -> None:
        import torch

        from sovl_core.model_layers import decoder_layers, hidden_size, layer_output, replace_layer_output

        side = torch.nn.Linear(hidden_size(models.base), hidden_size(models.base))
        torch.nn.init.zeros_(side.weight)
        torch.nn.init.zeros_(side.bias)
        models.register_trainable("side", side)

        def add(layer: Any, arguments: Any, output: Any) -> Any:
            if not models.scaffold_enabled:
                return output
            hidden = layer_output(output)
            return replace_layer_output(output, hidden + side(hidden))

        self.handle = decoder_layers(models.base)[-1].register_forward_hook(add)

    @hookimpl
    def on_models_unloaded(self, models: Any) -> None:
        if self.handle is not None:
            self.handle.remove()
        models.unregister_trainable("side")

    @hookimpl(wrapper=True)
    def on_train_step(self, step: Any) -> Any:
        step.prompt_frozen = False
        return (yield)

    @hookimpl(wrapper=True)
    def on_generate(self, turn: Any) -> Any:
        reply = yield
        self.turns += 1
        return reply

    @hookimpl
    def on_save_state(self, state: PluginState) -> None:
        state.values["turns"] = self.turns

    @hookimpl
    def on_load_state(self, state: PluginState) -> None:
        self.turns = state.values["turns"]
