"""What MkDocs does not do by itself: pages that lie outside ``docs``, and lists of pages in the navigation.

READMEs of plugins and examples, and what stands at the top of the repository, are pages of the site as well. A link
from one page to another is written as a path in the repository, so that it works where the files are browsed; here it
becomes one within the site. A link to a file that is no page (source code) is shown as its text.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any, Dict, List

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]
TOP = ("CONTRIBUTING.md", "CHANGELOG.md")
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)")


def outside_pages(root: Path) -> Dict[str, str]:
    """Return the pages outside ``docs``: path in the repository to path in the site."""
    pages = {name: f"project/{name}" for name in TOP if (root / name).is_file()}
    for readme in sorted(root.glob("sovl_plugins/*/README.md")):
        pages[readme.relative_to(root).as_posix()] = f"plugins/{readme.parent.name}.md"
    for readme in sorted(root.glob("examples/**/README.md")):
        folder = readme.parent.relative_to(root / "examples").as_posix().replace("/", "-")
        pages[readme.relative_to(root).as_posix()] = "examples/index.md" if folder == "." else f"examples/{folder}.md"
    return pages


def within_site(markdown: str, source: str, outside: Dict[str, str], pages: List[str]) -> str:
    """Return a page's text with its links as they are within the site.

    :param source: the page's path in the repository.
    :param outside: see :func:`outside_pages`.
    :param pages: paths in the site of everything it holds.
    """
    here = outside.get(source) or posixpath.relpath(source, "docs")

    def change(found: re.Match) -> str:
        target, hash_, anchor = found.group(2).partition("#")
        if not target or "://" in target or target.startswith("mailto:"):
            return found.group(0)
        there = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        if there == "README.md":
            there = "docs/index.md"
        known = outside.get(there) or (there[len("docs/") :] if there.startswith("docs/") else "")
        if known == "decisions":
            known = next(page for page in pages if page.startswith("decisions/"))
        if known in pages:
            return f"[{found.group(1)}]({posixpath.relpath(known, posixpath.dirname(here))}{hash_}{anchor})"
        # A page that is missing is left as it is, for the strict build to name.
        return found.group(1) if (ROOT / there).exists() and not there.endswith(".md") else found.group(0)

    parts = re.split(r"(^```.*?^```)", markdown, flags=re.DOTALL | re.MULTILINE)
    return "".join(part if part.startswith("```") else LINK.sub(change, part) for part in parts)


def filled(nav: List[Any], paths: List[str]) -> List[Any]:
    """Return a navigation with each entry that ends in a star replaced by the pages that it stands for."""
    entries: List[Any] = []
    for entry in nav:
        if isinstance(entry, dict):
            ((title, inner),) = entry.items()
            if isinstance(inner, list):
                entry = {title: filled(inner, paths)}
            elif inner.endswith("/*"):
                entry = {title: [path for path in sorted(paths) if posixpath.dirname(path) == inner[:-2]]}
        entries.append(entry)
    return entries


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that lie outside, and fill the navigation with what is there."""
    for source, target in outside_pages(ROOT).items():
        files.append(File.generated(config, target, abs_src_path=str(ROOT / source)))
    config.nav = filled(config.nav, [file.src_uri for file in files.documentation_pages()])
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Turn links that hold in the repository into links that hold in the site."""
    source = Path(page.file.abs_src_path).relative_to(ROOT).as_posix()
    return within_site(markdown, source, outside_pages(ROOT), [file.src_uri for file in files.documentation_pages()])
