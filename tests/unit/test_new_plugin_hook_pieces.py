"""Each hook of the contract has a method and a test to begin with."""

from __future__ import annotations

import ast
from string import Template

import pytest

from sovl_core.error_handling import BadInput
from sovl_core.new_plugin.hook_pieces import ALWAYS, chosen_hooks, hook_piece
from sovl_core.plugin_kinds import hook_kinds

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize("hook", [hook for hook in hook_kinds() if hook not in ALWAYS])
def test_a_hook_brings_its_method_and_one_test(hook: str) -> None:
    piece = hook_piece(hook)
    methods = ast.parse(f"class Plugin:\n{piece.method}").body[0].body
    assert methods[0].name == hook
    (test,) = ast.parse(Template(piece.test).substitute(name="mine", plugin="MinePlugin")).body
    assert test.name.startswith("test_")


def test_hooks_are_put_in_the_order_of_the_contract_and_once() -> None:
    assert chosen_hooks(["on_dream", "on_start", "on_generate", "on_dream"]) == ["on_generate", "on_dream"]
    assert chosen_hooks([]) == []


def test_a_misspelt_hook_is_named_with_the_right_one() -> None:
    with pytest.raises(BadInput, match=r"There is no hook 'on_dreem'\. Did you mean on_dream"):
        chosen_hooks(["on_dreem"])
    with pytest.raises(BadInput, match="Hooks: on_generate, on_train_step"):
        chosen_hooks(["xyz"])
