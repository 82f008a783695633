from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from sovl_cross_attention import answer_probe
from sovl_cross_attention.answer_probe import AnswerProbe, pair_features, pair_width
from sovl_cross_attention.practice import Lesson

ANIMALS = ("cat", "dog", "cow", "hen", "pig", "owl", "fox", "bee", "ant", "ram", "elk", "emu", "yak", "ape", "eel")


def easy():
    """Lessons that even a random base can tell apart."""
    return [
        Lesson(
            f"my {name} is {number}",
            (f"the age of my {name}?", f"my {name}?", f"how old is my {name}?"),
            (f"ZZZZZZZZ {name}", f"QQQ XXX {name}", "ZQZQXX QX"),
        )
        for number, name in enumerate(ANIMALS)
    ]


def hopeless():
    """Lessons in which the same is answered and not."""
    return [Lesson(f"my {name} is 1", ("how old?", "who?"), ("how old?", "who?")) for name in ANIMALS]


@pytest.fixture
def practised(build):
    models = build()
    probe = AnswerProbe()
    probe.practise(models, easy())
    return probe, models


def test_it_tells_what_was_told_from_what_was_not(practised):
    probe, models = practised
    assert probe.trusted
    assert probe.fits(models)
    yes, no = probe.match(models, [("my gnu is 7", "the age of my gnu?"), ("my gnu is 7", "QQQ XXX gnu")])
    assert yes > 0.5 > no


def test_where_the_base_cannot_tell_it_is_not_trusted_and_the_rest_is_not_read(build, mocker):
    mocker.patch.object(answer_probe, "TRIAL", 5)
    models, probe, heard = build(), AnswerProbe(), []
    probe.practise(models, hopeless(), lambda step, total: heard.append((step, total)))
    assert not probe.trusted
    assert probe.fits(models)
    assert heard == [(0, 20)]


def test_all_lessons_count_where_the_trial_succeeds(build, mocker):
    mocker.patch.object(answer_probe, "TRIAL", 5)
    models, probe, heard = build(), AnswerProbe(), []
    probe.practise(models, easy(), lambda step, total: heard.append((step, total)))
    assert heard == [(0, 30), (0, 60), (32, 60)]
    assert probe.trusted


def test_skill_is_of_lessons_it_did_not_learn_from(build):
    """Questions that are right for one lesson alone can be learned by heart, and say nothing about another."""
    lessons = [Lesson(name, (f"{name} {name}?",), (f"{name}?",)) for name in ANIMALS]
    lessons += [Lesson(name, (f"{name}?",), (f"{name} {name}?",)) for name in ANIMALS]
    probe = AnswerProbe()
    probe.practise(build(), lessons)
    assert probe.skill < 0.65
    assert not probe.trusted


def test_what_is_only_remarked_is_not_asked_for(build):
    models, plain, probe = build(), AnswerProbe(), AnswerProbe()
    plain.practise(models, easy())
    probe.practise(models, [replace(lesson, remarks=(f"the age of my {lesson.told[3:6]}!",)) for lesson in easy()])
    asked, remarked = (("my gnu is 7", f"the age of my gnu{mark}") for mark in "?!")
    assert plain.match(models, [remarked])[0] > 0.5
    yes, no = probe.match(models, [asked, remarked])
    assert yes > 0.5 > no


def test_telling_remarks_from_questions_is_no_skill(build):
    probe = AnswerProbe()
    probe.practise(build(), [replace(lesson, remarks=("ZZZZZ", "QQQQQ")) for lesson in hopeless()])
    assert probe.skill < 0.65


def test_a_pair_is_read_alone_as_beside_others(build):
    models = build("gpt2")
    short, long = ("my dog", "who?"), ("my dog is called rex and he is old", "what is my dog called again, please?")
    alone = torch.cat([pair_features(models, [short]), pair_features(models, [long])])
    assert alone.shape == (2, pair_width(models))
    assert torch.allclose(pair_features(models, [short, long]), alone, atol=1e-4)
    other = pair_features(models, [("my cat", "who?")])
    assert not torch.allclose(other, alone[:1], atol=1e-2)


def test_of_a_long_text_the_end_is_read(build):
    models = build()
    text = "x" * 500 + "my dog is called rex"
    assert torch.allclose(pair_features(models, [(text, "who?")]), pair_features(models, [("y" + text, "who?")]))
    assert pair_features(models, [("", "")]).isfinite().all()


def test_it_comes_back_as_it_was_stored(practised):
    probe, models = practised
    values, tensors = {}, {}
    assert AnswerProbe.load(values, tensors) is None
    probe.save(values, tensors)
    back = AnswerProbe.load(values, tensors)
    pairs = [("my cat is 1", "age of my cat?")]
    assert back.match(models, pairs) == probe.match(models, pairs)
    assert (back.trusted, back.skill) == (True, probe.skill)


def test_what_it_knows_of_a_base_of_other_width_does_not_fit(practised, build):
    assert not practised[0].fits(build(base_width=64))
