"""Lines that say whose the lines below them are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_dream.stamped import is_heading

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    "line",
    [
        "Bob Smith  12:03 PM",
        "Bob Smith 12:03",
        "bob  [12:03 PM]",
        "Jo Park (she/her)  9:41 AM",
        "JoPark — Today at 21:07",
        "bob_77 — 03/05/2024 12:03 PM",
        "[Monday 9:41 AM] Jo Park",
        "Bob Smith, [3 May 2024 at 12:03:44]:",
        "Today 12:03 PM",
        "Tue, Nov 9 at 9:07 PM",
        "@bob_smith · 3h",
        "Maria L. @maria_l · Nov 9",
        "u/bob • 3 hr. ago",
        "bob77 3 hours ago",
        "Posted by Bob on 3 May 2024",
        "By Bob Smith",
        "--- page 3 ---",
        "Chapter 1",
        "Source: https://example.com",
        "[Verse 1]",
        "00:00:01.000 --> 00:00:04.000",
    ],
)
def test_a_line_of_who_and_when_with_text_below_it(line):
    assert is_heading([line, "My dog is called Rex."], 0)
    assert is_heading([line, "", "My dog is called Rex."], 0)
    assert not is_heading(["My dog is called Rex.", line], 1)


@pytest.mark.parametrize(
    "line",
    [
        "My shift starts at 9:15",
        "My shift  9:15",
        "Our match, Saturday 15:00",
        "I wake at 6:30",
        "Friday 9:15",
        "gym, 12:30",
        "Lunch 12:30",
        "Gym – Monday",
        "Instagram @noor",
        "My handle is @noor",
        "Three hours ago",
        "I ate 3 hours ago",
        "Chapter 1 is done",
        "On 3 May 2024, 12:03 my son was born",
        "",
    ],
)
def test_what_people_say_of_themselves_is_no_such_line(line):
    assert not is_heading([line, "My dog is called Rex."], 0)


def test_a_clock_below_a_name_is_one_and_no_other_clock():
    assert is_heading(["Bob Smith", "  12:03 PM", "My dog is called Rex."], 1)
    assert is_heading(["Bob Smith", "Friday 12:03", "My dog is called Rex."], 1)
    assert not is_heading(["My train leaves:", "12:03", "My dog is called Rex."], 1)
    assert not is_heading(["12:03", "My dog is called Rex."], 0)


@given(st.lists(st.text(st.sampled_from("Bob 12:3PM@_—·[]()u/ago"), max_size=80), min_size=1, max_size=4))
def test_any_lines(lines):
    assert is_heading(lines, 0) in (True, False)
