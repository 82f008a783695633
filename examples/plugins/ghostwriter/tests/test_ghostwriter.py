from __future__ import annotations

import json

import pytest

from sovl_core.error_handling import ConfigError
from sovl_core.events import Dream, NightReport
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin
from sovl_ghostwriter import GhostwriterPlugin

KEY = "sk-not-to-be-seen"
BRUNO = ("What is my dog called?", "Your dog is called Bruno.", "Bruno")


class Sleeper(Plugin):
    """Lives a night that consists of dreams, with a writer of its own."""

    name = "sleeper"

    @hookimpl
    def on_start(self, context):
        self.context = context

    @hookimpl
    def on_dream(self, request):
        return [Dream("rewrite", "Own", "Own", [memory.id], verdict="accepted") for memory in request.memories]

    @hookimpl
    def on_sleep(self, night):
        from sovl_core.events import DreamRequest

        dreams = self.context.hooks.on_dream(DreamRequest(night.memories, breathe=night.breathe))
        self.context.journal.add_dreams(night.number, dreams)
        return NightReport("accepted", learned=[memory.id for memory in night.memories])


@pytest.fixture
def open_it(sovl_life, server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    def opened(**settings):
        given = {"url": server.url, "model": "small", **settings}
        life = sovl_life(
            GhostwriterPlugin, Sleeper, reply="Hm.", **{f"plugins__ghostwriter__{k}": given[k] for k in given}
        )
        life.tell("My dog is called Bruno.")
        return life

    return opened


def written(life):
    return [dream for dream in life.journal.dreams() if dream.writer == "ghostwriter"]


def panel(life):
    return dict(life.plugins.on_status())["ghostwriter"].rows


def test_dreams_of_the_endpoint_stand_beside_those_of_others(open_it, server, says):
    server.answer = says(BRUNO, ("What is my cat called?", "Your cat is called Minka.", "Minka"))
    life = open_it()
    assert life.sleep().status == "accepted"
    dreams = {dream.prompt: (dream.verdict, dream.parents) for dream in written(life)}
    assert dreams == {BRUNO[0]: ("accepted", [1]), "What is my cat called?": ("rejected", [1])}
    assert [dream.prompt for dream in life.journal.dreams() if dream.writer == "sleeper"] == ["Own"]
    assert panel(life)["last time"] == "1 dreams of 1 memories"
    assert server.requests[0][1]["Authorization"] == f"Bearer {KEY}"


def test_the_key_is_nowhere_in_the_life(open_it, server, says):
    server.answer = lambda body: (401, KEY.encode())
    life = open_it()
    life.sleep()
    assert panel(life)["key"] == "from OPENAI_API_KEY"
    entries = json.dumps(life.logger.read())
    assert '"ghostwriter"' in entries
    assert KEY not in entries + json.dumps(panel(life)) + json.dumps(life.status(), default=str)
    life.close()
    for path in life.life.path.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes()


@pytest.mark.parametrize("answer", [(500, b""), (200, b"nonsense"), (200, b'{"choices": []}')])
def test_an_endpoint_that_fails_costs_its_dreams_only(open_it, server, answer):
    server.answer = lambda body: answer
    life = open_it()
    assert life.sleep().status == "accepted"
    assert written(life) == []
    assert [dream.prompt for dream in life.journal.dreams()] == ["Own"]
    assert life.plugins.failures == []
    assert "1 requests failed" in panel(life)["last time"]


def test_what_came_of_it_is_still_known_in_another_process(open_it, server):
    server.answer = lambda body: (404, b"")
    with open_it() as life:
        assert panel(life)["last time"] == "nothing asked yet"
        life.dream()
    assert panel(open_it())["last time"] == "0 dreams of 0 memories; 1 requests failed (it answered 404 Not Found)"


def test_it_gives_up_on_one_that_is_down(open_it, server):
    server.answer = lambda body: (503, b"")
    life = open_it(patience=2, parallel=1)
    for number in range(5):
        life.tell(f"Fact {number}")
    life.sleep()
    assert len(server.requests) == 2
    assert panel(life)["last time"].endswith("gave up with 4 not asked")


def test_a_night_sends_only_so_many_memories(open_it, server, says):
    server.answer = says()
    life = open_it(memories=2)
    for number in range(4):
        life.tell(f"Fact {number}")
    life.sleep()
    sent = sorted(body["messages"][1]["content"].splitlines()[0] for _, _, body in server.requests)
    assert sent == ["What the user said: Fact 2", "What the user said: Fact 3"]


@pytest.mark.parametrize(("settings", "sent"), [({}, [1, 3]), ({"kept_back": ["#"]}, [1, 2])])
def test_memories_of_which_something_was_withheld_are_not_sent(open_it, server, settings, sent):
    texts = {1: "My dog is called Bruno.", 2: "The code of my bank in Oslo is [withheld].", 3: "#My cat is Minka."}
    life = open_it(memories=2, **settings)
    life.tell(texts[2])
    life.tell(texts[3])
    life.sleep()
    asked = {body["messages"][1]["content"].splitlines()[0] for _, _, body in server.requests}
    assert asked == {f"What the user said: {texts[number]}" for number in sent}


def test_the_order_of_dreams_is_that_of_the_memories(open_it, server, says):
    server.answer = says(BRUNO)
    life = open_it()
    for _ in range(6):
        life.tell("His name is Bruno.")
    dreams = life.plugins.get("ghostwriter").on_dream(_request(life))
    assert [dream.parents for dream in dreams] == [[number] for number in range(1, 8)]


def _request(life):
    from sovl_core.events import DreamRequest

    return DreamRequest(life.journal.unconsolidated())


def test_nobody_is_asked_unless_an_address_is_set(open_it, server):
    life = open_it(url="")
    life.sleep()
    assert server.requests == []
    assert "not set" in panel(life)["asks"]


@pytest.mark.parametrize(
    ("url", "message"),
    [("localhost:8080", "http"), ("file:///etc/passwd", "http"), ("https://me:sk-1@host/v1", "environment")],
)
def test_what_is_no_address_is_refused(open_it, url, message):
    with pytest.raises(ConfigError, match=message) as refused:
        open_it(url=url)
    assert "plugins.ghostwriter.url" in str(refused.value)
