"""The documentation holds: it is built without a warning, fetches nothing, and says what the code says."""

from __future__ import annotations

import logging
import re
import sys
from pathlib import Path
from typing import Any, List

import pytest

ROOT = Path(__file__).parents[2]

# MkDocs is pinned for the Python that the project is developed with; on the oldest one there is none.
with_mkdocs = pytest.mark.skipif(sys.version_info < (3, 11), reason="the pinned MkDocs needs Python 3.11")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the folder of the site, built strictly, with what MkDocs complained of."""
    from mkdocs.commands.build import build
    from mkdocs.config import load_config
    from mkdocs.exceptions import Abort

    complaints: List[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            complaints.append(record.getMessage())

    folder, listener, log = tmp_path_factory.mktemp("site"), Listener(logging.WARNING), logging.getLogger("mkdocs")
    log.addHandler(listener)
    try:
        config = load_config(str(ROOT / "mkdocs.yml"), strict=True, site_dir=str(folder))
        config.plugins.on_startup(command="build", dirty=False)
        build(config)
    except Abort:
        pass
    finally:
        log.removeHandler(listener)
    return folder, complaints


@with_mkdocs
def test_every_page_is_listed_and_every_link_leads_somewhere(site: Any) -> None:
    folder, complaints = site
    assert complaints == []
    assert (folder / "tutorial" / "first-night.html").is_file()
    assert (folder / "plugins" / "dream.html").is_file()


@with_mkdocs
def test_a_reader_fetches_nothing_from_elsewhere(site: Any) -> None:
    folder, _ = site
    fetched = re.compile(
        r"<(?:script|link|img|iframe|source|object)\b[^>]*?\b(?:src|href|data)=[\"']?((?:https?:)?//[^\"' >]+)"
    )
    pages = list(folder.rglob("*.html"))
    assert len(pages) > 30
    assert {found for page in pages for found in fetched.findall(page.read_text(encoding="utf-8"))} == set()
    styles = [path.read_text(encoding="utf-8") for path in folder.rglob("*.css")]
    assert [found for style in styles for found in re.findall(r"url\([\"']?(?:https?:)?//[^)]*", style)] == []
    # The theme fetches Mermaid for a page that has such a diagram; ours are files of the site.
    assert [page.name for page in pages if 'class="mermaid"' in page.read_text(encoding="utf-8")] == []


def test_what_is_written_out_of_the_code_says_what_the_code_says() -> None:
    from tools.reference.__main__ import wanted_pages

    pages = wanted_pages()
    assert {path.name for path in pages} >= {"commands.md", "settings.md", "hooks.md", "objects.md", "first-plugin.md"}
    behind = [
        str(path.relative_to(ROOT))
        for path, text in pages.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    assert behind == [], "type: make docs"
