"""Imports that a piece of code needs."""

from __future__ import annotations

import pytest

from sovl_core.new_plugin.imports import imports_for

pytestmark = pytest.mark.no_torch


def test_what_is_used_is_imported_section_by_section() -> None:
    code = "class A(Plugin):\n    def f(self, turn: Turn) -> Optional[Any]:\n        return random(pytest, Mine)\n"
    assert imports_for(code, {"mine.parts": ["Mine", "Yours"]}) == (
        "import random\nfrom typing import Any, Optional\n\n"
        "import pytest\nfrom sovl_core.events import Turn\nfrom sovl_core.plugin import Plugin\n\n"
        "from mine.parts import Mine"
    )


def test_words_of_a_docstring_are_no_names() -> None:
    assert imports_for('"""Turn, Night and Models."""\n', {}) == ""


def test_a_long_list_takes_a_line_for_each() -> None:
    names = [f"Name{number:02}" for number in range(20)]
    found = imports_for("\n".join(names), {"mine": names})
    assert found.splitlines()[:2] == ["from mine import (", "    Name00,"]
    assert found.splitlines()[-1] == ")"
