from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.importing.chatgpt_marks import without_marks

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It rains. \ue200cite\ue202turn0search0\ue202turn0search3\ue201 Still.", "It rains. Still."),
        ('Go to \ue200entity\ue202["city","Oslo","in Norway"]\ue201 soon.', "Go to Oslo soon."),
        ('Go \ue200entity\ue202["city"]\ue201now.', "Gonow."),
        ("Go \ue200entity\ue202[\ue201now.", "Gonow."),
        ("See \ue200url\ue202the map\ue202https://example.org\ue201.", "See the map."),
        ('\ue200image_group\ue202{"query":["rain"]}\ue201', ""),
        ("Cut off \ue200cite\ue202turn0", "Cut off citeturn0"),
        ("As it was,  twice ", "As it was,  twice"),
    ],
)
def test_marks_leave_the_words_that_they_hold(text: str, words: str) -> None:
    assert without_marks(text) == words


@given(st.text(st.sampled_from('a "[],\ue200\ue201\ue202\ue203cite') | st.sampled_from("\ue200"), max_size=40))
def test_no_mark_remains(text: str) -> None:
    assert not set(without_marks(text)) & set("\ue200\ue201\ue202\ue203")
