from __future__ import annotations

from sovl_cross_attention.practice import lessons


def test_every_lesson_has_questions_of_both_kinds_and_none_in_both():
    found = lessons()
    assert len(found) > 100
    assert len({lesson.told for lesson in found}) == len(found)
    for lesson in found:
        assert lesson.told.strip() == lesson.told != ""
        assert len(lesson.answered) == len(lesson.unanswered) == 5
        assert len({*lesson.answered, *lesson.unanswered}) == 10, lesson.told
        assert all(question.strip() == question != "" for question in (*lesson.answered, *lesson.unanswered))
