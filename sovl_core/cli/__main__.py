"""Makes ``python -m sovl_core.cli`` the same as ``sovl``."""

from __future__ import annotations

from sovl_core.cli import main

if __name__ == "__main__":
    main()
