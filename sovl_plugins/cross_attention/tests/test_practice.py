from __future__ import annotations

from sovl_cross_attention.practice import lessons


def test_every_lesson_has_questions_of_both_kinds_and_remarks_and_nothing_twice():
    found = lessons()
    assert len(found) > 100
    assert len({lesson.told for lesson in found}) == len(found)
    for lesson in found:
        assert lesson.told.strip() == lesson.told != ""
        assert len(lesson.answered) == len(lesson.unanswered) == 5
        assert len({*lesson.answered, *lesson.unanswered}) == 10, lesson.told
        assert len({*lesson.remarks} - {lesson.told, *lesson.answered, *lesson.unanswered}) == 3
        assert lesson.general
        besides = (*lesson.remarks, *lesson.general)
        assert all(said.strip() == said != "" for said in (*lesson.answered, *lesson.unanswered, *besides))


def test_what_is_asked_for_may_be_a_statement_and_no_remark_is_a_question():
    found = lessons()
    assert sum(not asked.endswith("?") for lesson in found for asked in lesson.answered) > 40
    assert not [remark for lesson in found for remark in lesson.remarks if "?" in remark]


def test_questions_of_the_world_are_no_questions_of_the_users_own():
    general = [question for lesson in lessons() for question in lesson.general]
    assert all(question.endswith("?") for question in general)
    assert len(set(general)) == len(general) > 100
    assert not [question for question in general if {"my", "mine", "me", "our"} & set(question.lower().split())]
