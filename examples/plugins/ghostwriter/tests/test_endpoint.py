from __future__ import annotations

import socket

import pytest

from sovl_ghostwriter import endpoint as module
from sovl_ghostwriter.endpoint import Endpoint, EndpointFailed

KEY = "sk-not-to-be-seen"
ASKED = [{"role": "user", "content": "My dog is called Bruno."}]


def completion(text):
    return b'{"choices": [{"message": {"content": "%s"}}]}' % text


def test_a_conversation_is_sent_and_the_answer_comes_back(server):
    server.answer = lambda body: (200, completion(b"Bruno"))
    asked = Endpoint(server.url, "small", KEY, temperature=0.5, tokens=99)
    assert asked.ask(ASKED) == "Bruno"
    ((path, headers, body),) = server.requests
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert body == {"model": "small", "messages": ASKED, "temperature": 0.5, "max_tokens": 99, "stream": False}
    assert KEY not in repr(asked)


def test_without_a_key_none_is_sent(server):
    server.answer = lambda body: (200, completion(b"Bruno"))
    Endpoint(server.url).ask(ASKED)
    _, headers, body = server.requests[0]
    assert "Authorization" not in headers
    assert "model" not in body


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((401, b"your key sk-not-to-be-seen is wrong"), "401"),
        ((500, b""), "500"),
        ((200, b"not JSON"), "no chat completion"),
        ((200, b"\xff\xfe"), "no chat completion"),
        ((200, b"[]"), "no chat completion"),
        ((200, b'{"choices": []}'), "no chat completion"),
        ((200, b'{"choices": [{"message": {"content": null}}]}'), "without words"),
    ],
)
def test_what_is_no_answer_is_a_failure_that_tells_no_secrets(server, answer, message):
    server.answer = lambda body: answer
    with pytest.raises(EndpointFailed, match=message) as failed:
        Endpoint(server.url, key=KEY).ask(ASKED)
    assert KEY not in str(failed.value)
    assert failed.value.__cause__ is None


def test_the_key_is_not_carried_elsewhere(server):
    server.headers = {"Location": f"{server.url}/elsewhere"}
    server.answer = lambda body: (302, b"")
    with pytest.raises(EndpointFailed, match="302"):
        Endpoint(server.url, key=KEY).ask(ASKED)
    assert len(server.requests) == 1


def test_a_key_that_is_none_is_not_told(server):
    with pytest.raises(EndpointFailed) as failed:
        Endpoint(server.url, key=f"{KEY}\nX: y").ask(ASKED)
    assert str(failed.value) == "ValueError"


def test_nobody_there():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(EndpointFailed, match="refused"):
        Endpoint(f"http://127.0.0.1:{port}/v1").ask(ASKED)


def test_an_endpoint_that_says_nothing(server):
    server.answer = lambda body: (server.let_go.wait(), (200, b""))[1]
    with pytest.raises(EndpointFailed, match="timed out"):
        Endpoint(server.url, timeout=0.05).ask(ASKED)


class Response:
    """Gives a byte whenever it is asked."""

    def __init__(self):
        self.given = 0

    def read1(self, most):
        self.given += 1
        return b" " * (1 if most < 10 else 100_000)


def test_one_that_dribbles_is_left_when_its_time_is_over(mocker):
    clock = mocker.patch.object(module.time, "monotonic", side_effect=[1.0, 2.0, 3.0, 11.0])
    with pytest.raises(EndpointFailed, match="too long"):
        module._read(Response(), until=10.0)
    assert clock.call_count == 4


def test_one_that_does_not_end_is_left():
    response = Response()
    with pytest.raises(EndpointFailed, match="no end"):
        module._read(response, until=float("inf"))
    assert response.given == 21
