"""The ``sovl`` command and the interactive session: a thin layer over :class:`sovl_core.system.SOVLSystem`."""

from __future__ import annotations


def main() -> None:
    """Run the command line of this process and leave with its exit status."""
    import sys

    try:
        from sovl_core.cli.application import run

        status = run()
    except KeyboardInterrupt:  # pressed before anything could catch it, or while the life was being closed
        status = 130
    sys.exit(status)
