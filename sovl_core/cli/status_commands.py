"""How this life is doing: ``status`` and ``log``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional

import click

from sovl_core.cli.tables import flatten, print_rows, print_table, time_text, value_text

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext

#: Fields of a log entry that stand in columns of their own.
LOG_COLUMNS = ("time", "level", "event")
#: Vital signs that are for plugins to read rather than for people.
INNER_VITALS = ("confidence_sum", "temperament_history", "confidence_history", "last_prompt")


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--times", is_flag=True, help="Show the time spent in each hook of each plugin.")
@click.pass_obj
def status(app: AppContext, as_json: bool, times: bool) -> None:
    """Show how this life is doing, with each plugin's part."""
    data = app.system(read_only=True).status()
    if as_json:
        app.print_json(data)
        return
    print_rows(app.out, {"life": data.get("life")})
    for title in ("models", "journal", "nights", "vitals"):
        _print_section(app, title.capitalize(), _shown(app, title, data.get(title) or {}))
    app.print()
    print_rows(app.out, _plugin_rows(data.get("plugins") or []), "Plugins")
    for panel in data.get("panels") or []:
        _print_section(app, str(panel["title"]), panel["rows"])
    if times:
        _print_times(app, data.get("timings") or {})


@click.command("log")
@click.option("-n", "count", type=click.IntRange(1, 1_000_000), default=20, show_default=True, help="How many entries.")
@click.option("--errors", is_flag=True, help="Entries of level error only.")
@click.option("--json", "as_json", is_flag=True, help="Print the entries as they are, one JSON object a line.")
@click.pass_obj
def log(app: AppContext, count: int, errors: bool, as_json: bool) -> None:
    """Show the newest entries of the log, oldest first."""
    import json

    chosen = read_log(app, count, errors)
    for entry in chosen:
        if as_json:
            app.out.file.write(json.dumps(entry, ensure_ascii=True, default=str) + "\n")
        else:
            style = "red" if entry.get("level") == "error" else ""
            app.print(_log_line(entry), style)
    if not chosen and not as_json:
        app.print("The log has no errors." if errors else "The log is empty.")


def read_log(app: AppContext, count: int, errors: bool) -> List[Dict[str, Any]]:
    """Return the newest entries of the life's log; the life itself is not opened."""
    from sovl_core.system_logging import ThreadSafeLogger

    logger = app.opened.logger if app.opened is not None else ThreadSafeLogger(app.life_path() / "sovl.log.jsonl")
    if logger is None:
        return []
    entries = logger.read(None if errors else count)
    return [entry for entry in entries if not errors or entry.get("level") == "error"][-count:]


def _log_line(entry: Mapping[str, Any]) -> str:
    moment = entry.get("time")
    stamp = time_text(moment, "%Y-%m-%d %H:%M:%S") if isinstance(moment, (int, float)) else "?"
    facts = [f"{key}={value_text(value)}" for key, value in entry.items() if key not in LOG_COLUMNS]
    return "  ".join([stamp, value_text(entry.get("event", "?")), *facts])


def _shown(app: AppContext, title: str, rows: Mapping[str, Any]) -> Dict[str, Any]:
    shown = dict(rows)
    if title == "vitals":
        shown = {key: value for key, value in shown.items() if key not in INNER_VITALS}
    if title == "nights" and shown.get("finished") is not None:
        shown["finished"] = time_text(shown["finished"])
    if title == "nights":
        shown.update(_unfinished(app, shown.pop("interrupted_or_running", None)))
        forgotten = len(shown.pop("forgotten_but_learned", None) or [])
        if forgotten:
            shown["forgotten"] = f"{forgotten}, still showing until the next deep sleep: sovl sleep --deep"
    return {key: value for key, value in shown.items() if value is not None}


def _unfinished(app: AppContext, night: Optional[int]) -> Dict[str, str]:
    """Return the row that tells of a night which was begun and not finished."""
    from sovl_core.cli.night_commands import is_lived

    if night is None:
        return {}
    return {"under way": f"{night}"} if is_lived(app) else {"interrupted": f"{night}; to go on with it: sovl sleep"}


def _plugin_rows(plugins: List[Mapping[str, Any]]) -> Dict[str, Any]:
    on = [str(plugin["name"]) for plugin in plugins if plugin.get("enabled")]
    # Names as they are typed, unlike the labels of other rows.
    rows: Dict[str, Any] = {"on": ", ".join(on) or "none"}
    for plugin in plugins:
        if not plugin.get("enabled"):
            rows[str(plugin["name"])] = f"off: {plugin.get('reason') or 'no reason given'}"
    return rows


def _print_section(app: AppContext, title: str, rows: Mapping[str, Any]) -> None:
    if rows:
        app.print()
        print_rows(app.out, flatten(rows), title)


def _print_times(app: AppContext, timings: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    rows = [
        (plugin, hook, spent["calls"], f"{spent['seconds'] * 1000:.1f}")
        for plugin, hooks in timings.items()
        for hook, spent in hooks.items()
    ]
    if rows:
        app.print()
        print_table(app.out, ("plugin", "hook", "calls", "ms"), rows)
