"""Discovery from real dist-info folders on a real path; importing one entry point."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path
from typing import Any, Callable, Iterator, Optional

import pytest

from sovl_core.error_handling import PluginError
from sovl_core.plugin_discovery import Discovery, discover, import_plugin

pytestmark = pytest.mark.no_torch


class Site:
    """A folder on ``sys.path`` in which distributions are laid down as an installer would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(
        self, distribution: str, entry_points: str, version: Optional[str] = "1.0", summary: str = "", **modules: str
    ) -> Path:
        info = self.folder / f"{distribution.replace('-', '_')}-{version or '0'}.dist-info"
        info.mkdir(parents=True)
        if version is not None:
            lines = [f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n"]
            lines.append(f"Summary: {summary}\n" if summary else "")
            (info / "METADATA").write_text("".join(lines), encoding="utf-8")
        (info / "entry_points.txt").write_text(entry_points, encoding="utf-8")
        for name, source in modules.items():
            (self.folder / f"{name}.py").write_text(source, encoding="utf-8")
        return info

    def discover(self, *others: Path) -> Discovery:
        path = [str(self.folder), *map(str, others)]
        return discover(distributions=lambda: metadata.distributions(path=path))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    before = set(sys.modules)
    yield Site(folder)
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
            del sys.modules[name]


def test_plugins_are_found_from_metadata_without_importing(site: Site) -> None:
    site.install("sovl-probe", "[sovl]\nprobe = probe_a:P\n", "1.2", "Probes", probe_a="raise RuntimeError('imported')")
    candidate = site.discover().candidates["probe"]
    assert (candidate.name, candidate.distribution, candidate.version) == ("probe", "sovl-probe", "1.2")
    assert candidate.summary == "Probes"
    assert candidate.entry_point.value == "probe_a:P"
    assert str(candidate) == "sovl-probe 1.2"
    assert "probe_a" not in sys.modules


def test_the_running_interpreters_own_path_is_searched(site: Site) -> None:
    site.install("sovl-probe", "[sovl]\nprobe_on_path = probe:P\n")
    assert "probe_on_path" in discover().candidates


def test_other_groups_are_left_alone(site: Site) -> None:
    site.install("other", "[console_scripts]\nsovl = probe:main\n[sovl.more]\nprobe = probe:P\n")
    assert site.discover().names() == set()


def test_candidates_are_sorted_by_name(site: Site) -> None:
    site.install("one", "[sovl]\nzebra = m:P\nant = m:P\n")
    site.install("two", "[sovl]\nmole = m:P\n")
    assert list(site.discover().candidates) == ["ant", "mole", "zebra"]


def test_two_distributions_with_one_name_are_both_named_and_neither_is_a_candidate(site: Site) -> None:
    site.install("sovl-b", "[sovl]\nprobe = b:P\n", "2.0")
    site.install("sovl-a", "[sovl]\nprobe = a:P\n")
    site.install("sovl-c", "[sovl]\nother = c:P\n")
    found = site.discover()
    assert list(found.candidates) == ["other"]
    assert [str(candidate) for candidate in found.conflicts["probe"]] == ["sovl-a 1.0", "sovl-b 2.0"]
    assert found.names() == {"probe", "other"}


def test_a_distribution_in_two_places_counts_once_and_the_first_place_wins(site: Site, tmp_path: Path) -> None:
    site.install("Sovl-Probe", "[sovl]\nprobe = probe:P\n", "2.0")
    older = Site(tmp_path / "older")
    older.install("sovl_probe", "[sovl]\nprobe = probe:P\n", "1.0")
    found = site.discover(older.folder)
    assert found.candidates["probe"].version == "2.0"
    assert found.conflicts == {}


def test_a_distribution_without_metadata_still_counts(site: Site) -> None:
    site.install("sovl-probe", "[sovl]\nprobe = probe:P\n", version=None)
    assert str(site.discover().candidates["probe"]) == "unknown unknown"


def test_metadata_that_cannot_be_parsed_is_as_good_as_none() -> None:
    # Which files break the parser depends on the version of Python, so the breakage is made here.
    class Unparsable(metadata.Distribution):
        def read_text(self, filename: str) -> Optional[str]:
            if filename == "entry_points.txt":
                return "[sovl]\nprobe = probe:P\n"
            raise UnicodeDecodeError("utf-8", b"", 0, 1, "broken")

        def locate_file(self, path: Any) -> Any:
            raise AssertionError("not needed")

    found = discover(distributions=lambda: [Unparsable()])
    assert str(found.candidates["probe"]) == "unknown unknown"


def test_two_distributions_without_metadata_are_told_apart(site: Site) -> None:
    site.install("one", "[sovl]\nprobe = probe:P\n", version=None)
    site.install("two", "[sovl]\nprobe = probe:P\n", version=None)
    assert len(site.discover().conflicts["probe"]) == 2


def test_an_unreadable_distribution_is_reported_and_hides_no_other(site: Site) -> None:
    site.install("sovl-good", "[sovl]\ngood = good:P\n")
    broken = site.install("sovl-broken", "")
    (broken / "entry_points.txt").write_bytes(b"[sovl]\nbad = \xff\xfe\n")
    found = site.discover()
    assert list(found.candidates) == ["good"]
    assert len(found.problems) == 1
    assert found.problems[0].startswith("sovl-broken: its entry points cannot be read: ")


def load(site: Site, source: str, entry: str = "probe_mod:P") -> Any:
    site.install("sovl-probe", f"[sovl]\nprobe = {entry}\n", probe_mod=source)
    return import_plugin(site.discover().candidates["probe"])


def test_what_the_entry_point_names_is_imported(site: Site) -> None:
    assert load(site, "class P: pass").__name__ == "P"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = 1\nimport no_such_module_anywhere", "ModuleNotFoundError: No module named 'no_such_module_anywhere'"),
        ("def f():\n    return 1 / 0\nf()", "ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit(3)", "SystemExit: 3"),
        ("other = 1", "AttributeError: "),
        ("def broken(:", "SyntaxError: "),
    ],
)
def test_a_failing_import_says_what_and_where(site: Site, source: str, message: str) -> None:
    with pytest.raises(PluginError) as caught:
        load(site, source)
    assert str(caught.value).startswith(f"importing probe_mod:P raised {message}")
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize(("source", "line"), [("x = 1\nimport no_such_module_anywhere", 2), ("def broken(:", 1)])
def test_a_failing_import_names_file_and_line(site: Site, source: str, line: int) -> None:
    with pytest.raises(PluginError, match=rf"probe_mod\.py, line {line}\)"):
        load(site, source)


def test_a_module_that_is_not_there_has_no_line_to_name(site: Site) -> None:
    with pytest.raises(PluginError) as caught:
        load(site, "", "absent_module:P")
    assert str(caught.value).endswith("No module named 'absent_module'")


def test_the_users_interruption_is_not_swallowed(site: Site) -> None:
    with pytest.raises(KeyboardInterrupt):
        load(site, "raise KeyboardInterrupt")


def test_any_source_of_distributions_will_do() -> None:
    empty: Callable[[], Any] = list
    assert discover(distributions=empty) == Discovery()
