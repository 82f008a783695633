"""What may be registered as a plugin, and what is refused with which words."""

from __future__ import annotations

import functools
from typing import Any, List

import pytest
from pydantic import BaseModel

from sovl_core.error_handling import PluginError
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin, PluginSettings
from sovl_core.plugin_check import HookHost, check_class, check_plugin
from sovl_core.plugin_kinds import hook_kinds

pytestmark = pytest.mark.no_torch


class Named(Plugin):
    name = "probe"


def check(plugin: Any) -> List[str]:
    return check_plugin(plugin, HookHost(), hook_kinds())


def refusal(plugin: Any) -> str:
    with pytest.raises(PluginError) as caught:
        check(plugin)
    return str(caught.value)


def test_the_hooks_of_a_good_plugin_are_listed_in_the_order_of_the_specifications() -> None:
    class Good(Named):
        @hookimpl
        def on_stop(self) -> None: ...

        @staticmethod
        @hookimpl
        def on_status() -> None: ...

        @classmethod
        @hookimpl
        def on_feedback(cls, feedback: Any) -> None: ...

        @hookimpl(wrapper=True)
        def on_generate(self, turn: Any) -> Any:
            return (yield)

    assert check(Good()) == ["on_generate", "on_status", "on_feedback", "on_stop"]


def test_a_plugin_without_hooks_is_fine() -> None:
    assert check(Named()) == []


def test_properties_are_not_evaluated() -> None:
    class Lazy(Named):
        @property
        def expensive(self) -> Any:
            raise AssertionError("evaluated")

        @property
        def on_gpu(self) -> Any:
            raise AssertionError("evaluated")

    host = HookHost()
    plugin = Lazy()
    assert check_plugin(plugin, host, hook_kinds()) == []
    host.register(plugin, name="probe")


def test_an_attribute_that_is_no_method_may_begin_with_on() -> None:
    class Carrier(Named):
        on_device = "cpu"

    assert check(Carrier()) == []


def test_an_unknown_hook_is_refused_with_the_nearest_right_name() -> None:
    class Misspelt(Named):
        @hookimpl
        def on_genarate(self, turn: Any) -> None: ...

    assert refusal(Misspelt()) == "there is no hook on_genarate. Did you mean on_generate?"


def test_an_unknown_method_without_decorator_is_refused_too() -> None:
    class Misspelt(Named):
        def on_slep(self, night: Any) -> None: ...

    assert refusal(Misspelt()) == "there is no hook on_slep. Did you mean on_sleep?"


def test_an_unknown_hook_that_resembles_none_lists_all() -> None:
    class Odd(Named):
        @hookimpl
        def zzzzzz(self) -> None: ...

    assert "there is no hook zzzzzz. Hooks: on_generate, on_train_step" in refusal(Odd())


def test_a_hook_of_a_newer_version_may_be_optional() -> None:
    class Ahead(Named):
        @hookimpl(optionalhook=True)
        def on_hibernate(self) -> None: ...

    assert check(Ahead()) == []


def test_a_method_that_lacks_the_decorator_is_refused() -> None:
    class Bare(Named):
        def on_stop(self) -> None: ...

    assert refusal(Bare()) == "on_stop lacks @hookimpl, so it would never be called"


def test_an_override_that_forgot_the_decorator_is_refused() -> None:
    class Parent(Named):
        @hookimpl
        def on_stop(self) -> None: ...

    class Child(Parent):
        def on_stop(self) -> None: ...

    assert check(Parent()) == ["on_stop"]
    assert "on_stop lacks @hookimpl" in refusal(Child())


def test_a_wrong_argument_name_is_refused_with_the_right_one() -> None:
    class Wrong(Named):
        @hookimpl
        def on_generate(self, tunr: Any) -> None: ...

    assert refusal(Wrong()).startswith(
        "on_generate takes tunr: 'Any', which this hook does not have. Did you mean turn?"
    )


def test_a_hook_that_forgot_self_is_refused() -> None:
    class Selfless(Named):
        @hookimpl
        def on_status() -> None: ...  # type: ignore[misc]

    assert refusal(Selfless()) == "on_status does not take self: write it as on_status(self)"


def test_a_further_argument_is_refused() -> None:
    class Wrong(Named):
        @hookimpl
        def on_generate(self, turn, zzz): ...  # type: ignore[no-untyped-def]

    assert refusal(Wrong()) == (
        "on_generate takes zzz, which this hook does not have. Write it as on_generate(self, turn)."
    )


@pytest.mark.parametrize("argument", ["*turns", "**kwargs"])
def test_collecting_arguments_is_refused(argument: str) -> None:
    space: Any = {"hookimpl": hookimpl}
    exec(f"@hookimpl\ndef on_generate(self, turn, {argument}): pass", space)
    plugin = type("Wrong", (Named,), {"on_generate": space["on_generate"]})()
    assert f"on_generate takes {argument}, which this hook does not have" in refusal(plugin)


def test_a_missing_argument_is_refused() -> None:
    class Wrong(Named):
        @hookimpl
        def on_feedback(self) -> None: ...

    assert refusal(Wrong()) == "on_feedback does not take feedback: write it as on_feedback(self, feedback)"


def test_a_default_or_a_keyword_only_argument_is_refused() -> None:
    class Default(Named):
        @hookimpl
        def on_feedback(self, feedback: Any = None) -> None: ...

    class KeywordOnly(Named):
        @hookimpl
        def on_feedback(self, *, feedback: Any) -> None: ...

    expected = "on_feedback must take feedback as a plain argument without a default: on_feedback(self, feedback)"
    assert refusal(Default()) == refusal(KeywordOnly()) == expected


def test_a_decorator_that_keeps_the_signature_is_fine() -> None:
    def noted(function: Any) -> Any:
        @functools.wraps(function)
        def call(*args: Any) -> Any:
            return function(*args)

        return call

    class Decorated(Named):
        @hookimpl
        @noted
        def on_feedback(self, feedback: Any) -> None: ...

    assert check(Decorated()) == ["on_feedback"]


def test_async_hooks_are_refused() -> None:
    class Async(Named):
        @hookimpl
        async def on_generate(self, turn: Any) -> None: ...

    class AsyncGenerator(Named):
        @hookimpl(wrapper=True)
        async def on_generate(self, turn: Any) -> Any:
            yield

    assert refusal(Async()) == refusal(AsyncGenerator()) == "on_generate is async; hooks are called synchronously"


def test_old_style_wrappers_are_refused() -> None:
    class Old(Named):
        @hookimpl(hookwrapper=True)
        def on_generate(self, turn: Any) -> Any:
            yield

    assert refusal(Old()) == "on_generate is an old-style hookwrapper; use @hookimpl(wrapper=True)"


def test_wrapping_a_hook_that_cannot_be_wrapped_is_refused() -> None:
    class Wraps(Named):
        @hookimpl(wrapper=True)
        def on_feedback(self, feedback: Any) -> Any:
            yield

    assert refusal(Wraps()) == "on_feedback cannot be wrapped; implement it with plain @hookimpl"


def test_a_wrapper_without_a_yield_and_a_yield_without_a_wrapper_are_refused() -> None:
    class NoYield(Named):
        @hookimpl(wrapper=True)
        def on_generate(self, turn: Any) -> None: ...

    class NoWrapper(Named):
        @hookimpl
        def on_generate(self, turn: Any) -> Any:
            yield

    assert refusal(NoYield()) == "on_generate is declared a wrapper but has no yield"
    assert refusal(NoWrapper()) == "on_generate has a yield but is not declared @hookimpl(wrapper=True)"


@pytest.mark.parametrize("option", ["tryfirst", "trylast"])
def test_ordering_by_other_means_than_capabilities_is_refused(option: str) -> None:
    class First(Named):
        @hookimpl(**{option: True})
        def on_stop(self) -> None: ...

    assert "order plugins by provides, after and before" in refusal(First())


def test_hooks_under_another_name_are_refused() -> None:
    class Alias(Named):
        @hookimpl(specname="on_stop")
        def finish(self) -> None: ...

    class Crossed(Named):
        @hookimpl(specname="on_stop")
        def on_status(self) -> None: ...

    assert refusal(Alias()) == "finish implements on_stop by specname; give the method the hook's own name"
    assert refusal(Crossed()) == "on_status implements on_stop by specname; give the method the hook's own name"


def test_all_complaints_come_at_once() -> None:
    class Twice(Named):
        def on_stop(self) -> None: ...

        @hookimpl
        def on_feedback(self) -> None: ...

    assert len(refusal(Twice()).split("; ")) == 2


@pytest.mark.parametrize("name", ["", "Dream", "my-plugin", "../state", "2fast", "none", 7])
def test_names_that_cannot_be_keys_and_files_are_refused(name: Any) -> None:
    plugin = Named()
    plugin.name = name
    assert refusal(plugin).startswith(f"name {name!r} is not made of")


def test_what_is_no_plugin_is_refused() -> None:
    assert refusal(object()).endswith("is no instance of sovl_core.plugin.Plugin")


@pytest.mark.parametrize(("version", "upgrade"), [("0.9", "the plugin"), (2, "sovl"), ("1.1", "sovl")])
def test_another_hook_api_version_is_refused(version: Any, upgrade: str) -> None:
    plugin = Named()
    plugin.hook_api = version
    assert refusal(plugin) == f"it is written for hook API {version}, this SOVL has 1.0: upgrade {upgrade}"


@pytest.mark.parametrize("field", ["provides", "after", "before", "requires"])
@pytest.mark.parametrize("value", ["model.precision", ("a", 1), None])
def test_capabilities_are_tuples_of_words(field: str, value: Any) -> None:
    plugin = Named()
    setattr(plugin, field, value)
    assert refusal(plugin).startswith(f"{field} is {value!r}, not a tuple of capability names")


class WithEnabled(PluginSettings):
    enabled: bool = True


class Lenient(BaseModel):
    noise: float = 0.1


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (dict, "settings_model is <class 'dict'>, not a subclass of PluginSettings"),
        (PluginSettings(), "settings_model is PluginSettings(), not a subclass of PluginSettings"),
        (WithEnabled, "its settings have a field 'enabled', which every plugin's table has already"),
        (Lenient, "settings_model accepts unknown keys; derive it from PluginSettings"),
    ],
)
def test_unusable_settings_models_are_refused(model: Any, message: str) -> None:
    plugin = Named()
    plugin.settings_model = model
    assert refusal(plugin) == message


def test_an_entry_point_names_a_subclass_of_plugin_with_its_own_name() -> None:
    check_class(Named, "probe")
    for found in (object, Named(), 3):
        with pytest.raises(PluginError, match=r"which is no subclass of sovl_core\.plugin\.Plugin"):
            check_class(found, "probe")
    with pytest.raises(PluginError, match="its entry point is called 'dream', but its class has name = 'probe'"):
        check_class(Named, "dream")
