"""A night that is killed after practice goes on with what was practised."""

from __future__ import annotations

import pytest
import torch

from sovl_core.events import NightReport
from sovl_cross_attention.answer_probe import AnswerProbe
from sovl_cross_attention.kept_practice import keep_practice, kept_practice
from sovl_cross_attention.practice import Lesson


def test_what_is_kept_comes_back_and_nothing_comes_of_nothing(tmp_path):
    assert kept_practice(tmp_path / "work") is None
    probe = AnswerProbe()
    probe.weight, probe.bias, probe.skill = torch.arange(6.0), torch.tensor(0.5), 0.93
    keep_practice(tmp_path / "work", probe)
    kept = kept_practice(tmp_path / "work")
    assert torch.equal(kept.weight, probe.weight)
    assert torch.equal(kept.bias, probe.bias)
    assert kept.skill == 0.93
    (file,) = (tmp_path / "work").iterdir()
    file.write_bytes(b"{}")
    assert kept_practice(tmp_path / "work") is None


@pytest.mark.parametrize("damage", ["", "cut off", "another base"])
def test_a_night_that_was_killed_after_practice_does_not_practise_again(plugin, world, mocker, damage):
    lessons = [Lesson("my dog", ("who?",), ("when?",))] * 6
    mocker.patch("sovl_cross_attention.memory_router.lessons", return_value=lessons)
    practise = mocker.spy(AnswerProbe, "practise")
    plugin.settings.answer_probe = True
    world.run(plugin.on_sleep(world.night()), lambda: NightReport("set_aside"))
    practised = plugin.router.probe
    file = world.folder / "practice.safetensors"
    if damage == "cut off":
        file.write_bytes(file.read_bytes()[:-8])
    elif damage:
        keep_practice(world.folder, AnswerProbe())
    # Killed: what was in memory is gone, and so is what would have been saved at the end.
    plugin.router.probe = None
    world.run(plugin.on_sleep(world.night(resumed=True)), lambda: NightReport("set_aside"))
    assert practise.call_count == (2 if damage else 1)
    assert torch.equal(plugin.router.probe.weight, practised.weight)
    assert plugin.router.probe.skill == practised.skill
    # Another night begins with no file of this one's.
    plugin.router.probe = None
    world.run(plugin.on_sleep(world.night()), lambda: NightReport("set_aside"))
    assert practise.call_count == (3 if damage else 2)
