"""Text on its way to a terminal: control sequences taken out, consoles for output and errors, JSON.

What a model wrote or a journal holds may contain escape sequences that move the cursor, change the window's title or
turn the direction of text. None of it reaches the terminal: sequences are dropped, what turns or hides text becomes
readable, and accents are not piled up without end. Whoever prints cleans; the consoles made here clean once more.
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, Optional, TextIO, Tuple

if TYPE_CHECKING:
    from rich.console import Console
    from rich.segment import Segment

#: CSI (colours, cursor), string sequences (title, clipboard, links; ended by BEL or ST), then two-character escapes.
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"
)
#: A sequence that has begun and may be completed by the next piece of a stream.
_OPEN_SEQUENCE = re.compile(
    r"(?:(?:\x1b\[|\x9b)[0-?]*[ -/]*|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*\x1b?|\x1b[ -/]*)\Z"
)
#: Control characters but tab and newline: C0, DEL, C1.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
#: Marks that turn or isolate the direction of text, and letters that are not there to be seen (zero width, tags): they
#: make a line read as something else than it is. Joiners stay: scripts and emoji are written with them.
_UNSEEN = re.compile(
    "[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u180e\U000e0000-\U000e007f]"
)
#: Line and paragraph separators break lines on some terminals and overwrite them on others.
_SEPARATORS = {0x2028: "\n", 0x2029: "\n"}
_SURROGATE = re.compile("[\ud800-\udfff]")
#: Accents on one letter; no script needs as many, and each one more is drawn over the lines above and below.
MOST_ACCENTS = 16
#: A sequence left open for longer than this is no sequence; holding text back any further would hide it.
_HELD_BACK = 256
#: Width of tables where there is no terminal whose width they must fit.
FILE_WIDTH = 160


def clean(text: str, keep_lines: bool = True) -> str:
    """Return text that is safe to print.

    :param text: what a model, a journal or a file said.
    :param keep_lines: False puts everything on one line, as a table cell needs it.
    :return: the text without control sequences; what turns or hides text is spelled out as ``<U+202E>``.
    """
    text = _readable(text)
    text = text if text.isascii() else _without_flood(text, 0)[0]
    return text if keep_lines else " ".join(text.split())


class StreamCleaner:
    """Cleans text that arrives in pieces; a sequence that is cut between two pieces is still recognised."""

    def __init__(self) -> None:
        self._held = ""
        self._accents = 0

    def feed(self, piece: str) -> str:
        """Return what of the text so far can be printed now."""
        text = self._held + piece
        self._held = ""
        opened = _OPEN_SEQUENCE.search(text)
        if opened and len(opened.group()) <= _HELD_BACK:
            self._held = opened.group()
            text = text[: opened.start()]
        return self._cleaned(text)

    def finish(self) -> str:
        """Return what was held back, at the end of the stream."""
        text, self._held = self._held, ""
        return self._cleaned(text)

    def _cleaned(self, text: str) -> str:
        if not text:
            return ""
        cleaned, self._accents = _without_flood(_readable(text), self._accents)
        return cleaned


def shorten(text: str, width: int = 80) -> str:
    """Return one clean line of at most ``width`` characters, with an ellipsis where something was cut."""
    line = clean(text, keep_lines=False)
    return line if len(line) <= width else line[: max(0, width - 1)].rstrip() + "…"


def json_text(data: Any) -> str:
    """Return JSON that is safe to print: non-ASCII letters kept, control and direction characters escaped."""
    text = json.dumps(data, ensure_ascii=False, indent=2, default=str)
    text = _SURROGATE.sub(_json_escape, text)
    text = _UNSEEN.sub(_json_escape, text)
    text = re.sub("[\x7f-\x9f\u2028\u2029]", _json_escape, text)
    return text if text.isascii() else _without_flood(text, 0, _escaped)[0]


def make_console(stream: Optional[TextIO] = None, plain: bool = False) -> Console:
    """Return a rich console that prints text as it is: no markup, no emoji codes, no guessing of colours.

    :param stream: where to write, standard output by default.
    :param plain: never use colour or cursor movement, as if the stream were a file.
    """
    stream = sys.stdout if stream is None else stream
    settings: Dict[str, Any] = {"file": stream, "markup": False, "emoji": False, "highlight": False}
    if plain:
        settings.update(force_terminal=False, no_color=True)
    if plain or not is_terminal(stream):
        # What reads a file or a pipe can scroll; columns squeezed to 80 characters help nobody there.
        settings["width"] = FILE_WIDTH
    console: Console = _safe_console_class()(**settings)
    return console


def prepare_streams(source: Any, *targets: Any) -> None:
    """Let no byte and no character that has no place in a stream's encoding end the program.

    :param source: read from; bytes that are no text come as lone surrogates, for :func:`require_whole` to find.
    :param targets: written to, with a replacement for what they cannot encode.
    """
    for stream, errors in ((source, "surrogateescape"), *((target, "replace") for target in targets)):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors=errors)


def is_terminal(*streams: Any) -> bool:
    """Return True when every stream is connected to a terminal."""
    return all(_isatty(stream) for stream in streams)


def require_whole(text: str, name: str) -> None:
    """Refuse text that was read from bytes which are none: what is said becomes memory, and must be what was meant.

    :param name: what the text is, for the message.
    :raises DataError: when it holds bytes that could not be decoded.
    """
    from sovl_core.error_handling import DataError

    if _SURROGATE.search(text):
        raise DataError(f"{name}: not UTF-8 text", "Give it as UTF-8; to convert a file: iconv -t UTF-8 FILE")


def _isatty(stream: Any) -> bool:
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):  # a closed or replaced stream is no terminal
        return False


def _json_escape(found: Any) -> str:
    return _escaped(found.group())


def _escaped(letter: str) -> str:
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def _readable(text: str) -> str:
    text = _SEQUENCE.sub("", text.replace("\r\n", "\n"))
    text = _CONTROL.sub("", text).translate(_SEPARATORS)
    text = _UNSEEN.sub(lambda found: f"<U+{ord(found.group()):04X}>", text)
    return _SURROGATE.sub("\ufffd", text)


def _without_flood(text: str, accents: int, surplus: Callable[[str], str] = lambda accent: "") -> Tuple[str, int]:
    """Drop accents beyond :data:`MOST_ACCENTS` on one letter, or write something else for each.

    :param accents: how many stand on the letter before ``text``.
    :return: the text, and how many stand on its last letter.
    """
    kept = []
    for letter in text:
        accents = accents + 1 if unicodedata.category(letter) in ("Mn", "Me") else 0
        kept.append(letter if accents <= MOST_ACCENTS else surplus(letter))
    return "".join(kept), accents


def _safe_console_class() -> Any:
    """Return rich's console, cleaning whatever text it is given to print: its own sequences are no text."""
    from rich.console import Console
    from rich.segment import Segment as Piece

    class SafeConsole(Console):
        def render(self, renderable: Any, options: Any = None) -> Iterator[Segment]:
            for segment in super().render(renderable, options):
                yield segment if segment.control else Piece(clean(segment.text), segment.style)

    return SafeConsole
