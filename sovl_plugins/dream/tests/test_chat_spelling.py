"""What is typed short when people chat, written out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.records import Episode
from sovl_dream.chat_spelling import of_a_label, written_out
from sovl_dream.memories import statements_in

pytestmark = pytest.mark.no_torch


def told(prompt):
    return [statement.text for statement in statements_in(Episode(1, "c", prompt))]


@pytest.mark.parametrize(
    ("typed", "full"),
    [
        ("just so u know", "just so you know"),
        ("ur gonna laugh", "you're going to laugh"),
        ("my bday's in may", "my birthday's in may"),
        ("so my gf Ellie likes ur hat", "so my girlfriend Ellie likes your hat"),
        ("gonna stay here", "I am going to stay here"),
        ("still wanna go", "I still want to go"),
        ("my sis is marrying in a windmill??", "my sister is marrying in a windmill!"),
        ("i won!?", "i won!"),
        ("my sister is marrying who??", "my sister is marrying who??"),
        ("is my dog called rex??", "is my dog called rex??"),
        ("my dog is called rex?", "my dog is called rex?"),
        # Names, addresses and capitals are left alone.
        ("My initial is U.", "My initial is U."),
        ("mail u@ur.com or see /u/bf", "mail u@ur.com or see /u/bf"),
        ("the U-Bahn, the u-bend", "the U-Bahn, the u-bend"),
    ],
)
def test_written_out(typed, full):
    assert written_out(typed) == full


@pytest.mark.parametrize(
    ("prompt", "sentence"),
    [
        ("birthday: 3 june", "My birthday is 3 june"),
        ("fave food: ramen!", "My favourite food is ramen"),
        ("wifi password: banana42", "My wifi password is banana42"),
        ("My middle name: Ignatius", "My middle name is Ignatius"),
        # Anybody's form, a quotation, a time, an address on the net.
        ("First name: Bob\nMy job is plumber.", ""),
        ("name: Bob\nage: 7", ""),
        ("My favourite line is: I am the one who knocks.", ""),
        ("favourite site: https://x.org", ""),
        ("meeting: 3 june", ""),
        ("birthday:", ""),
    ],
)
def test_labels(prompt, sentence):
    assert of_a_label(prompt) == sentence


@pytest.mark.parametrize(
    ("prompt", "texts"),
    [
        ("just so u know my hamster's name is Crumb", ["My hamster's name is Crumb"]),
        ("u should know im vegan", ["I am vegan"]),
        ("ur gonna laugh but i named my car Susan", ["I named my car Susan"]),
        ("birthday: 3 june", ["My birthday is 3 june"]),
        ("the new cafe on the corner, it's called Grindstone", ["The new cafe on the corner is called Grindstone"]),
        ("my niece started fencing, goes every thursday", ["My niece started fencing", "My niece goes every thursday"]),
        ("my nan passed away, her name was Edith", ["My nan passed away", "My nan's name was Edith"]),
        ("grew up in Cardiff but live in Bath now", ["I grew up in Cardiff", "I live in Bath"]),
        ("just found out my blood type is B negative", ["My blood type is B negative"]),
        ("hid the presents in the loft", ["I hid the presents in the loft"]),
        ("There are 31 beds on our ward.", ["Our ward has 31 beds"]),
        (
            "im doing a half marathon w/ ann, pray for me, it's in Lowestoft",
            ["I am doing a half marathon with ann, pray for me", "My half marathon is in Lowestoft"],
        ),
        ("sooo i caved", []),
        ("dropped my phone down the loo", ["I dropped my phone down the loo"]),
        (
            "If anyone on the late shift asks, the key to our shed has been moved to a hook.",
            ["The key to our shed has been moved to a hook"],
        ),
        (
            "My gran still exchanges letters with a woman in Rome whom she found through a magazine.",
            ["My gran still exchanges letters with a woman in Rome whom she found through a magazine"],
        ),
        ("been with Sam for three years", ["I have been with Sam for three years"]),
        ("my brother's getting married in September", ["My brother is getting married in September"]),
        ("we're calling the baby Otis", ["We call the baby Otis"]),
        ("bought tickets to see Elbow", ["I bought tickets to see Elbow"]),
    ],
)
def test_what_is_told_in_a_chat(prompt, texts):
    assert told(prompt) == texts


@given(st.text(max_size=80))
def test_no_text_breaks_it(text):
    assert written_out(written_out(text)) is not None
    assert "\n" not in of_a_label(text)
