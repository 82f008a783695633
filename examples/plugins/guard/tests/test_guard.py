from __future__ import annotations

import json

import pytest

from sovl_core.error_handling import ConfigError
from sovl_core.events import Dream, Feedback
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin
from sovl_core.records import Exchange
from sovl_guard import GuardPlugin, plugin

SECRET = "hunter2"
SAID = f"My password is {SECRET}"
KEPT = "My password is [withheld]"


class Dreamer(Plugin):
    """Dreams of each memory both ways, and of something else that was said with it."""

    name = "dreamer"

    @hookimpl
    def on_dream(self, request):
        return [
            Dream("question", prompt, completion, [memory.id])
            for memory in request.memories
            for prompt, completion in (
                ("What is my password?", memory.prompt),
                (f"{memory.prompt}. Who says so?", "You do."),
                ("What is my dog called?", "Your dog is called Rex."),
            )
        ]


@pytest.fixture
def life(sovl_life):
    return sovl_life(GuardPlugin, reply=lambda turn: f"So your password is {SECRET}, as you said: {turn.prompt}")


def everything_on_disk(life):
    files = [path for path in life.life.path.rglob("*") if path.is_file()]
    assert files
    return b"".join(path.read_bytes() for path in files)


def test_no_file_of_the_life_ever_holds_a_secret(life):
    life.generate(SAID)
    life.tell(SAID)
    life.feedback(Feedback("correction", -1.0, f"No, the password is {SECRET}", episode=1))
    life.journal.add_question(f"Is your password: {SECRET}?", "curiosity")
    life.journal.take_in([Exchange(SAID, f"Your password is {SECRET}")])
    heard = [episode.prompt for episode in life.journal.episodes()]
    assert heard == [KEPT, "No, the password is [withheld]", KEPT, KEPT]
    assert life.journal.episode(1).reply == f"So your password is [withheld] as you said: {KEPT}"
    # As a session writes the lines that are typed.
    assert life.journal.screened(SAID, "typed") == KEPT
    panel = dict(life.plugins.on_status())["guard"]
    assert panel.rows == {"withheld since the start": "7 password"}
    life.close()
    assert SECRET.encode() not in everything_on_disk(life)


def test_what_is_no_secret_is_kept_as_it_was_said(life):
    assert life.tell("The code for the cellar is 7316").prompt == "The code for the cellar is 7316"
    assert dict(life.plugins.on_status())["guard"].rows == {"withheld since the start": 0}


def test_patterns_of_ones_own(sovl_life):
    settings = {"patterns": [r"cellar is (?P<secret>\d+)"], "known": [], "replacement": "****"}
    life = sovl_life(GuardPlugin, reply="I see.", **{f"plugins__guard__{key}": it for key, it in settings.items()})
    assert life.tell(f"The code for the cellar is 7316. {SAID}").prompt == f"The code for the cellar is ****. {SAID}"


@pytest.mark.parametrize(("key", "value", "message"), [("patterns", ["("], "regular"), ("known", ["x"], "not known")])
def test_wrong_settings_are_named_with_their_key(sovl_life, key, value, message):
    with pytest.raises(ConfigError, match=message) as refused:
        sovl_life(GuardPlugin, reply="I see.", **{f"plugins__guard__{key}": value})
    assert f"plugins.guard.{key}" in str(refused.value)


@pytest.mark.parametrize("replacement", ["[withheld]", "", " "])
def test_that_something_was_withheld_is_not_dreamed(sovl_life, replacement):
    life = sovl_life(GuardPlugin, Dreamer, reply="I see.", plugins__guard__replacement=replacement)
    life.tell(f"{SAID} and my dog is called Rex.")
    dreams = life.dream()
    assert [dream.completion for dream in dreams if dream.prompt == "What is my dog called?"]
    assert len(dreams) == (3 if not replacement.strip() else 1)


def test_what_the_guard_could_not_look_at_is_not_dreamed_either(sovl_life, mocker):
    life = sovl_life(GuardPlugin, Dreamer, reply="I see.")
    mocker.patch.object(plugin, "find", side_effect=RecursionError(SECRET))
    life.tell(SAID)
    assert len(life.dream()) == 1


def test_when_it_fails_nothing_slips_through(life, mocker):
    mocker.patch.object(plugin, "find", side_effect=RecursionError(SECRET))
    assert life.tell(SAID).prompt == "[withheld: the guard failed]"
    assert life.plugins.failures == []


def test_the_log_has_kinds_and_no_words(life):
    life.tell(SAID)
    entries = life.logger.read()
    (entry,) = [entry for entry in entries if entry["event"] == "secret_withheld"]
    assert (entry["part"], entry["kinds"]) == ("prompt", {"password": 1})
    assert SECRET not in json.dumps(entries)


def test_secrets_of_before_are_found_by_number(sovl_life):
    before = sovl_life(reply="I see.")
    before.journal.take_in([Exchange(SAID if number in (0, 501) else KEPT) for number in range(502)])
    before.close()
    life = sovl_life(GuardPlugin, reply="I see.")
    run = life.commands()["secrets"].run
    assert run([], {}) == "2 turns hold secrets. To forget: sovl forget 1 502"
    life.forget(1, 502)
    assert run([], {}) == "No turn holds anything that is withheld."
