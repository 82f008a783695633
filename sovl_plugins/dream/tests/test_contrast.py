"""Contrast dreams: near to what was told, and never about it."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sovl_core.records import Episode
from sovl_dream.contrast import KINDS, PERSONAL, SAME, contrast_prompts
from sovl_dream.settings import DreamSettings
from sovl_dream.writer import dream

pytestmark = pytest.mark.no_torch

THINGS = sorted({word for kind in KINDS for word in kind})
NAMES = ["Orla", "Rex", "Tamsin Okafor", "Åsa", "Émile", "Falcon"]


def contrast(told, asked=(), count=60, seed=0):
    return contrast_prompts(told, asked, count, random.Random(seed))


def asked_about(told, seed=0):
    """The questions and cues that are dreamed of memories."""
    rng = random.Random(seed)
    dreams = [d for n, text in enumerate(told) for d in dream(Episode(n + 1, "c", text), 12, DreamSettings(), rng)]
    return [d.prompt for d in dreams if d.kind in ("question", "cue")]


def words(text):
    return set(re.findall(r"[\w'-]+", text))


def holds(prompt, thing):
    return re.search(rf"\b{re.escape(thing)}s?\b", prompt, re.IGNORECASE) is not None


def test_half_of_them_stand_next_to_what_was_told():
    prompts = contrast(["My dog is called Rex."], ["What is my dog called?"] * 3 + ["Who is my dog?"], count=4)
    near = [prompt for prompt in prompts if re.fullmatch(r"(?:What is my .+ called|Who is my .+)\?", prompt)]
    personal = {question for question, _ in PERSONAL}
    assert len(prompts) == 4
    assert [prompt for prompt in prompts if prompt in personal] != []
    swapped = [prompt for prompt in near if prompt not in personal]
    assert swapped
    others = set(KINDS[0]) - {"dog"}
    assert all(any(holds(prompt, other) for other in others) for prompt in swapped)


def test_what_was_told_elsewhere_is_no_contrast():
    told = ["My dog is called Rex.", "My cats are old.", "We bought two ponies.", "I ride a horse."]
    prompts = [p for seed in range(30) for p in contrast(told, ["What is my dog called?"], seed=seed)]
    assert "What is my parrot called?" in prompts
    assert not any(holds(prompt, thing) for prompt in prompts for thing in ("cat", "pony", "horse"))


@pytest.mark.parametrize(
    ("told", "asked", "wrong"),
    [
        ("My mum is called Ann.", "Who is my father?", "mother"),
        ("My dad lives in Cork.", "Who is my mother?", "father"),
        ("My neighbor plays chess.", "Who is my wife?", "neighbour"),
        ("My favorite color is teal.", "What is my favorite season?", "colour"),
        ("I ride a bike.", "Where is my car?", "bicycle"),
        ("My manager is Tom.", "Who is my assistant?", "boss"),
        ("My partner is Kim.", "Who is my flatmate?", "husband"),
    ],
)
def test_what_was_told_in_another_word_for_it_is_no_contrast(told, asked, wrong):
    prompts = [p for seed in range(30) for p in contrast([told], [asked], seed=seed)]
    assert not any(holds(prompt, wrong) for prompt in prompts)
    assert any(prompt.split()[:2] == asked.split()[:2] for prompt in prompts)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("frame", ["Where does my sister {n} live?", "{n} sister?", "What about sister {n}?"])
def test_who_was_told_of_by_name_is_not_asked_about(name, frame):
    told = [f"My sister {name} lives in Cork."]
    first = name.split()[0]
    for seed in range(10):
        assert not any(first in words(prompt) for prompt in contrast(told, [frame.format(n=name)], seed=seed))


def test_a_question_that_says_i_names_nobody():
    prompts = contrast([], ["What did I say my dog is called?", "I forgot what my dog's PIN is."])
    assert any(prompt.startswith("What did I say my") for prompt in prompts)
    assert any(prompt.endswith("PIN is.") for prompt in prompts)


@given(
    st.lists(st.sampled_from(THINGS), max_size=8, unique=True),
    st.lists(st.sampled_from(THINGS), max_size=8, unique=True),
    st.sampled_from(NAMES),
    st.integers(0, 80),
    st.integers(0, 999),
)
@settings(max_examples=60)
def test_no_prompt_holds_what_was_told_nor_a_name(said, with_name, name, count, seed):
    told = [f"My {thing} is in Graz." for thing in said]
    told += [f"My {thing} {name} lives in Graz." for thing in with_name]
    asked = asked_about(told, seed)
    prompts = contrast_prompts(told, asked, count, random.Random(seed))
    assert prompts == contrast_prompts(told, asked, count, random.Random(seed))
    assert len(prompts) <= count
    assert len(set(prompts)) == len(prompts)
    for prompt in prompts:
        assert prompt not in asked
        assert not any(part in words(prompt) for part in [*name.split(), "Graz"])
    swapped = [prompt for prompt in prompts if prompt not in {question for question, _ in PERSONAL}]
    for thing in {*said, *with_name}:
        kin = {thing} if thing in ("ring", "game") else {thing, *(w for same in SAME if thing in same for w in same)}
        assert not any(holds(prompt, word) for prompt in prompts for word in kin), (thing, prompts)
    assert len(swapped) <= len(asked)


@given(st.lists(st.text(max_size=60), max_size=5), st.lists(st.text(max_size=60), max_size=5), st.integers(0, 40))
def test_no_text_breaks_it(told, asked, count):
    assert len(contrast_prompts(told, asked, count, random.Random(0))) <= count


def test_another_seed_asks_something_else():
    asked = asked_about(["My dog is called Rex."])
    assert contrast([], asked, 12, seed=1) != contrast([], asked, 12, seed=2)


@pytest.mark.parametrize(("question", "hints"), PERSONAL)
def test_a_personal_question_is_left_out_once_it_may_have_been_told(question, hints):
    assert question in contrast([], count=len(PERSONAL))
    for hint in hints.split():
        assert question not in contrast([f"There is a {hint} of mine."], count=len(PERSONAL))


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_hold_things_that_stand_for_one_another(kind):
    assert len(set(kind)) == len(kind) >= 2
    assert all(word == word.lower() for word in kind)
    assert not any(len({*same} & {*kind}) > 1 for same in SAME)
