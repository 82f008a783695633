"""Completion in the shell: what bash, zsh and fish ask when Tab is pressed, answered as click does.

``eval "$(_SOVL_COMPLETE=bash_source sovl)"`` switches it on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

import click

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext

#: The environment variable in which the shell asks, by click's convention.
VARIABLE = "_SOVL_COMPLETE"


def complete(application: click.Command, app: AppContext) -> Optional[int]:
    """Print what the shell asked for and return the exit status, None when it asked for nothing."""
    asked = app.environ.get(VARIABLE)
    if not asked:
        return None
    from click.shell_completion import shell_complete

    try:
        return shell_complete(application, {"obj": app}, "sovl", VARIABLE, asked)
    except Exception:  # nothing may be printed into the line that is being typed
        return 1
    finally:
        app.close()
