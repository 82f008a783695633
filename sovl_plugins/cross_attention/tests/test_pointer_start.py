"""How the cross-attention begins: rows can be read before anything is learned, where they mean anything to the base."""

from __future__ import annotations

import pytest
import torch

from sovl_core.answer_states import full_states
from sovl_core.data_processing import Encoded, Example, collate
from sovl_core.events import ScaffoldContext, StepResult, TrainStep
from sovl_core.model_layers import layer_output
from sovl_core.scaffold import scaffold_hidden_states
from sovl_cross_attention.pointer_start import GATE, SHARE, begin_as_pointer, speaks_one_language

TOLD = ["the boiler was serviced in kamzoth", "my tutor is dr obrinshaw", "the code is 88-xq-17", "we met in veltrune"]


def step_about(models, prompts):
    items = []
    for prompt, told in zip(prompts, TOLD):
        ids = models.base_tokenizer.encode(prompt)
        items.append(Encoded(ids + models.base_tokenizer.encode(told), len(ids), Example(prompt, told)))
    batch = collate(items, 0)
    step = TrainStep(batch, models, phase="night")
    return step, batch.prompt_mask.roll(-1, 1).logical_not() & batch.attention_mask.bool()


def rows_of(models, told):
    """Rows as the memories' plugin makes them: the state before a token and the token's embedding."""
    ids = torch.tensor([models.base_tokenizer.encode("tell: ") + models.base_tokenizer.encode(told)])
    begins = len(models.base_tokenizer.encode("tell: "))
    with torch.no_grad():
        states = scaffold_hidden_states(models.scaffold, ids, torch.ones_like(ids))[0]
        said = models.scaffold.get_input_embeddings()(ids)[0]
    scaled = [rows / rows.pow(2).mean(-1, keepdim=True).sqrt() for rows in (states[begins - 1 : -1], said[begins:])]
    return scaled[0] + scaled[1]


def laid(rows):
    """A context in which each prompt hears the rows of its own memory, and nothing else."""
    longest = max(len(own) for own in rows)
    extra = torch.stack([torch.nn.functional.pad(own, (0, 0, 0, longest - len(own))) for own in rows])
    bias = torch.tensor([[0.0] * len(own) + [float("-inf")] * (longest - len(own)) for own in rows])
    context = ScaffoldContext(None, None, None, prompts=["?"] * len(rows), extra_rows=extra, extra_bias=bias)
    context.silent = True
    return context


def loss(stack, step, positions, rows):
    """Return the mean loss of the answers behind these rows, in nats a token."""
    with torch.no_grad(), stack.hearing(laid(rows), everywhere=True, positions=positions):
        states = full_states(step.models, step.batch)
        return float(torch.nn.functional.cross_entropy(step.models.logits(states.hidden), states.targets))


@pytest.fixture
def begun(build, listen):
    """A stack that has begun as a pointer, a step and where it speaks, rows of what was told, and the loss before."""
    models = build("llama", base_width=256, tied=True)
    stack = listen(models, gate=0.0)
    step, positions = step_about(models, ["what was it? ", "and who? ", "tell me more: ", "where? "])
    rows = [rows_of(models, told) for told in TOLD]
    bare = loss(stack, step, positions, rows)
    assert begin_as_pointer(stack, step, positions, laid(rows), seed=1)
    return stack, step, positions, rows, bare


def test_what_was_never_trained_is_read_from_its_rows_and_from_no_others(begun):
    stack, step, positions, rows, bare = begun
    own = loss(stack, step, positions, rows)
    assert own < 0.9 * bare
    assert own < loss(stack, step, positions, rows[1:] + rows[:1]) - 1.0


def test_what_all_rows_and_all_states_have_in_common_is_not_looked_at(begun):
    stack, _, _, rows, _ = begun
    heard = torch.cat(rows)
    common = (heard / heard.pow(2).mean(-1, keepdim=True).sqrt()).mean(0)
    for layer in stack.cross_layers():
        for blind in (layer.key, layer.value):
            assert blind(common).norm() < 1e-3 * blind.weight.norm() * common.norm()


def test_its_voice_begins_as_loud_as_said(begun):
    stack, step, positions, rows, _ = begun
    models, batch = step.models, step.batch
    heard = torch.cat(rows)
    for number, layer in zip(stack.numbers, stack.cross_layers()):
        before = []
        hook = models.base.model.layers[number].register_forward_hook(lambda *call, to=before: to.append(call[2]))
        with torch.no_grad(), models.bypass():
            models.hidden_states(batch.input_ids, batch.attention_mask)
        hook.remove()
        said = layer.output(layer.value(layer.source_norm(heard))) * torch.tanh(layer.gate)
        share = said.norm(dim=-1).mean() / layer_output(before[0])[positions].norm(dim=-1).median()
        assert float(layer.gate.detach()) == pytest.approx(GATE)
        assert float(share) == pytest.approx(SHARE, rel=0.05)


def test_the_seed_alone_decides_and_nobody_elses_chance_is_touched(build, listen):
    weights = []
    for seed in (1, 1, 2):
        models = build("llama", tied=True)
        stack = listen(models, gate=0.0)
        step, positions = step_about(models, ["a? ", "b? ", "c? ", "d? "])
        before = torch.random.get_rng_state()
        begin_as_pointer(stack, step, positions, laid([rows_of(models, told) for told in TOLD]), seed)
        assert torch.equal(torch.random.get_rng_state(), before)
        weights.append(torch.cat([p.detach().flatten() for p in stack.parameters()]))
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize(
    ("base", "scaffold", "tied", "speaks"),
    [
        ("gpt2", "own", False, True),
        ("llama", "own", True, True),
        # What it reads is not what it says.
        ("llama", "own", False, False),
        # Another model's states mean nothing to it.
        ("gpt2", "llama", False, False),
    ],
)
def test_rows_mean_something_to_a_base_that_they_are_made_of(build, base, scaffold, tied, speaks):
    assert speaks_one_language(build(base, scaffold, tied=tied)) is speaks


def lay_rows(world, alone):
    """Have rows laid before the base, as the memories' plugin does."""

    def add(context):
        rows = torch.randn(len(context.prompts), 3, 32, generator=torch.Generator().manual_seed(0))
        rows[:, 0] = 0.0
        context.add_rows(rows, torch.zeros(len(context.prompts), 3))
        context.silent = alone

    world.on_scaffold_context = add


@pytest.fixture
def started(build, world_of):
    """Return ``started(**settings)``: a plugin on a tied tiny model before its first night, and its world."""
    from sovl_cross_attention import CrossAttentionPlugin

    def start(alone=True, **settings):
        world = world_of(build("llama", tied=True))
        world.settings.start = "pointer"
        for key, value in settings.items():
            setattr(world.settings, key, value)
        lay_rows(world, alone)
        plugin = CrossAttentionPlugin()
        plugin.on_start(world)
        plugin.on_models_loaded(world.loaded)
        return plugin, world

    return start


def step_of(plugin, world, phase="night"):
    world.run(plugin.on_train_step(world.step(phase)), lambda: StepResult(1.0))
    return [p.detach().clone() for p in plugin.stack.parameters()]


def test_a_lifes_first_step_by_night_begins_it_and_no_later_one_does(started):
    plugin, world = started()
    assert plugin.stack.is_identity
    step_of(plugin, world)
    assert not plugin.stack.is_identity
    with torch.no_grad():
        for parameter in plugin.stack.parameters():
            parameter.add_(0.1)
    learned = [p.detach().clone() for p in plugin.stack.parameters()]
    assert all(torch.equal(a, b) for a, b in zip(learned, step_of(plugin, world)))


@pytest.mark.parametrize(
    ("phase", "settings"),
    [
        ("validation", {}),
        ("train", {}),
        ("night", {"start": "random"}),
        ("night", {"alone": False}),
        ("night", {"scaffold_mode": "stepped"}),
    ],
)
def test_it_begins_so_only_by_night_where_rows_alone_are_heard(started, phase, settings):
    plugin, world = started(**settings)
    step_of(plugin, world, phase)
    assert plugin.stack.is_identity
