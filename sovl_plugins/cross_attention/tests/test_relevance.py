from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sovl_cross_attention import relevance
from sovl_cross_attention.relevance import RelevanceGate, prompt_features

WIDTH = 24


def cloud(count, centre, seed=0, width=WIDTH):
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed)) + centre


def texts(count, word):
    return [f"{word} {number}" for number in range(count)]


def taught(open_count=20, shut_count=30, distance=4.0):
    gate = RelevanceGate()
    centre = torch.zeros(WIDTH)
    centre[3] = distance
    gate.remember(texts(open_count, "my dog"), cloud(open_count, centre), [True] * open_count)
    gate.remember(texts(shut_count, "a poem"), cloud(shut_count, -centre, seed=1), [False] * shut_count)
    return gate, centre


def test_it_opens_for_one_kind_and_stays_shut_for_the_other():
    gate, centre = taught()
    assert gate.fitted
    assert float((gate.relevance(cloud(200, centre, seed=2)) > 0.5).float().mean()) > 0.9
    assert float((gate.relevance(cloud(200, -centre, seed=3)) > 0.5).float().mean()) < 0.1


def test_few_of_one_kind_weigh_as_much_as_many_of_the_other():
    gate, centre = taught(open_count=5, shut_count=200, distance=3.0)
    assert float((gate.relevance(cloud(200, centre, seed=2)) > 0.5).float().mean()) > 0.9


def test_dimensions_of_any_size_are_heard():
    """A few dimensions of a language model's states are a hundred times as large as the rest and say little."""
    gate = RelevanceGate()
    size = torch.ones(WIDTH)
    size[0] = 300.0
    centre = torch.zeros(WIDTH)
    centre[3] = 2.0
    gate.remember(texts(30, "a"), cloud(30, centre) * size, [True] * 30)
    gate.remember(texts(30, "b"), cloud(30, -centre, seed=1) * size, [False] * 30)
    assert float((gate.relevance(cloud(100, centre, seed=2) * size) > 0.5).float().mean()) > 0.9


def test_before_it_has_seen_both_kinds_it_is_open():
    gate = RelevanceGate()
    assert not gate.fitted
    assert gate.relevance(cloud(3, 0)).tolist() == [1.0, 1.0, 1.0]
    gate.remember(["a"], cloud(1, 0), [True])
    assert not gate.fitted
    assert gate.relevance(cloud(2, 0)).tolist() == [1.0, 1.0]
    gate.remember(["b"], cloud(1, 1), [False])
    assert gate.fitted


@pytest.mark.parametrize("after_fit", [False, True])
def test_it_comes_back_as_it_was(after_fit):
    gate, centre = taught()
    if after_fit:
        gate.relevance(cloud(1, centre))
    gate.height = 0.5
    values, tensors = {}, {}
    gate.save(values, tensors)
    other = RelevanceGate()
    other.load(values, tensors)
    features = cloud(20, 0, seed=9)
    assert torch.equal(other.relevance(features), gate.relevance(features))
    assert (other.prompts(), other.height, other.width) == (gate.prompts(), 0.5, WIDTH)
    # And it goes on learning from there.
    other.remember(["new"], cloud(1, -centre), [False])
    assert float((other.relevance(cloud(100, centre, seed=2)) > 0.5).float().mean()) > 0.9


def test_its_state_is_json_and_tensors():
    import json

    gate, _ = taught()
    values, tensors = {}, {}
    gate.save(values, tensors)
    assert json.loads(json.dumps(values)) == values
    assert all(isinstance(tensor, torch.Tensor) and tensor.isfinite().all() for tensor in tensors.values())


def test_nothing_stored_is_a_gate_that_never_saw_a_night():
    gate, _ = taught()
    gate.relevance(cloud(1, 0))
    gate.load({}, {})
    assert not gate.fitted
    assert (gate.prompts(), gate.width, gate.height) == ({}, 0, None)
    values, tensors = {}, {}
    gate.save(values, tensors)
    assert (values, tensors) == ({}, {})


def test_a_copy_goes_its_own_way():
    gate, centre = taught()
    features = cloud(10, 0, seed=4)
    before = gate.relevance(features)
    other = gate.copy()
    other.remember(texts(40, "turned"), cloud(40, centre), [False] * 40)
    assert not torch.equal(other.relevance(features), before)
    assert torch.equal(gate.relevance(features), before)
    assert not gate.knows("turned 0", False)


def test_the_latest_word_on_a_prompt_counts():
    gate, centre = taught()
    assert gate.knows("my dog 1", True)
    assert not gate.knows("my dog 1", False)
    gate.remember(["my dog 1"], cloud(1, centre), [False])
    assert gate.prompts()["my dog 1"] is False
    assert len(gate.prompts()) == 50


def test_the_oldest_prompts_are_forgotten(mocker):
    mocker.patch.object(relevance, "REMEMBERED", 10)
    gate, _ = taught(open_count=8, shut_count=6)
    assert list(gate.prompts()) == texts(8, "my dog")[4:] + texts(6, "a poem")


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.booleans(), st.lists(st.floats(-1e4, 1e4, width=32), min_size=3, max_size=3)),
        min_size=1,
        max_size=12,
    ),
    st.lists(st.floats(-1e6, 1e6, width=32), min_size=3, max_size=3),
)
def test_whatever_it_was_shown_it_says_a_probability_of_whatever_comes(shown, asked):
    gate = RelevanceGate()
    for number, (label, row) in enumerate(shown):
        gate.remember([str(number)], torch.tensor([row]), [label])
    said = float(gate.relevance(torch.tensor([asked]))[0])
    assert 0.0 <= said <= 1.0


@pytest.mark.parametrize("base", ["llama", "gpt2"])
@pytest.mark.parametrize("height", [0.0, 0.5, 1.0])
def test_features_are_the_mean_state_of_the_words(build, base, height):
    from sovl_core.model_layers import decoder_layers, layer_output

    models = build(base)
    said = ["dog", "what is it called?", "a"]
    features = prompt_features(models, said, height)
    assert features.shape == (3, 32)
    torch.testing.assert_close(features.pow(2).mean(-1), torch.ones(3), rtol=1e-3, atol=1e-3)
    seen = []
    layer = decoder_layers(models.base)[min(3, round(height * 4))]
    hook = layer.register_forward_hook(lambda module, args, output: seen.append(layer_output(output)))
    with torch.no_grad():
        models.base(input_ids=torch.tensor([models.base_tokenizer.encode(said[1])]))
    hook.remove()
    mean = seen[0][0].mean(0)
    torch.testing.assert_close(features[1], mean / mean.pow(2).mean().sqrt(), rtol=1e-3, atol=1e-4)
    assert [len(layer._forward_hooks) for layer in decoder_layers(models.base)] == [0, 0, 0, 0]


def test_features_are_the_bare_bases(build, listen):
    models = build()
    bare = prompt_features(models, ["my dog"], 1.0)
    stack = listen(models)
    from sovl_cross_attention.reader import read

    with torch.no_grad(), stack.hearing(read(models, ["my dog"]), everywhere=True):
        assert torch.equal(prompt_features(models, ["my dog"], 1.0), bare)


def test_any_text_has_features(build):
    models = build()

    @settings(max_examples=25)
    @given(text=st.text(max_size=300))
    def check(text):
        assert prompt_features(models, [text], 0.5).isfinite().all()

    check()


def test_features_of_a_prompt_do_not_depend_on_its_neighbours(build):
    models = build()
    together = prompt_features(models, ["Hello there", "What is the name of my dog, please?"], 0.5)
    torch.testing.assert_close(together[:1], prompt_features(models, ["Hello there"], 0.5), rtol=1e-4, atol=1e-5)
