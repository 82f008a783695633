"""Backchannel: the scaffold answers, the base does not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sovl_core.error_handling import BadInput

pytestmark = pytest.mark.no_torch


def test_the_scaffold_alone_is_asked(run, script):
    script.texts = ["Sea sea."]
    assert run("backchannel", "Who", "are", "you?", tokens=9) == "Sea sea."
    (turn,) = script.turns
    assert (turn.prompt, turn.max_new_tokens, turn.use_scaffold) == ("Who are you?", 9, False)
    assert turn.annotations == {"generation.scaffold_alone": True}


def test_others_are_said_by_base_and_scaffold(run, script):
    run("flare", "Mondays")
    assert (script.turns[0].use_scaffold, script.turns[0].annotations) == (True, {})


def test_without_a_scaffold_there_is_nobody_to_talk_to(run, context, script):
    context.models = lambda: SimpleNamespace(has_scaffold=False)
    with pytest.raises(BadInput, match="no scaffold to talk to"):
        run("backchannel", "Hello")
    assert script.turns == []
