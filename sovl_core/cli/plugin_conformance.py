"""Whether a plugin does what is asked of every plugin: ``plugins check``. The suite of the kit, without pytest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

import click

from sovl_core.cli.plugin_catalog import complete_plugin

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext
    from sovl_core.testing.checks import Result

_MARKS = {True: ("ok", "green"), False: ("wrong", "bold red"), None: ("not tried", "yellow")}


@click.command("check")
@click.argument("name", shell_complete=complete_plugin)
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
@click.pass_obj
def check(app: AppContext, name: str, as_json: bool) -> int:
    """Check an installed plugin as its author's tests would; exit status 1 when something is wrong.

    It lives in short lives of its own with a tiny random model; nothing of yours is touched.
    """
    import tempfile
    from pathlib import Path

    from sovl_core.cli.errors import EXIT_FAILURE
    from sovl_core.plugin_discovery import discover
    from sovl_core.testing.checks import Subject, run_checks
    from sovl_core.testing.installed import installed_plugin, providers_for
    from sovl_core.testing.workbench import Workbench

    found = discover()
    plugin = installed_plugin(name, found)
    results = []
    with tempfile.TemporaryDirectory(prefix="sovl-check-") as folder:
        subject = Subject(plugin, Workbench(Path(folder)), beside=providers_for(plugin, found))
        for result in run_checks(subject):
            results.append(result)
            if not as_json:
                _print(app, result)
    if as_json:
        app.print_json([result._asdict() for result in results])
    return EXIT_FAILURE if any(result.problem for result in results) else 0


def _print(app: AppContext, result: Result) -> None:
    from rich.text import Text

    from sovl_core.cli.terminal import clean

    passed: Optional[bool] = None if result.problem is None else not result.problem
    mark, style = _MARKS[passed]
    line = Text(f"{mark:<10}", style=style).append(result.title, style="default not bold")
    if result.problem:
        line.append(f"\n{'':10}{clean(result.problem)}", style="default not bold")
    app.out.print(line, soft_wrap=True)
