"""The plugin at each hook, with tiny models."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest
import torch

from sovl_core.data_processing import Example, collate, tokenize_and_map
from sovl_core.events import Dream, Night, NightReport, ScaffoldContext, TrainStep
from sovl_recall import RecallPlugin
from sovl_recall.states import memory_states

WIDTH = 32


def memory(number, text):
    return SimpleNamespace(id=number, prompt=text)


@pytest.fixture
def night(models, tmp_path):
    memories = [memory(1, "my dog is called rex"), memory(2, "the cat likes tea")]
    return Night(4, None, memories, [], models, tmp_path, random.Random(0))


@pytest.fixture
def sleep(plugin, night):
    """Return ``sleep(during, learned)``: live through a night, doing something in the middle of it."""

    def live(during=lambda: None, learned=(1, 2), report=True):
        wrapper = plugin.on_sleep(night)
        next(wrapper)
        during()
        try:
            wrapper.send(NightReport("accepted", learned=list(learned)) if report else None)
        except StopIteration as stop:
            return stop.value
        raise AssertionError("a wrapper yields once")

    return live


def heard(*likely, training=False):
    return ScaffoldContext(None, None, None, memories=list(likely), prompts=["who"] * len(likely), training=training)


def test_rows_are_among_what_learns(plugin, models, context):
    trainable = models.trainables["recall"]
    assert trainable.module is plugin.rows
    assert trainable.learning_rate_scale == context.settings.learning_rate
    assert not trainable.decay


def test_without_a_scaffold_it_does_nothing(context, models):
    bare = RecallPlugin()
    bare.on_start(context)
    bare.on_models_loaded(SimpleNamespace(has_scaffold=False))
    bare.on_scaffold_context(heard([(1, 1.0)]))
    assert bare.rows is None
    assert list(bare.on_sleep(None)) == [None]


def test_where_nobody_listens_nothing_learns(plugin, context, models):
    plugin.on_models_unloaded(models)
    context.listeners[0].enabled = False
    plugin.on_models_loaded(models)
    assert plugin.rows is None
    assert "recall" not in models.trainables


def test_unloaded_models_leave_nothing_behind(plugin, models):
    plugin.on_models_unloaded(models)
    assert plugin.rows is None
    assert "recall" not in models.trainables


def test_a_night_gives_its_memories_rows_in_the_words_of_its_dreams(plugin, context, sleep):
    context.dreams += [
        Dream("question", "who", "your dog is called rex", [1], verdict="accepted"),
        Dream("question", "what", "your cat is called rex", [1], verdict="rejected"),
    ]
    sleep()
    assert plugin.rows.memories() == [1, 2]
    # Five words and the end of the turn; without a dream of it a memory is told in its own words.
    assert plugin.rows[1].shape == (6, WIDTH)
    assert plugin.rows[2].shape == (5, WIDTH)


def test_what_was_trained_by_itself_is_part_of_the_rows_by_day(plugin, sleep):
    def train():
        with torch.no_grad():
            plugin.rows[1].add_(1.0)

    found = {}
    sleep(lambda: found.update(before=plugin.rows.recall([[(1, 1.0)]], 1, plugin._read([[(1, 1.0)]], False))[0]))
    plain = plugin.rows[1].detach().clone()
    assert torch.allclose(found["before"][0, 1:], plain)
    plugin.rows.keep([])
    sleep(train)
    assert torch.allclose(plugin.rows[1], plain + 1.0, atol=1e-5)


def test_memories_that_nothing_was_learned_of_lose_their_rows(plugin, sleep):
    sleep(learned=[2])
    assert plugin.rows.memories() == [2]


def test_memories_read_together_have_the_rows_that_each_has_by_itself(plugin, context, models, sleep):
    """A night used to read them one by one."""
    context.dreams += [Dream("question", "who", "your dog is called rex and lives in graz", [1], verdict="accepted")]
    told = {}
    sleep(lambda: told.update({m: plugin._tonight.told(m, models) for m in (1, 2)}))
    assert plugin.rows.memories() == [1, 2]
    for number, memory_told in told.items():
        (alone,) = memory_states(models, [memory_told], context.settings.rows)
        assert torch.allclose(plugin.rows[number], alone, atol=1e-5)


def test_a_night_reads_only_the_memories_it_keeps_and_those_together(plugin, sleep, mocker):
    read = mocker.patch("sovl_recall.states.memory_states", wraps=memory_states)
    sleep()
    assert [len(call.args[1]) for call in read.call_args_list] == [2]
    read.reset_mock()
    plugin.rows.keep([])
    sleep(learned=[2])
    assert [len(call.args[1]) for call in read.call_args_list] == [1]


def test_more_memories_than_are_read_together_are_all_read(plugin, sleep, mocker):
    mocker.patch("sovl_recall.plugin.READ_TOGETHER", 1)
    sleep()
    assert [len(plugin.rows[number]) for number in (1, 2)] == [6, 5]
    assert all(plugin.rows[number].abs().sum() > 0 for number in (1, 2))


def test_the_journal_is_asked_once_a_night(plugin, context, models, sleep, mocker):
    context.dreams += [Dream("question", "who", "rex", [1], verdict="accepted")]
    asked = mocker.spy(context.journal, "dreams")

    def train():
        step = TrainStep(collate(tokenize_and_map(models.base_tokenizer, [Example("who", "rex")]), 0), models)
        step.phase = "night"
        for _ in range(2):
            assert list(plugin.on_train_step(step)) == [None]
        plugin._read([[(1, 1.0)], [(2, 1.0)]], training=True)

    sleep(train)
    assert asked.call_count == 1


def test_rows_of_earlier_nights_stay_as_they_are(plugin, sleep):
    plugin.rows.add(1, torch.ones(3, WIDTH))
    sleep(learned=[2])
    assert plugin.rows.memories() == [1, 2]
    assert plugin.rows[1].tolist() == torch.ones(3, WIDTH).tolist()


def learning(plugin):
    """Return the memories whose rows get a gradient when both of two are heard in training."""
    scaffold_context = heard([(1, 0.5), (2, 0.4)], training=True)
    plugin.on_scaffold_context(scaffold_context)
    scaffold_context.extra_rows.sum().backward()
    return [memory for memory in (1, 2) if plugin.rows[memory].grad is not None]


def test_rows_of_earlier_nights_are_rehearsed_without_being_trained(plugin, sleep):
    plugin.rows.add(1, torch.ones(3, WIDTH))
    found = []
    sleep(lambda: found.extend(learning(plugin)), learned=[2])
    assert found == [2]
    assert learning(plugin) == [1, 2]


def test_what_was_forgotten_has_no_rows_after_the_next_night(plugin, context, sleep):
    plugin.rows.add(8, torch.ones(1, WIDTH))
    plugin.rows.add(9, torch.ones(1, WIDTH))
    context.forgotten.append(9)
    sleep()
    assert plugin.rows.memories() == [8, 1, 2]


def test_what_a_night_finds_contradicted_has_no_rows_after_it(plugin, context, sleep):
    plugin.rows.add(8, torch.ones(1, WIDTH))
    sleep(lambda: context.forgotten.append(8))
    assert plugin.rows.memories() == [1, 2]


def test_a_night_that_breaks_off_leaves_no_trace_of_itself(plugin, night):
    wrapper = plugin.on_sleep(night)
    next(wrapper)
    with pytest.raises(RuntimeError):
        wrapper.throw(RuntimeError("interrupted"))
    assert plugin._tonight is None
    assert plugin._read([[(1, 1.0)]], training=False) == {}


def test_by_day_the_likeliest_memory_speaks(plugin, context):
    plugin.rows.add(1, torch.ones(1, WIDTH))
    plugin.rows.add(2, torch.ones(1, WIDTH))
    scaffold_context = heard([(1, 0.6), (2, 0.3)])
    plugin.on_scaffold_context(scaffold_context)
    assert scaffold_context.silent
    assert scaffold_context.extra_memories.tolist() == [[0, 1, 2]]
    assert scaffold_context.extra_bias[0].exp().tolist() == pytest.approx([0.1, 0.72, 0.18], abs=1e-4)
    context.settings.alone = False
    scaffold_context = heard([(1, 0.6)])
    plugin.on_scaffold_context(scaffold_context)
    assert not scaffold_context.silent


@pytest.mark.parametrize("likely", [[], [[]], [[(9, 1.0)]]])
def test_where_nothing_is_recalled_the_prompt_is_heard(plugin, likely):
    plugin.rows.add(1, torch.ones(1, WIDTH))
    scaffold_context = heard(*likely)
    plugin.on_scaffold_context(scaffold_context)
    assert scaffold_context.extra_rows is None
    assert not scaffold_context.silent


def test_training_doubts(plugin, context):
    context.settings.doubt = 0.5
    plugin.rows.add(1, torch.ones(1, WIDTH))
    for _ in range(20):
        scaffold_context = heard([(1, 0.25)], training=True)
        plugin.on_scaffold_context(scaffold_context)
        assert 0.25 <= scaffold_context.extra_bias[0, 1].exp().item() <= 0.5 + 1e-6


def test_a_dream_behind_another_prompt_recalls_its_own_memory(plugin, models, context):
    context.settings.estranged = 1.0
    for number in (1, 2):
        plugin.rows.add(number, torch.full((1, WIDTH), float(number)))
    dreams = [Dream("question", "who", "rex", [1]), Dream("question", "what", "tea", [2])]
    examples = [Example(d.prompt, d.completion, d.kind, dream=d) for d in dreams]
    step = TrainStep(collate(tokenize_and_map(models.base_tokenizer, examples), 0), models, phase="night")
    for _ in range(20):
        wrapper = plugin.on_train_step(step)
        next(wrapper)
        changed = dict(plugin._estranged)
        scaffold_context = heard([(2, 1.0)], [(1, 1.0)], training=True)
        plugin.on_scaffold_context(scaffold_context)
        for row, number in changed.items():
            assert scaffold_context.extra_rows[row, 1, 0].item() == number
        with pytest.raises(StopIteration):
            wrapper.send(None)
        assert plugin._estranged == {}
        if changed:
            return
    raise AssertionError("no dream was put behind another prompt")


def invented_step(plugin, models):
    """Return a step of tonight's first memory, and the batch that the rest of the step sees."""
    dream = Dream("question", "who", "my dog is called rex", [1], answer="rex")
    examples = [Example(dream.prompt, dream.completion, dream=dream), Example("tea", "tea")]
    step = TrainStep(collate(tokenize_and_map(models.base_tokenizer, examples), 0), models, phase="night")
    wrapper = plugin.on_train_step(step)
    next(wrapper)
    return step, wrapper


@pytest.mark.parametrize("known", [True, False])
def test_what_is_invented_is_read_from_rows_of_its_own(plugin, models, sleep, known):
    """Also before the relevance gate can tell anything."""
    found = {}

    def train():
        step, wrapper = invented_step(plugin, models)
        found["prompts"] = [example.prompt for example in step.batch.examples]
        likely = [[(1, 1.0)], [], [(2, 1.0)]] if known else []
        scaffold_context = ScaffoldContext(None, None, None, memories=likely, prompts=["a", "b", "c"], training=True)
        plugin.on_scaffold_context(scaffold_context)
        found["heard"] = scaffold_context.extra_rows[2]
        (found["read"],) = memory_states(models, plugin._invented, 8)
        by_day = heard([(1, 1.0)])
        plugin.on_scaffold_context(by_day)
        found["by day"] = by_day.extra_rows
        # As long as the night lasts its rows are as many as the scaffold reads.
        assert scaffold_context.extra_memories.unique().tolist() == by_day.extra_memories.unique().tolist() == [0]
        wrapper.close()
        found["afterwards"] = plugin._invented

    sleep(train)
    assert len(found["prompts"]) == 3
    assert torch.allclose(found["heard"][1 : 1 + len(found["read"])], found["read"], atol=1e-5)
    assert found["by day"].shape[0] == 1
    assert found["afterwards"] == []


def test_nothing_is_invented_where_none_is_wanted(plugin, models, context, sleep):
    context.settings.invented = 0
    seen = []
    sleep(lambda: seen.append(len(invented_step(plugin, models)[0].batch)))
    assert seen == [2]


def test_chance_follows_from_the_step(plugin, models, context):
    """A night that was interrupted draws what it would have drawn."""
    plugin.rows.add(1, torch.ones(1, WIDTH))
    context.dreams += [Dream("question", f"who {word}", "rex", [1], verdict="accepted") for word in ("is", "in", "and")]
    example = Example("who", "rex", dream=Dream("question", "who", "rex", [1]))
    found = []
    for seed in (1, 1, 2, 3, 4, 5):
        batch = collate(tokenize_and_map(models.base_tokenizer, [example, Example("tea", "tea")]), 0)
        step = TrainStep(batch, models, phase="night", rng=random.Random(seed))
        wrapper = plugin.on_train_step(step)
        next(wrapper)
        scaffold_context = heard([(1, 0.4)], [(1, 0.4)], training=True)
        plugin.on_scaffold_context(scaffold_context)
        found.append((step.batch.examples[0].prompt, scaffold_context.extra_bias[1, 1].item()))
        wrapper.close()
    assert found[0] == found[1]
    assert len(set(found)) == 5


@pytest.mark.parametrize("phase", ["train", "validation"])
def test_only_nights_put_dreams_behind_other_prompts(plugin, models, phase):
    step = SimpleNamespace(phase=phase, batch="as it is", rng=random.Random(0))
    next(plugin.on_train_step(step))
    assert step.batch == "as it is"


def test_status_tells_how_many_memories_have_rows(plugin):
    plugin.rows.add(1, torch.ones(1, WIDTH))
    assert plugin.on_status().rows == {"memories with rows": 1}


def test_status_counts_no_rows_while_no_models_are_loaded(plugin):
    plugin.rows = None
    assert plugin.on_status().rows == {"memories with rows": "not loaded"}
