"""A life opened and closed: order, settings, models, readers beside a writer."""

from __future__ import annotations

from typing import Any

import pytest

from sovl_core.error_handling import BadInput, SOVLError
from sovl_core.events import (
    Feedback,
    Idle,
    Reply,
    Turn,
)


def test_a_life_starts_loads_saves_and_stops_in_this_order(life_of: Any, plugin: Any, everything: Any) -> None:
    with life_of(plugin) as system:
        assert system.generate("hello").text == "reply to hello"
    assert plugin.events == ["start", "save", "models loaded", "save", "models unloaded", "stop"]
    again = everything()
    with life_of(again):
        pass
    assert again.events == ["start", "save", "load {'saved': True}", "save", "stop"]


def test_no_model_is_loaded_before_it_is_needed(life_of: Any, plugin: Any) -> None:
    system = life_of(plugin)
    system.tell("My dog is called Biscuit.")
    system.idle(Idle(1.0))
    system.status()
    system.commands()
    assert not system.models_loaded
    assert system.models() is plugin.context.models()
    assert system.models_loaded
    assert plugin.context.models_loaded()


def test_what_a_plugin_is_handed(life_of: Any, plugin: Any) -> None:
    system, context = life_of(plugin), plugin.context
    assert context.name == "everything"
    assert (context.config, context.journal, context.vitals) == (system.config, system.journal, system.vitals)
    assert context.generate(Turn("hello", purpose="question")).text == "reply to hello"
    assert system.journal.count_episodes() == 0
    assert context.folder == system.life.path / "plugins" / "everything"
    assert context.conversation() == system.conversation
    context.go_on_with("another")
    assert system.conversation == context.conversation() == "another"
    assert system.journal.episode(system.generate("hello").episode).conversation == "another"


def test_reloading_brings_fresh_models_with_the_same_weights(life_of: Any, plugin: Any) -> None:
    import torch

    system = life_of(plugin)
    with torch.no_grad():
        system.models().trainables["adapter"].module.weight.fill_(3.0)
    plugin.context.reload_models()
    assert system.models().trainables["adapter"].module.weight[0, 0].item() == 3.0
    assert plugin.events[-2:] == ["models unloaded", "models loaded"]


def test_capacity_is_known_once_models_are_loaded(life_of: Any) -> None:
    system = life_of()
    assert system.vitals.capacity is None
    system.models()
    assert system.vitals.capacity == pytest.approx(4 * 0.01)


def test_capacity_grows_with_what_is_built_on_first_use(life_of: Any) -> None:
    import torch

    def reply(models: Any, turn: Turn, settings: Any) -> Reply:
        models.register_trainable("late", torch.nn.Linear(2, 3, bias=False))
        return Reply("hello")

    system = life_of(reply=reply)
    system.generate("hello")
    assert system.vitals.capacity == pytest.approx((4 + 6) * 0.01)


def test_settings_are_changed_and_saved(life_of: Any) -> None:
    with life_of() as system:
        assert system.set_config("generation.temperature", "0.2").live
    assert life_of().config.generation.temperature == 0.2


def test_a_plugin_is_switched_off_for_the_next_start(life_of: Any, plugin: Any) -> None:
    with life_of(plugin) as system:
        assert not system.switch_plugin(plugin.name, False).live
        assert [info.enabled for info in system.plugins.infos() if info.name == plugin.name] == [True]
        with pytest.raises(BadInput, match="There is no plugin 'everthing' installed"):
            system.switch_plugin("everthing", True)
    assert life_of().config.plugins[plugin.name]["enabled"] is False


def test_vitals_outlive_a_kill(life_of: Any) -> None:
    system = life_of()
    system.generate("hello")
    assert system.journal.get_value("vitals")["exposure"] == 2


def test_a_reader_answers_beside_the_writer_and_writes_nothing(life_of: Any, plugin: Any) -> None:
    writer = life_of()
    writer.generate("hello")
    before = {path: path.stat().st_mtime_ns for path in writer.life.path.rglob("*") if "journal" not in path.name}
    reader = life_of(plugin, read_only=True)
    assert reader.generate("hello").episode is None
    for forbidden in (
        lambda: reader.tell("x"),
        lambda: reader.sleep(),
        lambda: reader.feedback(Feedback("rating")),
        lambda: reader.train([("a", "b")]),
        lambda: reader.use_night(None),
        lambda: reader.set_config("generation.temperature", 0),
        lambda: reader.sleep_in_background(),
    ):
        with pytest.raises(SOVLError, match="opened for reading only"):
            forbidden()
    reader.idle(Idle(60.0))
    reader.close()
    assert "sleep" not in plugin.events
    assert writer.journal.count_episodes() == 1
    assert {p: p.stat().st_mtime_ns for p in writer.life.path.rglob("*") if "journal" not in p.name} == before


def test_a_reader_trains_along_with_the_process_that_keeps(life_of: Any, mocker: Any) -> None:
    life_of()
    reader = life_of(read_only=True)
    train = mocker.patch.object(reader._parts.training, "train", return_value="report")
    assert reader.train([("a", "b")], epochs=2, keep=False) == "report"
    train.assert_called_once_with([("a", "b")], 2, False, None, False, None)


def test_closing_twice_does_no_harm_and_lets_the_lock_go(life_of: Any) -> None:
    system = life_of()
    system.close()
    system.close()
    life_of().close()


def test_closing_lets_the_lock_go_even_when_saving_fails(life_of: Any, plugin: Any, mocker: Any) -> None:
    system = life_of(plugin)
    mocker.patch.object(system._parts.state, "save", side_effect=SOVLError("the disk is full"))
    with pytest.raises(SOVLError, match="disk is full"):
        system.close()
    assert plugin.events[-1] == "stop"
    life_of().close()


def test_the_status_is_plain_data(life_of: Any, plugin: Any) -> None:
    import json

    system = life_of(plugin)
    system.generate("hello")
    status = json.loads(json.dumps(system.status()))
    assert status["journal"] == {"episodes": 1, "unconsolidated": 1}
    assert status["models"]["loaded"] is True
    assert status["models"]["trainable_parameters"] == 4
    assert status["nights"]["current"] is None
    assert status["plugins"][0]["name"] == "everything"
    assert status["conversation"] == system.conversation
    assert status["timings"]["everything"]["on_start"]["calls"] == 1
