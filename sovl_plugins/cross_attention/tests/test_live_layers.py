"""Other layers in a running life: any before its first night, those that have learned after it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sovl_core.error_handling import BadInput, ConfigError, SOVLError
from sovl_core.events import Turn
from sovl_cross_attention import CrossAttentionSettings
from sovl_cross_attention.live_layers import change_layers, misplaced


@pytest.fixture
def change():
    """Return ``change(wanted, night, running)``: what is said, the settings after it, and what was inserted."""

    def run(wanted, night=None, running=None, parent=None, **settings):
        held, inserted = CrossAttentionSettings(**settings), []
        unfinished = running and SimpleNamespace(number=running, parent=parent)
        nights = SimpleNamespace(current_night=lambda: night, running_night=lambda: unfinished)
        return change_layers(wanted, 12, [4, 6, 8], held, nights, inserted.append), held, inserted

    return run


@pytest.mark.parametrize(
    ("wanted", "chosen"), [("9, 2", [2, 9]), ("[3]", [3]), ("late", [9]), ("mine", [1, 2]), ("6,8", [6, 8])]
)
def test_before_the_first_night_any_layers_may_be_chosen(change, wanted, chosen):
    said, settings, inserted = change(wanted, presets={"mine": [1, 2]}, layer_weights=[0.5])
    if wanted != "late":
        assert inserted == [chosen]
    assert (settings.placement, settings.layers, settings.layer_weights) == ("custom", inserted[0], [])
    assert "Keep them before the first night" in said
    assert "config set plugins.cross_attention.placement custom" in said


def test_after_it_those_that_have_learned_are_silenced_and_heard_again(change):
    said, settings, inserted = change("8,4", night=2, layer_weights=[0.5])
    assert (settings.layer_weights, inserted) == ([0.5, 0.0, 1.0], [])
    assert said.startswith("Speaking: layers 4, 8; silent: 6.")
    said, settings, _ = change("4,6,8", night=2, layer_weights=[0.5, 0.0])
    assert settings.layer_weights == [0.5, 1.0, 1.0]
    assert said.startswith("Speaking: layers 4, 6, 8; silent: none.")


@pytest.mark.parametrize("running", [None, 3])
def test_what_was_learned_fits_no_others(change, running):
    with pytest.raises(BadInput, match="What night 2 has learned sits in layers 4, 6, 8") as told:
        change("3", 2, running, parent=2)
    assert "/cross --layers 8" in told.value.hint
    assert "from the bare base: /nights use 0, then /cross --layers 3" in told.value.hint


def test_a_first_night_that_was_interrupted_has_to_end_before(change):
    with pytest.raises(BadInput, match="What night 1 learns sits in layers 4, 6, 8") as told:
        change("3", None, 1)
    assert "once that night has ended (/sleep goes on with it): /nights use 0" in told.value.hint


def test_an_interrupted_night_that_began_elsewhere_stands_in_nobodys_way(change):
    assert change("3", None, 3, parent=2)[2] == [[3]]


def test_what_names_no_layers(change):
    with pytest.raises(BadInput, match="'loud' names no layers"):
        change("loud")
    with pytest.raises(ConfigError, match="layer 12 does not exist"):
        change("12")


def test_weights_of_other_layers_are_told_by_their_numbers():
    assert misplaced([4, 8], [4, 6, 8]) == ""
    assert misplaced({8, 4}, [6]).startswith("they were trained for layers 4, 8, and 6 listen now")


def test_in_a_life_they_listen_at_once_and_carry_no_hook_of_before(open_life):
    system = open_life("cross_attention", training__epochs=1)
    before = system.answer(Turn("Hello.", max_new_tokens=4))
    base, plugin = system.models().base, system.plugins.get("cross_attention")
    said = system.commands()["cross"].run([], {"layers": "1"})
    assert "Listening now: layers 1, in place of" in said
    assert "layer_weights" not in said
    assert system.models().base is base
    hooked = [n for n, layer in enumerate(base.model.layers) if layer._forward_hooks]
    assert hooked == plugin.stack.numbers == [1]
    assert set(system.models().trainables) >= {"cross_attention"}
    # Nothing was trained yet.
    assert system.answer(Turn("Hello.", max_new_tokens=4)).token_ids == before.token_ids


def test_a_night_of_other_layers_names_them_and_what_to_set(open_life, tmp_path):
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text('{"prompt": "Hi.", "completion": "Ho."}\n' * 3, encoding="utf-8")
    system = open_life("cross_attention", training__epochs=1)
    system.train(pairs)
    with pytest.raises(BadInput, match="What night 1 has learned sits in layers"):
        system.commands()["cross"].run([], {"layers": "0"})
    trained = system.plugins.get("cross_attention").stack.numbers
    system.close()
    other = {"plugins__cross_attention__placement": "custom", "plugins__cross_attention__layers": [0]}
    again = open_life("cross_attention", **other)
    with pytest.raises(SOVLError, match=r"night 1 .*they were trained for layers .*, and 0 listen now") as told:
        again.models()
    assert f"plugins.cross_attention.layers {','.join(map(str, trained))}`" in str(told.value)
