"""The pages on disk: a file a day, in it sections that are found again by what they are about.

A section stands between two comments, so that it is written once, can be taken out again, and leaves whatever its
reader writes beside it alone::

    <!-- episode 12 -->
    ...
    <!-- /episode 12 -->
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Collection, Dict, List, NamedTuple, Sequence

from sovl_core.durable import replace_file

#: At the end of a line that is to be taken out with any of these episodes.
PARENTS = "<!-- of {} -->"
_PARENTS = re.compile(r"<!-- of ([\d ]+) -->$")


class Section(NamedTuple):
    """What a section is about (such as ``episode 12``), when it happened (seconds since the epoch), its Markdown."""

    key: str
    moment: float
    text: str


class Pages:
    """The diary's folder; it is made with the first page.

    :param folder: holds ``2026-11-23.md`` and so on, days of the local time zone.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, sections: Sequence[Section]) -> None:
        """Append sections to the pages of their days; one that is there already is passed over.

        :raises OSError: when a page cannot be written.
        """
        days: Dict[str, List[Section]] = {}
        for section in sections:
            days.setdefault(datetime.fromtimestamp(section.moment).strftime("%Y-%m-%d"), []).append(section)
        for day, of_day in days.items():
            self._append(self._folder / f"{day}.md", of_day)

    def forget(self, episodes: Collection[int]) -> None:
        """Take out the sections of episodes, and the lines of other sections that were made of them.

        :raises OSError: when a page cannot be written.
        """
        for page in sorted(self._folder.glob("*.md")):
            text = page.read_text(encoding="utf-8")
            kept = _without_lines(_without_sections(text, episodes), episodes)
            if kept != text:
                replace_file(page, kept.encode("utf-8"))

    def _append(self, page: Path, sections: Sequence[Section]) -> None:
        there = page.read_text(encoding="utf-8") if page.exists() else ""
        lines = set(there.splitlines())
        new = [section for section in sections if _opening(section.key) not in lines]
        if not new:
            return
        page.parent.mkdir(parents=True, exist_ok=True)
        day = datetime.fromtimestamp(new[0].moment)
        text = "" if there else f"# {day:%A}, {day.day} {day:%B %Y}\n"
        for section in new:
            text += f"\n{_opening(section.key)}\n{section.text}\n{_closing(section.key)}\n"
        with page.open("a", encoding="utf-8") as file:
            file.write(text)


def _opening(key: str) -> str:
    return f"<!-- {key} -->"


def _closing(key: str) -> str:
    return f"<!-- /{key} -->"


def _without_sections(text: str, episodes: Collection[int]) -> str:
    numbers = "|".join(map(str, episodes))
    return re.sub(rf"(?ms)^\n?<!-- (episode (?:{numbers})) -->$.*?^<!-- /\1 -->\n", "", text)


def _without_lines(text: str, episodes: Collection[int]) -> str:
    def about_them(line: str) -> bool:
        found = _PARENTS.search(line.rstrip("\n"))
        return found is not None and not set(map(int, found.group(1).split())).isdisjoint(episodes)

    return "".join(line for line in text.splitlines(keepends=True) if not about_them(line))
