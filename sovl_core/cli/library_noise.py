"""Keeps what libraries warn about off the terminal: it goes to the log of the life, or is shown under ``--debug``."""

from __future__ import annotations

import contextlib
import copy
import logging
import warnings
from typing import TYPE_CHECKING, Any, Iterator, Optional, TextIO, Type, Union

from sovl_core.cli.terminal import clean
from sovl_core.masking import masked

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext


@contextlib.contextmanager
def library_warnings_logged(app: AppContext) -> Iterator[None]:
    """Within this block Python warnings, and what libraries log with nobody listening, go to the log."""
    before, last_resort = warnings.showwarning, logging.lastResort

    def show(
        message: Union[Warning, str],
        category: Type[Warning],
        filename: str,
        lineno: int,
        file: Optional[TextIO] = None,
        line: Optional[str] = None,
    ) -> None:
        if app.options.debug:
            before(clean(masked(str(message))), category, filename, lineno, file, line)
            return
        note(str(message), category.__name__, f"{filename}:{lineno}")

    def note(message: str, category: str, place: str) -> None:
        logger: Any = app.opened.logger if app.opened is not None else None
        if logger is not None:
            entry = {"level": "warning", "event": "library_warning", "message": message}
            logger.write({**entry, "category": category, "place": place})

    class LastResort(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if app.options.debug and last_resort is not None:
                shown = copy.copy(record)
                shown.msg, shown.args = clean(masked(record.getMessage())), None
                last_resort.handle(shown)
            else:
                note(record.getMessage(), record.levelname, f"{record.pathname}:{record.lineno}")

    # Assigned rather than filtered: filters would also decide what the libraries' own code sees.
    warnings.showwarning = show
    logging.lastResort = LastResort(logging.WARNING)
    try:
        yield
    finally:
        warnings.showwarning = before
        logging.lastResort = last_resort
