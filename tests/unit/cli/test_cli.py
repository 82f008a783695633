from __future__ import annotations

import sys
from typing import Any

import pytest

from sovl_core.cli import main

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(("arguments", "status"), [(["--version"], 0), (["slep"], 2)])
def test_the_process_leaves_with_the_exit_status(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, arguments: list, status: int
) -> None:
    monkeypatch.setattr(sys, "argv", ["sovl", *arguments])
    with pytest.raises(SystemExit) as leaving:
        main()
    assert leaving.value.code == status


def test_an_interrupt_that_nothing_caught_is_no_traceback(mocker: Any) -> None:
    mocker.patch("sovl_core.cli.application.run", side_effect=KeyboardInterrupt)
    with pytest.raises(SystemExit) as leaving:
        main()
    assert leaving.value.code == 130
