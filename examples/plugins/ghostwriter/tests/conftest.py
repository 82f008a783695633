"""A real server on this machine that speaks as much of the protocol as a test wants it to."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Server:
    """``answer(body)`` returns (status, bytes), or a list of pieces to be sent one by one; keeps what it was sent."""

    def __init__(self):
        self.requests = []
        self.answer = lambda body: (200, completion("[]"))
        self.headers = {}
        self.let_go = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.requests.append((self.path, dict(self.headers), body))
                status, content = outer.answer(body)
                self.send_response(status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *arguments):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        # Whoever gives up on an answer closes the line.
        self.http.handle_error = lambda request, address: None
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"

    def close(self):
        self.let_go.set()
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


def completion(content):
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}).encode()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    running = Server()
    yield running
    running.close()


@pytest.fixture
def says():
    """Return ``says(*entries)``: an answer of the server with a list of (question, answer, key)."""

    def answer(*entries):
        listed = [{"question": question, "answer": text, "key": key} for question, text, key in entries]
        return lambda body: (200, completion(json.dumps(listed)))

    return answer
