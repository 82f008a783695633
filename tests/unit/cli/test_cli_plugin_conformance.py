"""``sovl plugins check``: a line for each check, and an exit status."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sovl_core.testing import checks
from sovl_core.testing.checks import Check, NotConforming, Subject

pytestmark = pytest.mark.no_torch


def _fail(subject: Subject) -> None:
    raise NotConforming(f"{subject.plugin.name} does \x1b[31mharm")


@pytest.fixture
def some_checks(mocker: Any) -> Any:
    def use(*some: Check) -> None:
        mocker.patch.object(checks, "CHECKS", some)

    return use


def test_all_is_well(shell: Any, some_checks: Any) -> None:
    some_checks(Check("is there", lambda subject: None, "import"), Check("stays", lambda subject: None))
    assert shell("plugins", "check", "play") == 0
    assert shell.out == "ok        is there\nok        stays\n"


def test_what_is_wrong_is_told_and_a_refused_plugin_is_not_asked_to_live(shell: Any, some_checks: Any) -> None:
    some_checks(
        Check("is light", _fail, "import"), Check("fits", _fail, "contract"), Check("lives", lambda subject: None)
    )
    assert shell("plugins", "check", "play") == 1
    assert shell.out.splitlines() == [
        "wrong     is light",
        "          play does harm",
        "wrong     fits",
        "          play does harm",
        "not tried lives",
    ]


def test_a_plugin_that_is_only_heavy_lives_all_the_same(shell: Any, some_checks: Any) -> None:
    some_checks(Check("is light", _fail, "import"), Check("lives", lambda subject: None))
    assert shell("plugins", "check", "play", "--json") == 1
    assert json.loads(shell.out) == [
        {"title": "is light", "problem": "play does \x1b[31mharm"},
        {"title": "lives", "problem": ""},
    ]


def test_a_plugin_that_is_not_installed(shell: Any) -> None:
    assert shell("plugins", "check", "plya") == 2
    assert "next:  Did you mean play?" in shell.err
