"""``PluginConformance``: what is asked of every plugin, as a test class to be derived from.

::

    class TestMine(PluginConformance):
        plugin = MyPlugin
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Mapping, Sequence, Type

from sovl_core.plugin import Plugin
from sovl_core.testing import checks
from sovl_core.testing.import_probe import MOST_MODULES
from sovl_core.testing.lives import Given
from sovl_core.testing.short_day import short_day

if TYPE_CHECKING:
    from sovl_core.system import SOVLSystem


class PluginConformance:
    """The conformance suite; derive a class whose name begins with ``Test`` and name the plugin.

    ``plugin`` is the plugin's class. ``settings`` are those it is looked at with, by key; ``beside`` are plugins
    (classes, objects or names of installed ones) that provide what it requires; ``family`` is the tiny model;
    ``most_modules`` how many modules importing it may bring in. Override :meth:`live` to have more done in its life
    than a short day.
    """

    plugin: ClassVar[Type[Plugin]]
    settings: ClassVar[Mapping[str, Any]] = {}
    beside: ClassVar[Sequence[Given]] = ()
    family: ClassVar[str] = "llama"
    most_modules: ClassVar[int] = MOST_MODULES

    @staticmethod
    def live(life: SOVLSystem) -> None:
        """Do with a life what calls on the plugin; it has a tiny model and this plugin."""
        short_day(life)

    def test_it_imports_fast_and_without_torch(self, sovl_subject: checks.Subject) -> None:
        """See :func:`sovl_core.testing.checks.imports_light`."""
        checks.imports_light(sovl_subject)

    def test_every_hook_matches_its_specification(self, sovl_subject: checks.Subject) -> None:
        """See :func:`sovl_core.testing.checks.hooks_match`."""
        checks.hooks_match(sovl_subject)

    def test_settings_refuse_unknown_keys(self, sovl_subject: checks.Subject) -> None:
        """See :func:`sovl_core.testing.checks.settings_refuse_unknown_keys`."""
        checks.settings_refuse_unknown_keys(sovl_subject)

    def test_it_lives_a_day_without_failing(self, sovl_subject: checks.Subject) -> None:
        """See :func:`sovl_core.testing.checks.lives_a_day`."""
        checks.lives_a_day(sovl_subject)

    def test_state_comes_back_without_pickle(self, sovl_subject: checks.Subject) -> None:
        """See :func:`sovl_core.testing.checks.state_comes_back`."""
        checks.state_comes_back(sovl_subject)

    def test_switched_off_is_as_if_not_installed(self, sovl_subject: checks.Subject) -> None:
        """See :func:`sovl_core.testing.checks.switched_off_is_absent`."""
        checks.switched_off_is_absent(sovl_subject)

    def test_it_leaves_nothing_behind(self, sovl_subject: checks.Subject) -> None:
        """See :func:`sovl_core.testing.checks.leaves_nothing_behind`."""
        checks.leaves_nothing_behind(sovl_subject)

    def test_what_it_raises_is_reported_by_name(self, sovl_subject: checks.Subject) -> None:
        """See :func:`sovl_core.testing.checks.failures_are_named`."""
        checks.failures_are_named(sovl_subject)
