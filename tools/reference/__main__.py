"""Write the reference and the excerpts of all pages into ``docs``: ``python -m tools.reference``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Dict

from tools.reference.commands_page import commands_page
from tools.reference.excerpts import with_excerpts
from tools.reference.first_party import ROOT, commands_of, plugins, surroundings_of
from tools.reference.hooks_page import hooks_page, objects_page
from tools.reference.settings_page import settings_page


def wanted_pages(root: Path = ROOT) -> Dict[Path, str]:
    """Return every page that has something written out of the code, with the text it should have."""
    own = plugins()
    folder = root / "docs" / "reference"
    pages = {
        folder / "commands.md": commands_page(commands_of(own), surroundings_of(own)),
        folder / "settings.md": settings_page(own),
        folder / "hooks.md": hooks_page(own),
        folder / "objects.md": objects_page(),
    }
    for path in sorted((root / "docs").rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        if path not in pages and "<!-- from " in text:
            pages[path] = with_excerpts(text, root)
    return pages


def main() -> int:
    """Write what is not as it should be; name it."""
    for path, text in wanted_pages().items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"written: {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
