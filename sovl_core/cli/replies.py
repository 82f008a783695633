"""A reply on its way to the reader: a sign of life until the first word, then text as it comes, wrapped at words."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Iterator, Optional, TextIO

from sovl_core.cli.terminal import StreamCleaner, clean

if TYPE_CHECKING:
    from rich.console import Console

#: Narrower terminals are left to wrap by themselves.
LEAST_WIDTH = 20


class WordWrapper:
    """Breaks lines at words while text arrives in pieces.

    :param width: columns of the terminal; 0 breaks nothing.
    """

    def __init__(self, width: int) -> None:
        self._width = width if width >= LEAST_WIDTH else 0
        self._column = 0
        self._word = ""
        self._gap = ""

    def feed(self, text: str) -> str:
        """Return what can be printed now; a word is printed when it is known to fit."""
        if not self._width:
            return text
        return "".join(self._take(character) for character in text)

    def finish(self) -> str:
        """Return the last word."""
        return self._place_word()

    def _take(self, character: str) -> str:
        if character == "\n":
            printed = self._place_word()
            self._column, self._gap = 0, ""
            return printed + "\n"
        if character in " \t":
            printed = self._place_word()
            self._gap += character
            return printed
        self._word += character
        return ""

    def _place_word(self) -> str:
        from rich.cells import cell_len

        if not self._word:
            return ""
        word, gap = self._word, self._gap
        self._word = self._gap = ""
        gap_width = sum(1 if blank == " " else 8 for blank in gap)
        if self._column and self._column + gap_width + cell_len(word) > self._width:
            self._column = cell_len(word)
            return "\n" + word
        self._column += gap_width + cell_len(word)
        return gap + word


def left_to_print(streamed: str, text: str) -> str:
    """Return what a reader who saw ``streamed`` has not seen of a reply: a plugin may change it once it is there.

    :return: what goes on after it; all of it, on a line of its own, where the reply is another; "" where it is only
        shorter, for nothing can be taken back.
    """
    if text.startswith(streamed):
        return text[len(streamed) :]
    seen, said = streamed.split(), text.split()
    if seen[: len(said)] == said:
        return ""
    return "\n" + text


class ReplyPrinter:
    """Prints one reply.

    :param stream: where the reply goes.
    :param console: a terminal on which a spinner may turn until the first word; None for none.
    :param width: columns at which to break lines; 0 breaks nothing.
    """

    def __init__(self, stream: TextIO, console: Optional[Console] = None, width: int = 0) -> None:
        self._stream = stream
        self._console = console
        self._cleaner = StreamCleaner()
        self._wrapper = WordWrapper(width)
        self._status: Any = None
        self._streamed = ""
        self.printed = ""
        #: Why nothing more can be printed (the reader has closed the pipe, say), None while all is well.
        self.failure: Optional[OSError] = None

    @contextlib.contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """Within this block a spinner says what is being waited for, until the first word is there."""
        if self._console is not None and self._console.is_terminal:
            from rich.text import Text

            self._status = self._console.status(Text(text, style="dim"), spinner="dots")
            self._status.start()
        try:
            yield
        finally:
            self.stop_waiting()

    def stop_waiting(self) -> None:
        """Take the spinner away."""
        status, self._status = self._status, None
        if status is not None:
            status.stop()

    def on_text(self, piece: str) -> None:
        """Print the next piece of the reply; a stream that takes no more is noted, and :meth:`finish` raises it.

        Raised here, within the reply, it would pass for a failure of the reply itself.
        """
        if self.failure is not None:
            return
        self._streamed += piece
        try:
            self._write(self._wrapper.feed(self._cleaner.feed(piece)))
        except OSError as error:
            self.failure = error

    def finish(self, text: str) -> None:
        """End the reply with a line break, after what was not streamed of it.

        :param text: the whole reply, as the system returned it.
        :raises OSError: when the stream takes no more.
        """
        if self.failure is not None:
            raise self.failure
        self._write(self._wrapper.feed(self._cleaner.finish()) + self._wrapper.finish())
        rest = left_to_print(self._streamed, text) if self.printed.strip() else text
        self._write(self._wrapper.feed(clean(rest)) + self._wrapper.finish())
        self._write("\n")

    def _write(self, text: str) -> None:
        if not text:
            return
        self.stop_waiting()
        self.printed += text
        self._stream.write(text)
        self._stream.flush()
