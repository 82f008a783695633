"""Keeps what libraries warn about off the terminal: it goes to the log of the life, or is shown under ``--debug``."""

from __future__ import annotations

import contextlib
import warnings
from typing import TYPE_CHECKING, Any, Iterator, Optional, TextIO, Type, Union

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext


@contextlib.contextmanager
def library_warnings_logged(app: AppContext) -> Iterator[None]:
    """Within this block Python warnings are written to the log instead of standard error."""
    before = warnings.showwarning

    def show(
        message: Union[Warning, str],
        category: Type[Warning],
        filename: str,
        lineno: int,
        file: Optional[TextIO] = None,
        line: Optional[str] = None,
    ) -> None:
        if app.options.debug:
            before(message, category, filename, lineno, file, line)
            return
        logger: Any = app.opened.logger if app.opened is not None else None
        if logger is not None:
            entry = {"level": "warning", "event": "library_warning", "message": str(message)}
            logger.write({**entry, "category": category.__name__, "place": f"{filename}:{lineno}"})

    # Assigned rather than filtered: filters would also decide what the libraries' own code sees.
    warnings.showwarning = show
    try:
        yield
    finally:
        warnings.showwarning = before
