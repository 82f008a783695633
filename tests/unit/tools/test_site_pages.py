"""The site's own pages: what lies outside ``docs`` comes in, and links hold within the site."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(sys.version_info < (3, 11), reason="the pinned MkDocs needs Python 3.11")

ROOT = Path(__file__).parents[3]
OUTSIDE = {"sovl_plugins/dream/README.md": "plugins/dream.md", "CHANGELOG.md": "project/CHANGELOG.md"}
PAGES = ["index.md", "how-to/talk.md", "decisions/0001.md", *OUTSIDE.values()]


@pytest.fixture(scope="module")
def site_pages() -> Any:
    spec = importlib.util.spec_from_file_location("site_pages", str(ROOT / "tools" / "site_pages.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pages_outside_are_found(site_pages: Any, tmp_path: Path) -> None:
    for name in (
        "CHANGELOG.md",
        "sovl_plugins/dream/README.md",
        "examples/README.md",
        "examples/plugins/diary/README.md",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("# X\n")
    assert site_pages.outside_pages(tmp_path) == {
        "CHANGELOG.md": "project/CHANGELOG.md",
        "sovl_plugins/dream/README.md": "plugins/dream.md",
        "examples/README.md": "examples/index.md",
        "examples/plugins/diary/README.md": "examples/plugins-diary.md",
    }


@pytest.mark.parametrize(
    ("source", "link", "within"),
    [
        ("docs/how-to/talk.md", "../../sovl_plugins/dream/README.md#settings", "../plugins/dream.md#settings"),
        ("docs/index.md", "how-to/talk.md", "how-to/talk.md"),
        ("sovl_plugins/dream/README.md", "../../docs/how-to/talk.md", "../how-to/talk.md"),
        ("sovl_plugins/dream/README.md", "../../README.md", "../index.md"),
        ("CHANGELOG.md", "docs/decisions", "../decisions/0001.md"),
        ("docs/index.md", "https://example.org/a.md", "https://example.org/a.md"),
        ("docs/index.md", "#below", "#below"),
        # What does not exist stays as it is, so that the strict build names it.
        ("docs/index.md", "gone.md", "gone.md"),
    ],
)
def test_a_link_of_the_repository_becomes_one_of_the_site(site_pages: Any, source: str, link: str, within: str) -> None:
    assert site_pages.within_site(f"see [it]({link}).", source, OUTSIDE, PAGES) == f"see [it]({within})."


def test_a_link_to_source_code_is_shown_as_its_text(site_pages: Any) -> None:
    text = "see [`the demo`](../examples/short_life.py) ![diagram](images/a.svg)"
    assert site_pages.within_site(text, "docs/index.md", OUTSIDE, PAGES) == "see `the demo` ![diagram](images/a.svg)"


def test_blocks_of_code_are_left_alone(site_pages: Any) -> None:
    text = "```text\n[x](../README.md)\n```\n"
    assert site_pages.within_site(text, "docs/index.md", OUTSIDE, PAGES) == text


def test_a_star_in_the_navigation_stands_for_the_pages_there_are(site_pages: Any) -> None:
    nav = ["index.md", {"Why": [{"Decisions": "decisions/*"}, {"Talk": "how-to/talk.md"}]}]
    paths = ["decisions/0002.md", "decisions/0001.md", "decisions/old/0000.md", "index.md"]
    assert site_pages.filled(nav, paths) == [
        "index.md",
        {"Why": [{"Decisions": ["decisions/0001.md", "decisions/0002.md"]}, {"Talk": "how-to/talk.md"}]},
    ]
