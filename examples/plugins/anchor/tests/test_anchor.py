from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch

from sovl_anchor import AnchorPlugin
from sovl_core.events import NightReport, StepResult, TrainStep
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin

STEPS = 40


class Learner(Plugin):
    """Learns by night to be as its target wants it, one step of gradient descent at a time."""

    name = "learner"

    def __init__(self):
        self.target = torch.tensor([[1.0, 1.0]])
        self.status = "accepted"
        self.losses = []

    @hookimpl
    def on_start(self, context):
        self.context = context

    @hookimpl
    def on_models_loaded(self, models):
        self.adapter = torch.nn.Linear(2, 1, bias=False)
        torch.nn.init.zeros_(self.adapter.weight)
        models.register_trainable("adapter", self.adapter)

    @hookimpl
    def on_sleep(self, night):
        self.train(night.models, "night")
        return NightReport(self.status)

    def train(self, models, phase):
        optimizer = torch.optim.SGD(self.adapter.parameters(), lr=0.1)
        for index in range(STEPS):
            step = TrainStep(SimpleNamespace(), models, index, STEPS, phase, lambda loss: loss.backward())
            self.context.hooks.on_train_step(step, self.step)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    def step(self, step):
        # The second weight matters ten times as much.
        loss = ((self.adapter.weight - self.target) ** 2 * torch.tensor([[1.0, 10.0]]) / 4).sum()
        terms = {name: term(step) for name, term in step.loss_terms.items()}
        self.losses.append({name: float(term.detach()) for name, term in terms.items()})
        step.backward(loss + sum(terms.values()))
        return StepResult(loss=float(loss.detach()))


@pytest.fixture
def live(sovl_life):
    """Return ``live(**settings)``: lives a night that ends at (1, 1) and one that would end at (3, 3)."""

    def lived(first="accepted", deep=False, given=None, **settings):
        learner, anchor = Learner(), AnchorPlugin()
        life = sovl_life(
            learner, anchor, reply="Hm.", **{f"plugins__anchor__{key}": value for key, value in settings.items()}
        )
        learner.status = first
        life.tell("One")
        life.sleep()
        learner.status, learner.target = "accepted", torch.tensor([[3.0, 3.0]])
        learner.losses.clear()
        assert first != "accepted" or anchor.importance["adapter/weight"].shape == (1, 2)
        if given is not None:
            anchor.importance = {"adapter/weight": given}
        life.tell("Two")
        report = life.sleep(deep=deep)
        return SimpleNamespace(
            life=life, learner=learner, anchor=anchor, report=report, weights=learner.adapter.weight[0].tolist()
        )

    return lived


def test_the_first_night_is_free_and_the_second_is_held(live):
    free = live(strength=0.0)
    assert free.weights == pytest.approx([3.0, 3.0], abs=0.3)
    assert free.learner.losses == [{}] * STEPS
    assert free.report.metrics["anchor.moved"] == pytest.approx(2.0, abs=0.3)


def test_l2_holds_all_weights_alike(live):
    lived = live(penalty="l2", strength=2.0)
    first, second = lived.weights
    # Where the first night ended, and how long the weights were then.
    a = 1 - 0.95**STEPS
    length = a**2 + 1
    # At the balance both pull as strongly: 2 s (w - a) / length = k (3 - w) / 2, with k = 1 and 10.
    assert first == pytest.approx((0.5 * 3 + 4 / length * a) / (0.5 + 4 / length), abs=0.01)
    assert second == pytest.approx((5.0 * 3 + 4 / length * 1) / (5.0 + 4 / length), abs=0.01)
    apart = math.hypot(first - a, second - 1) / math.sqrt(length)
    assert lived.report.metrics["anchor.moved"] == pytest.approx(apart, rel=0.05)
    assert lived.learner.losses[0]["anchor"] == 0.0
    assert lived.learner.losses[-1]["anchor"] == pytest.approx(2.0 * apart**2, rel=0.05)


def test_ewc_holds_what_mattered(live):
    lived = live(penalty="ewc", strength=2.0, given=torch.tensor([[100.0, 1.0]]))
    first, second = lived.weights
    # What mattered stays where it was, the other is nearly free.
    assert first == pytest.approx(1.0, abs=0.35)
    assert second == pytest.approx(3.0, abs=0.35)
    # Tonight the second was pulled, with ten times the force.
    merged = lived.anchor.importance["adapter/weight"][0]
    assert merged.shape == (2,)
    assert merged[0] >= 0.9 * 100.0


def test_a_night_that_was_not_accepted_taught_nothing_of_what_matters(live):
    lived = live(first="set_aside")
    # The second was the first to be accepted, and had nothing to be held by.
    assert lived.learner.losses == [{}] * STEPS
    assert lived.weights == pytest.approx([3.0, 3.0], abs=0.5)


def test_a_deep_night_begins_anew(live):
    lived = live(deep=True)
    assert lived.learner.losses == [{}] * STEPS
    assert "anchor.moved" not in lived.report.metrics


@pytest.mark.parametrize("held", [True, False])
def test_training_by_day(live, held):
    lived = live(penalty="l2", strength=2.0, by_day=held)
    lived.learner.losses.clear()
    lived.learner.target = torch.tensor([[9.0, 9.0]])
    lived.learner.train(lived.life.models(), "train")
    assert ("anchor" in lived.learner.losses[-1]) is held
    lived.learner.losses.clear()
    lived.learner.train(lived.life.models(), "validation")
    assert lived.learner.losses == [{}] * STEPS


def test_what_mattered_is_kept_with_the_life(live, sovl_life):
    lived = live()
    before = lived.anchor.importance["adapter/weight"]
    lived.life.close()
    again = AnchorPlugin()
    sovl_life(Learner, again, reply="Hm.")
    assert torch.equal(again.importance["adapter/weight"], before)


def test_how_far_the_last_night_moved_the_weights_outlives_the_session(live, sovl_life):
    lived = live()
    shown = lived.anchor.on_status().rows
    assert "% of their length" in shown["last night moved the weights"]
    lived.life.close()
    again = AnchorPlugin()
    assert "no night" in again.on_status().rows["last night moved the weights"]
    sovl_life(Learner(), again, reply="Hm.")
    assert again.on_status().rows == shown
