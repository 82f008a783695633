"""The ``sovl`` command and the interactive session: a thin layer over :class:`sovl_core.system.SOVLSystem`."""

from __future__ import annotations


def main() -> None:
    """Run the command line of this process and leave with its exit status."""
    import sys

    from sovl_core.cli.application import run

    sys.exit(run())
