"""Order by capability names: topological, the same everywhere; cycles and missing requirements refused by name."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.plugin_order import Place, dependants, places, resolve

pytestmark = pytest.mark.no_torch


@dataclass
class P:
    name: str
    provides: Tuple[str, ...] = ()
    after: Tuple[str, ...] = ()
    before: Tuple[str, ...] = ()
    requires: Tuple[str, ...] = ()


def test_without_constraints_names_decide() -> None:
    assert resolve([P("c"), P("a"), P("b")]).order == ["a", "b", "c"]


def test_after_and_before_need_no_names() -> None:
    quantization = P("quantization", provides=("model.precision",))
    cross = P("cross_attention", provides=("scaffold.context",), after=("model.precision",))
    early = P("z_early", before=("model.precision",))
    assert resolve([cross, quantization, early]).order == ["z_early", "quantization", "cross_attention"]


def test_a_required_capability_comes_first() -> None:
    assert resolve([P("a", requires=("x",)), P("b", provides=("x",))]).order == ["b", "a"]


def test_a_capability_that_nobody_provides_orders_nothing() -> None:
    assert resolve([P("b", after=("x",)), P("a", before=("y",))]).order == ["a", "b"]


def test_a_plugin_comes_after_all_providers() -> None:
    resolution = resolve([P("a", after=("x",)), P("m", provides=("x",)), P("n", provides=("x",))])
    assert resolution.order == ["m", "n", "a"]


def test_a_plugin_may_be_after_what_it_provides_itself() -> None:
    assert resolve([P("a", provides=("x",), after=("x",)), P("b", provides=("x",))]).order == ["b", "a"]
    assert resolve([P("a", provides=("x",), after=("x",))]).order == ["a"]


def test_a_missing_requirement_is_named() -> None:
    resolution = resolve([P("a", requires=("x", "y", "z")), P("b", provides=("y",))])
    assert resolution.order == ["b"]
    assert resolution.refused == {"a": "requires 'x' and 'z', which no plugin that is on provides"}


def test_refusing_one_plugin_takes_away_what_another_requires() -> None:
    resolution = resolve([P("a", requires=("x",)), P("b", provides=("x",), requires=("y",)), P("c")])
    assert resolution.order == ["c"]
    assert set(resolution.refused) == {"a", "b"}


def test_a_cycle_is_reported_by_name_with_each_reason() -> None:
    resolution = resolve([P("a", provides=("x",), after=("y",)), P("b", provides=("y",), after=("x",)), P("c")])
    assert resolution.order == ["c"]
    reason = "ordering cycle a -> b -> a: b is after 'x', which a provides; a is after 'y', which b provides"
    assert resolution.refused == {"a": reason, "b": reason}


def test_a_cycle_through_before_and_requires_is_found() -> None:
    resolution = resolve([P("a", provides=("x",), requires=("y",)), P("b", provides=("y",), requires=("x",))])
    assert set(resolution.refused) == {"a", "b"}
    resolution = resolve([P("a", provides=("x",), before=("y",)), P("b", provides=("y",), before=("x",))])
    assert "a is before 'y', which b provides" in resolution.refused["a"]


def test_plugins_behind_a_cycle_are_kept() -> None:
    cycle = [P("b", provides=("x",), after=("y",)), P("c", provides=("y",), after=("x",))]
    resolution = resolve([*cycle, P("a", after=("x",)), P("d", requires=("x",))])
    assert resolution.order == ["a"]
    assert set(resolution.refused) == {"b", "c", "d"}


def test_two_cycles_are_both_refused() -> None:
    pairs = [P("a", ("1",), ("2",)), P("b", ("2",), ("1",)), P("c", ("3",), ("4",)), P("d", ("4",), ("3",))]
    refused = resolve(pairs).refused
    assert "a -> b -> a" in refused["b"]
    assert "c -> d -> c" in refused["c"]


capabilities = st.lists(st.sampled_from("vwxyz"), max_size=2, unique=True).map(tuple)


@st.composite
def plugin_sets(draw: st.DrawFn) -> List[P]:
    count = draw(st.integers(1, 6))
    return [
        P(
            name,
            draw(capabilities),
            draw(capabilities),
            draw(capabilities),
            draw(capabilities) if draw(st.booleans()) else (),
        )
        for name in "abcdef"[:count]
    ]


def violations(order: List[P]) -> List[Tuple[str, str]]:
    """Return pairs that stand in the wrong order, straight from what the declarations say."""
    return [
        (first.name, second.name)
        for first, second in itertools.combinations(order, 2)
        if set(first.after + first.requires) & set(second.provides) or set(second.before) & set(first.provides)
    ]


@given(plugin_sets())
def test_every_declaration_holds_and_nobody_is_lost(plugins: List[P]) -> None:
    resolution = resolve(plugins)
    by_name = {plugin.name: plugin for plugin in plugins}
    order = [by_name[name] for name in resolution.order]
    assert violations(order) == []
    assert sorted([*resolution.order, *resolution.refused]) == sorted(by_name)
    provided = {capability for plugin in order for capability in plugin.provides}
    assert all(set(plugin.requires) <= provided for plugin in order)


@given(plugin_sets())
def test_only_what_has_to_be_refused_is_refused(plugins: List[P]) -> None:
    resolution = resolve(plugins)
    if resolution.refused:
        # Nobody is refused when some order of all plugins satisfies every declaration.
        provided = {capability for plugin in plugins for capability in plugin.provides}
        complete = all(set(plugin.requires) <= provided for plugin in plugins)
        assert not complete or all(violations(list(order)) for order in itertools.permutations(plugins))


@given(st.data())
def test_the_order_does_not_depend_on_how_plugins_were_found(data: st.DataObject) -> None:
    plugins = data.draw(plugin_sets())
    assert resolve(data.draw(st.permutations(plugins))) == resolve(plugins)


def test_each_place_is_explained_by_the_declarations_that_decided_it() -> None:
    quantization = P("quantization", provides=("model.precision",))
    cross = P("cross", provides=("scaffold.context",), requires=("model.precision",))
    early = P("z_early", before=("scaffold.context", "model.precision"))
    assert places([cross, quantization, early, P("lost", requires=("nothing",))]) == [
        Place("z_early"),
        Place("quantization", ("z_early is before 'model.precision', which quantization provides",)),
        Place(
            "cross",
            (
                "z_early is before 'scaffold.context', which cross provides",
                "cross is after 'model.precision', which quantization provides",
            ),
        ),
    ]


def test_what_depends_on_a_plugin_directly_or_not() -> None:
    plugins = [P("a", provides=("x",)), P("b", provides=("y",), requires=("x",)), P("c", requires=("y",)), P("d")]
    assert dependants(plugins, "a") == ["b", "c"]
    assert dependants(plugins, "d") == []
    assert dependants([*plugins, P("e", provides=("x",))], "a") == []
