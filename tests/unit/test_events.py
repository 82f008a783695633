"""Events: what may be put into them."""

from __future__ import annotations

import pytest

from sovl_core.events import JournalEntry

pytestmark = pytest.mark.no_torch


def test_words_on_their_way_into_the_journal_may_be_others_but_stay_words() -> None:
    entry = JournalEntry("My PIN is 1234.", "prompt", source="chat")
    entry.text = "My PIN is withheld."
    assert entry.text == "My PIN is withheld."
    with pytest.raises(TypeError, match="the text of a journal entry is a str, not NoneType"):
        entry.text = None  # type: ignore[assignment]
    assert entry.text == "My PIN is withheld."
