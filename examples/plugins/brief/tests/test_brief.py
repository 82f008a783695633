from __future__ import annotations

from sovl_brief import BriefPlugin
from sovl_core.events import Reply
from sovl_core.testing import PluginConformance


# [test]
def say(turn):
    """Reply as many words as the turn allows, like a model that never stops by itself."""
    return Reply(" ".join(["word"] * turn.max_new_tokens), finish_reason="length")


def test_replies_are_short(sovl_life):
    life = sovl_life(BriefPlugin, reply=say, plugins__brief__tokens=3)
    assert life.generate("Hello").text == "word word word"


def test_the_count_of_cut_replies_outlives_the_session(sovl_life):
    with sovl_life(BriefPlugin, reply=say) as life:
        life.generate("Hello")
    with sovl_life(BriefPlugin, reply=say) as life:
        assert "1 replies cut" in life.commands()["brief"].run([], {})


class TestConformance(PluginConformance):
    plugin = BriefPlugin


# [end test]


def test_a_shorter_limit_of_the_user_stays(sovl_life):
    life = sovl_life(BriefPlugin, reply=say, generation__max_new_tokens=2)
    assert life.generate("Hello").text == "word word"


def test_what_is_no_reply_to_the_user_is_left_alone(sovl_life):
    from sovl_core.events import Turn

    life = sovl_life(BriefPlugin, reply=say, plugins__brief__tokens=3)
    assert life.answer(Turn("Hello", purpose="evaluation", max_new_tokens=5)).text.count("word") == 5
    assert "0 replies cut" in life.commands()["brief"].run([], {})


def test_the_command_changes_the_limit(sovl_life):
    life = sovl_life(BriefPlugin, reply=say)
    assert life.commands()["brief"].run([], {"tokens": 2}).startswith("at most 2 tokens")
    assert life.generate("Hello").text == "word word"


def test_status_shows_the_count(sovl_life):
    life = sovl_life(BriefPlugin, reply=say)
    life.generate("Hello")
    assert {"plugin": "brief", "title": "Brief", "rows": {"replies cut": 1}} in life.status()["panels"]
