"""One request to an OpenAI-compatible endpoint, with nothing but the standard library."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional

#: Bytes of an answer that are read at most.
LONGEST = 2_000_000
_PIECE = 65_536


class EndpointFailed(Exception):
    """The endpoint could not be asked; the message holds neither key nor memory."""


@dataclass(frozen=True)
class Endpoint:
    """Where to ask, and how. The key shows in no ``repr``.

    ``timeout`` is in seconds, for a whole request.
    """

    url: str
    model: str = ""
    key: str = field(default="", repr=False)
    timeout: float = 30.0
    temperature: float = 0.8
    tokens: int = 800

    def ask(self, messages: List[Dict[str, str]]) -> str:
        """Return what is answered to a conversation.

        :raises EndpointFailed: when it cannot be reached, refuses, takes too long, or answers what is no answer.
        """
        body: Dict[str, Any] = {
            "messages": messages,
            "temperature": self.temperature,
            "max_tokens": self.tokens,
            "stream": False,
        }
        if self.model:
            body["model"] = self.model
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        request = urllib.request.Request(
            f"{self.url}/chat/completions", json.dumps(body).encode("utf-8"), headers, method="POST"
        )
        return _content(self._sent(request))

    def _sent(self, request: urllib.request.Request) -> bytes:
        until = time.monotonic() + self.timeout
        try:
            with _OPENER.open(request, timeout=self.timeout) as response:
                return _read(response, until)
        except urllib.error.HTTPError as error:
            error.close()
            # Its own words for it are the server's, which knows the key.
            phrase = http.client.responses.get(error.code, "")
            raise EndpointFailed(f"it answered {error.code} {phrase}".strip()) from None
        except OSError as error:
            raise EndpointFailed(f"{type(error).__name__}: {getattr(error, 'reason', error)}") from None
        except (http.client.HTTPException, ValueError) as error:
            # "Invalid header value" says which: the key.
            raise EndpointFailed(type(error).__name__) from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Refuses redirects: the library would send the key along to wherever it is sent."""

    def redirect_request(self, *arguments: Any, **more: Any) -> Optional[urllib.request.Request]:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def _read(response: Any, until: float) -> bytes:
    """Read an answer piece by piece: the library's own time limit starts anew with each byte."""
    pieces: List[bytes] = []
    length = 0
    while True:
        if time.monotonic() > until:
            raise EndpointFailed("it took too long")
        piece = response.read1(_PIECE)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
        length += len(piece)
        if length > LONGEST:
            raise EndpointFailed("its answer has no end")


def _content(body: bytes) -> str:
    try:
        content = json.loads(body.decode("utf-8"))["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError):
        raise EndpointFailed("it answered something that is no chat completion") from None
    if not isinstance(content, str):
        raise EndpointFailed("it answered without words")
    return content
