from __future__ import annotations

from collections import Counter

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sovl_cross_attention import relevance
from sovl_cross_attention.relevance import NEVER_TOLD, NOTHING, RelevanceGate, feature_width, prompt_features

WIDTH = 24


def cloud(count, centre, seed=0, width=WIDTH):
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed)) + centre


def texts(count, word):
    return [f"{word} {number}" for number in range(count)]


def relevance_of(gate, features):
    return torch.tensor([relevance for relevance, _ in gate.assess(features, 0, 1.0)])


def about(gate, features, count, threshold):
    return [memories for _, memories in gate.assess(features, count, threshold)]


def taught(open_count=20, shut_count=30, distance=4.0):
    gate = RelevanceGate()
    centre = torch.zeros(WIDTH)
    centre[3] = distance
    gate.remember(texts(open_count, "my dog"), cloud(open_count, centre), [7] * open_count)
    gate.remember(texts(shut_count, "a poem"), cloud(shut_count, -centre, seed=1), [NOTHING] * shut_count)
    return gate, centre


def test_it_opens_for_one_kind_and_stays_shut_for_the_other():
    gate, centre = taught()
    assert gate.fitted
    assert float((relevance_of(gate, cloud(200, centre, seed=2)) > 0.5).float().mean()) > 0.9
    assert float((relevance_of(gate, cloud(200, -centre, seed=3)) > 0.5).float().mean()) < 0.1


def axis(dimension, distance=6.0):
    centre = torch.zeros(WIDTH)
    centre[dimension] = distance
    return centre


def taught_of(memories, count=12, never_told=0, **more):
    """A gate that knows ``count`` prompts about each of these memories, each around an axis, and as many of nothing."""
    gate = RelevanceGate(**more)
    for memory in memories:
        gate.remember(texts(count, f"memory {memory}"), cloud(count, axis(memory), memory), [memory] * count)
    gate.remember(texts(count, "a poem"), cloud(count, -axis(0), 99), [NOTHING] * count)
    if never_told:
        gate.remember(texts(never_told, "no"), cloud(never_told, -axis(1), 98), [NEVER_TOLD] * never_told)
    return gate


def test_it_tells_memories_apart():
    gate = taught_of([1, 2, 5], never_told=12)
    assert gate.probabilities(cloud(1, 0)).shape == (1, 5)
    assert gate.classes == [NEVER_TOLD, NOTHING, 1, 2, 5]
    for memory in (1, 2, 5):
        found = about(gate, cloud(100, axis(memory), seed=50 + memory), 1, 0.35)
        assert sum(likely[0][0] == memory for likely in found) > 90
    for shut in (-axis(0), -axis(1)):
        assert float((relevance_of(gate, cloud(100, shut, seed=60)) < 0.35).float().mean()) > 0.9


def test_what_a_prompt_is_about_comes_likeliest_first_and_nothing_is_no_memory():
    gate = taught_of([1, 2, 3, 4, 5], never_told=12)
    features = cloud(40, axis(2) + axis(4), seed=3)
    found = about(gate, features, 3, 1.1)
    probabilities = gate.probabilities(features)
    for row, likely in zip(probabilities, found):
        assert len(likely) == 3
        expected = sorted(((float(p), m) for p, m in zip(row, gate.classes) if m > NOTHING), reverse=True)[:3]
        assert [(memory, pytest.approx(p)) for memory, p in likely] == [(m, p) for p, m in expected]
    assert len(about(gate, features, 99, 1.1)[0]) == 5


@pytest.mark.parametrize("threshold", [0.0, 0.35, 0.8])
def test_above_the_threshold_that_it_is_about_some_memory_is_taken_for_granted(threshold):
    gate = taught_of([1, 2], never_told=12)
    features = torch.cat([cloud(20, axis(1), 4), cloud(20, axis(1) * 0.3, 5), cloud(20, -axis(0), 6)])
    relevance = relevance_of(gate, features).tolist()
    assert min(relevance) < 0.35 < 0.8 < max(relevance)
    for likely, relevant in zip(about(gate, features, 2, threshold), relevance):
        total = sum(p for _, p in likely)
        assert total == pytest.approx(1.0 if relevant >= threshold else relevant, rel=1e-4)


def test_a_gate_that_knows_nothing_knows_of_no_memory():
    assert about(RelevanceGate(), cloud(3, 0), 4, 0.35) == [[], [], []]


@pytest.mark.parametrize("kinds", [[7, 7], [7, 8], [NOTHING, NOTHING], [NOTHING, NEVER_TOLD]])
def test_without_both_memories_and_something_else_there_is_nothing_to_tell_by(kinds):
    gate = RelevanceGate()
    gate.remember(["a", "b"], cloud(2, 0), kinds)
    assert not gate.fitted
    assert relevance_of(gate, cloud(2, 1)).tolist() == [1.0, 1.0]
    assert about(gate, cloud(2, 1), 4, 0.35) == [[], []]


def test_what_was_never_told_alone_is_enough_to_stay_shut_for():
    gate = RelevanceGate()
    gate.remember(texts(12, "dog"), cloud(12, axis(1)), [1] * 12)
    gate.remember(texts(12, "cat"), cloud(12, -axis(1), 1), [NEVER_TOLD] * 12)
    assert gate.fitted
    assert float((relevance_of(gate, cloud(100, -axis(1), 2)) < 0.5).float().mean()) > 0.8


@pytest.mark.parametrize(
    ("counts", "shares"),
    [
        ({1: 3, 2: 40, NOTHING: 9, NEVER_TOLD: 200}, {1: 0.3, 2: 0.3, NOTHING: 0.3, NEVER_TOLD: 0.1}),
        ({1: 3, NOTHING: 9}, {1: 0.6, NOTHING: 0.3}),
    ],
)
def test_what_kinds_weigh_does_not_hang_on_how_many_prompts_there_are(counts, shares):
    """Where features say nothing at all, what is left is what each kind weighs."""
    gate = RelevanceGate()
    for memory, count in counts.items():
        gate.remember(texts(count, str(memory)), torch.zeros(count, 3), [memory] * count)
    total, (said,) = sum(shares.values()), gate.probabilities(torch.zeros(1, 3)).tolist()
    found = dict(zip(gate.classes, said))
    assert found == {memory: pytest.approx(share / total, abs=0.01) for memory, share in shares.items()}


def test_what_is_forgotten_is_no_class_any_more():
    gate = taught_of([1, 2], never_told=12)
    gate.probabilities(cloud(1, 0))
    gate.forget([NEVER_TOLD, 2])
    assert set(gate.prompts().values()) == {NOTHING, 1}
    assert gate.probabilities(cloud(1, 0)).shape == (1, 2)
    assert gate.classes == [NOTHING, 1]


def test_forgetting_what_it_does_not_know_changes_nothing():
    gate = taught_of([1, 2])
    features = cloud(5, 0, seed=8)
    before, known = gate.probabilities(features), gate.prompts()
    gate.forget([NEVER_TOLD, 99])
    assert gate.prompts() == known
    assert torch.equal(gate.probabilities(features), before)


def test_what_a_copy_forgets_the_other_still_knows():
    gate = taught_of([1, 2])
    other = gate.copy()
    other.forget([1])
    assert 1 in gate.prompts().values()
    assert 1 not in other.prompts().values()


def test_few_of_one_kind_weigh_as_much_as_many_of_the_other():
    gate, centre = taught(open_count=5, shut_count=200, distance=3.0)
    assert float((relevance_of(gate, cloud(200, centre, seed=2)) > 0.5).float().mean()) > 0.9


def test_dimensions_of_any_size_are_heard():
    """A few dimensions of a language model's states are a hundred times as large as the rest and say little."""
    gate = RelevanceGate()
    size = torch.ones(WIDTH)
    size[0] = 300.0
    centre = torch.zeros(WIDTH)
    centre[3] = 2.0
    gate.remember(texts(30, "a"), cloud(30, centre) * size, [7] * 30)
    gate.remember(texts(30, "b"), cloud(30, -centre, seed=1) * size, [NOTHING] * 30)
    assert float((relevance_of(gate, cloud(100, centre, seed=2) * size) > 0.5).float().mean()) > 0.9


def test_before_it_has_seen_both_kinds_it_is_open():
    gate = RelevanceGate()
    assert not gate.fitted
    assert relevance_of(gate, cloud(3, 0)).tolist() == [1.0, 1.0, 1.0]
    gate.remember(["a"], cloud(1, 0), [7])
    assert not gate.fitted
    assert relevance_of(gate, cloud(2, 0)).tolist() == [1.0, 1.0]
    gate.remember(["b"], cloud(1, 1), [NOTHING])
    assert gate.fitted


@pytest.mark.parametrize("after_fit", [False, True])
def test_it_comes_back_as_it_was(after_fit):
    gate, centre = taught()
    if after_fit:
        relevance_of(gate, cloud(1, centre))
    gate.height = 0.5
    values, tensors = {}, {}
    gate.save(values, tensors)
    other = RelevanceGate()
    other.load(values, tensors)
    features = cloud(20, 0, seed=9)
    assert torch.equal(relevance_of(other, features), relevance_of(gate, features))
    assert about(other, features, 4, 0.35) == about(gate, features, 4, 0.35)
    assert (other.prompts(), other.height, other.width) == (gate.prompts(), 0.5, WIDTH)
    assert other.classes == gate.classes == [NOTHING, 7]
    # And it goes on learning from there.
    other.remember(["new"], cloud(1, -centre), [NOTHING])
    assert float((relevance_of(other, cloud(100, centre, seed=2)) > 0.5).float().mean()) > 0.9


def test_its_state_is_json_and_tensors():
    import json

    gate, _ = taught()
    values, tensors = {}, {}
    gate.save(values, tensors)
    assert json.loads(json.dumps(values)) == values
    assert all(isinstance(tensor, torch.Tensor) and tensor.isfinite().all() for tensor in tensors.values())


def test_nothing_stored_is_a_gate_that_never_saw_a_night():
    gate, _ = taught()
    relevance_of(gate, cloud(1, 0))
    gate.load({}, {})
    assert not gate.fitted
    assert (gate.prompts(), gate.width, gate.height) == ({}, 0, None)
    values, tensors = {}, {}
    gate.save(values, tensors)
    assert (values, tensors) == ({}, {})


def test_the_state_of_an_earlier_version_is_a_gate_that_learns_anew():
    """It knew one class and half as many features."""
    gate, tensors = (
        RelevanceGate(),
        {
            "relevance.weight": torch.ones(WIDTH),
            "relevance.mean": torch.zeros(WIDTH),
            "relevance.scale": torch.ones(WIDTH),
            "relevance.features": torch.ones(2, WIDTH).half(),
        },
    )
    values = {"relevance.bias": 0.5, "relevance.height": 0.5}
    gate.load({**values, "relevance.prompts": ["a", "b"], "relevance.labels": [True, False]}, tensors)
    assert not gate.fitted
    assert (gate.prompts(), gate.classes, gate.width, gate.height) == ({}, [], 0, 0.5)
    assert relevance_of(gate, cloud(2, 0, width=2 * WIDTH)).tolist() == [1.0, 1.0]
    gate.remember(["c", "d"], cloud(2, 0, width=2 * WIDTH), [1, NOTHING])
    assert gate.probabilities(cloud(2, 0, width=2 * WIDTH)).shape == (2, 2)


def test_what_was_saved_before_there_was_anything_to_tell_by_is_learned_on():
    gate, other = RelevanceGate(), RelevanceGate()
    gate.remember(["a"], cloud(1, 0), [7])
    values, tensors = {}, {}
    gate.save(values, tensors)
    other.load(values, tensors)
    assert (other.prompts(), other.fitted) == ({"a": 7}, False)
    other.remember(["b"], cloud(1, 1), [NOTHING])
    assert other.probabilities(cloud(1, 0)).shape == (1, 2)


def test_a_copy_goes_its_own_way():
    gate, centre = taught()
    features = cloud(10, 0, seed=4)
    before = relevance_of(gate, features)
    other = gate.copy()
    other.remember(texts(40, "turned"), cloud(40, centre), [NOTHING] * 40)
    assert not torch.equal(relevance_of(other, features), before)
    assert torch.equal(relevance_of(gate, features), before)
    assert not gate.knows("turned 0", NOTHING)


def test_the_latest_word_on_a_prompt_counts():
    gate, centre = taught()
    assert gate.knows("my dog 1", 7)
    assert not gate.knows("my dog 1", 8)
    gate.remember(["my dog 1"], cloud(1, centre), [8])
    assert gate.prompts()["my dog 1"] == 8
    assert len(gate.prompts()) == 50


def test_with_too_many_prompts_each_memory_keeps_its_share(mocker):
    mocker.patch.object(relevance, "REMEMBERED", 10)
    gate, _ = taught(open_count=8, shut_count=6)
    assert Counter(gate.prompts().values()) == {7: 5, NOTHING: 5}
    gate.remember(["a cat"], cloud(1, 0), [8])
    assert Counter(gate.prompts().values()) == {7: 4, NOTHING: 4, 8: 1}
    # What is kept is not just the first or the latest.
    assert {"my dog 0"} < {text for text in gate.prompts() if text.startswith("my dog")} != set(texts(4, "my dog"))


@given(st.lists(st.integers(-1, 30), min_size=1, max_size=200), st.integers(1, 60))
def test_no_memory_is_lost_as_long_as_there_is_room_for_one_of_each(memories, room):
    examples = {str(number): (torch.zeros(1), memory) for number, memory in enumerate(memories)}
    kept = relevance._thinned(examples, room) if len(examples) > room else examples
    sizes, before = Counter(memory for _, memory in kept.values()), Counter(memories)
    assert set(sizes) == set(before)
    assert len(kept) <= max(room, len(before))
    assert list(kept) == [text for text in examples if text in kept]
    # None has more than another that gave something up.
    cut = [sizes[memory] for memory in before if sizes[memory] < before[memory]]
    assert not cut or max(sizes.values()) == max(cut)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-1, 4), st.lists(st.floats(-1e4, 1e4, width=32), min_size=3, max_size=3)),
        min_size=1,
        max_size=12,
    ),
    st.lists(st.floats(-1e6, 1e6, width=32), min_size=3, max_size=3),
)
def test_whatever_it_was_shown_it_says_a_probability_of_whatever_comes(shown, asked):
    gate = RelevanceGate()
    for number, (memory, row) in enumerate(shown):
        gate.remember([str(number)], torch.tensor([row]), [memory])
    said = float(relevance_of(gate, torch.tensor([asked]))[0])
    assert 0.0 <= said <= 1.0
    for threshold in (0.0, 0.35):
        (likely,) = about(gate, torch.tensor([asked]), 3, threshold)
        assert all(memory > NOTHING and 0.0 <= p <= 1.001 for memory, p in likely)
        assert [p for _, p in likely] == sorted((p for _, p in likely), reverse=True)


def test_what_is_as_far_from_every_memory_as_can_be_is_about_none():
    """Probabilities too small for a float are zero, and nothing is taken for granted of those."""
    gate = taught_of([1, 2])
    far = -1e7 * axis(1) - 1e7 * axis(2) - 1e8 * axis(0)
    assert float(relevance_of(gate, far[None])[0]) == 0.0
    assert about(gate, far[None], 2, 0.0) == [[(2, 0.0), (1, 0.0)]]


@pytest.mark.parametrize("base", ["llama", "gpt2"])
@pytest.mark.parametrize(("height", "numbers"), [(0.0, (0, 0)), (0.5, (1, 2)), (1.0, (2, 3))])
def test_features_are_the_mean_states_of_the_words_at_two_layers(build, base, height, numbers):
    from sovl_core.model_layers import decoder_layers, layer_output

    models = build(base)
    said = ["dog", "what is it called?", "a"]
    features = prompt_features(models, said, height)
    assert features.shape == (3, feature_width(models)) == (3, 64)
    layers, seen = decoder_layers(models.base), []
    hooks = [
        layers[number].register_forward_hook(lambda module, args, output: seen.append(layer_output(output)))
        for number in numbers
    ]
    with torch.no_grad():
        models.base(input_ids=torch.tensor([models.base_tokenizer.encode(said[1])]))
    for hook in hooks:
        hook.remove()
    means = [states[0].mean(0) for states in seen]
    expected = torch.cat([mean / mean.pow(2).mean().sqrt() for mean in means])
    torch.testing.assert_close(features[1], expected, rtol=1e-3, atol=1e-4)
    for half in features.split(32, dim=1):
        torch.testing.assert_close(half.pow(2).mean(-1), torch.ones(3), rtol=1e-3, atol=1e-3)
    assert [len(layer._forward_hooks) for layer in layers] == [0, 0, 0, 0]


def test_features_are_the_bare_bases(build, listen):
    models = build()
    bare = prompt_features(models, ["my dog"], 1.0)
    stack = listen(models)
    from sovl_cross_attention.reader import read

    with torch.no_grad(), stack.hearing(read(models, ["my dog"]), everywhere=True):
        assert torch.equal(prompt_features(models, ["my dog"], 1.0), bare)


def test_any_text_has_features(build):
    models = build()

    @settings(max_examples=25, deadline=None)
    @given(text=st.text(max_size=300))
    def check(text):
        assert prompt_features(models, [text], 0.5).isfinite().all()

    check()


def test_features_of_a_prompt_do_not_depend_on_its_neighbours(build):
    models = build()
    together = prompt_features(models, ["Hello there", "What is the name of my dog, please?"], 0.5)
    torch.testing.assert_close(together[:1], prompt_features(models, ["Hello there"], 0.5), rtol=1e-4, atol=1e-5)
