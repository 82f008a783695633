from __future__ import annotations

import pytest

from sovl_core.command_mistakes import mistakes_named
from sovl_core.error_handling import BadInput, PluginError
from sovl_core.plugin_blame import absolve
from tests.unit.plugin_manager.plugins import Everything, hosted

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize("error", [KeyError("colour"), RuntimeError("no context"), AssertionError()])
def test_a_mistake_is_named_with_plugin_and_command(error: Exception) -> None:
    named = pytest.raises(PluginError, match=r"^The plugin 'everything' .*failed in its command 'sing': ")
    with named as caught, mistakes_named(hosted(Everything()), "everything", "sing"):
        raise error
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("error", [BadInput("which?"), OSError(28, "full"), MemoryError(), KeyboardInterrupt()])
def test_what_is_explained_already_passes(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, mistakes_named(hosted(Everything()), "everything", "sing"):
        raise error
    assert caught.value is error


def test_what_the_kernel_raised_passes() -> None:
    error = ValueError("the kernel's")
    absolve(error)
    with pytest.raises(ValueError, match="kernel") as caught, mistakes_named(hosted(Everything()), "everything", "s"):
        raise error
    assert caught.value is error
