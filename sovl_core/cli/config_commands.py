"""The settings of a life: ``config get|set|describe|path|import``."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Tuple

import click

from sovl_core.cli.command_group import SuggestingGroup
from sovl_core.cli.plugin_catalog import complete_setting, plugin_manager, settings_models
from sovl_core.cli.terminal import clean
from sovl_core.masking import masked_values

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext
    from sovl_core.config_import import ImportedSetting
    from sovl_core.plugin_manager import PluginManager
    from sovl_core.settings_info import SettingInfo

FROM_NEXT_START = "This takes effect at the next start."
PARTLY_FROM_NEXT_START = "Models, and plugins that are switched, follow at the next start; the rest holds now."


@click.group("config", cls=SuggestingGroup, invoke_without_command=True)
@click.pass_context
def config(context: click.Context) -> None:
    """Read, change and describe the settings.

    A key is written with dots, as in generation.temperature; a plugin's settings stand under plugins.NAME.
    """
    if context.invoked_subcommand is None:
        context.obj.print(context.get_help())


@config.command("get")
@click.argument("key", required=False, shell_complete=complete_setting)
@click.option("--json", "as_json", is_flag=True, help="Print the value as JSON.")
@click.pass_obj
def get(app: AppContext, key: Optional[str], as_json: bool) -> None:
    """Print one setting, a section, or all of them, one to a line."""
    from sovl_core.system_config import get_config_value, known_keys

    settings = app.config()
    models = settings_models(plugin_manager(app))
    if key is None:
        value: Any = {name: get_config_value(settings, name, None, models) for name in known_keys(settings, models)}
    else:
        value = get_config_value(settings, key, plugin_models=models)
    value = masked_values(value, key or "")
    if as_json:
        app.print_json(value)
    elif isinstance(value, Mapping):
        for name, inner in _leaves(value, "" if key is None else key):
            app.print(f"{name} = {setting_text(inner)}")
    else:
        app.print(value if isinstance(value, str) else setting_text(value))


@config.command("set", context_settings={"ignore_unknown_options": True})
@click.argument("key", shell_complete=complete_setting)
@click.argument("value", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def set_value(app: AppContext, key: str, value: Tuple[str, ...]) -> None:
    """Change one setting and write it into life.toml.

    A list is written with commas. The value is checked against the setting's range first.
    """
    if not value and "=" in key:
        key, _, text = key.partition("=")
    elif value:
        text = " ".join(value)
    else:
        raise click.UsageError("There is no value. Give one after the key.", click.get_current_context())
    note = change_setting(app, key.strip(), text)
    app.print(f"{key.strip()} = {_shown(app, key.strip())}")
    if note:
        app.print(note, "dim")


@config.command("describe")
@click.argument("part", required=False, shell_complete=complete_setting)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_obj
def describe(app: AppContext, part: Optional[str], as_json: bool) -> None:
    """Describe the settings: value, default, range, what each does.

    PART is a section such as generation or plugins.dream, or one key; without it all are described.
    """
    manager = plugin_manager(app)
    models = settings_models(manager)
    _require_model(manager, part or "", models)
    chosen = choose_settings(all_settings(models), part)
    if as_json:
        app.print_json([{**dataclasses.asdict(info), "allowed": info.allowed} for info in chosen])
        return
    print_settings(app, chosen, models)


@config.command("path")
@click.pass_obj
def path(app: AppContext) -> None:
    """Print where the settings of this life are kept."""
    app.print(str(app.life_path() / "life.toml"))


@config.command("import")
@click.argument("file", metavar="FILE", type=click.Path())
@click.option("--dry-run", is_flag=True, help="Only tell what would become of each setting; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_obj
def import_classic(app: AppContext, file: str, dry_run: bool, as_json: bool) -> None:
    """Carry over the settings of the classic program.

    FILE is its config.json. Each setting is taken under the name it has today, or named with what has taken its place.
    What is out of range or unknown is named and not taken. life.toml is written in one step.
    """
    from sovl_core.cli.imported_settings import print_imported

    records, live = _import(app, Path(file), dry_run)
    if as_json:
        app.print_json([dataclasses.asdict(record) for record in records])
        return
    print_imported(app, file, records, dry_run)
    if not live:
        app.print(PARTLY_FROM_NEXT_START, "dim")


def _import(app: AppContext, file: Path, dry_run: bool) -> Tuple[List[ImportedSetting], bool]:
    """Return what became of each setting, and whether all that changed holds already."""
    from sovl_core.config_import import changes_of, import_settings, read_classic

    if app.opened is not None:
        records = app.opened.import_config(file, dry_run)
        return records, dry_run or not changes_of(records)
    from sovl_core.life import Life
    from sovl_core.system_config import save_config, set_config_value

    classic, manager = read_classic(file), plugin_manager(app)
    with contextlib.ExitStack() as held:
        # Holding the lock: a session that is open would write its own settings over these.
        life = None if dry_run else held.enter_context(Life.open(app.life_path()))
        settings = app.config()
        records = import_settings(settings, classic, manager.infos())
        changes = changes_of(records)
        if life is not None and changes:
            for key, value in changes.items():
                set_config_value(settings, key, value, settings_models(manager))
            save_config(settings, life.config_path)
    return records, True


def all_settings(models: Mapping[str, Any]) -> List[SettingInfo]:
    """Return every setting there is: the kernel's and those of the plugins that are on."""
    from sovl_core.system_config import SystemConfig, describe_config

    found = [info for info in describe_config(SystemConfig) if info.key != "plugins"]
    for name, model in models.items():
        found += describe_config(model, f"plugins.{name}")
    return found


def _require_model(manager: PluginManager, part: str, models: Mapping[str, Any]) -> None:
    """Make sure that the settings of the plugin that ``part`` names are known.

    :raises BadInput: when it is installed but off: nothing of it has been imported.
    """
    from sovl_core.error_handling import BadInput

    section, _, rest = part.partition(".")
    name = rest.split(".")[0]
    reason = next((info.reason for info in manager.infos() if info.name == name), "")
    if section == "plugins" and reason and name not in models:
        hint = f"See why: sovl plugins info {name}"
        raise BadInput(f"The plugin {name!r} is off, so its settings are not known: {reason.rstrip('.')}.", hint)


def choose_settings(settings: List[SettingInfo], part: Optional[str]) -> List[SettingInfo]:
    """Return the settings within a section, or the one of that key.

    :raises BadInput: when there is none; names the nearest section or key.
    """
    from sovl_core.error_handling import BadInput
    from sovl_core.spelling import did_you_mean

    if not part:
        return settings
    chosen = [info for info in settings if info.key == part or info.key.startswith(part + ".")]
    if not chosen:
        sections = {info.key.rpartition(".")[0] for info in settings} - {""}
        hint = did_you_mean(part, [*sections, *(info.key for info in settings)]) or "All: sovl config describe"
        raise BadInput(f"There is no setting and no section {part!r}.", hint)
    return chosen


def print_settings(app: AppContext, settings: List[SettingInfo], models: Mapping[str, Any]) -> None:
    """Print settings with their present values, what they may be, and what they do."""
    from rich.padding import Padding
    from rich.text import Text

    from sovl_core.system_config import get_config_value

    values = app.config()
    for info in settings:
        value = masked_values(get_config_value(values, info.key, info.default, models), info.key)
        line = Text(info.key, style="bold").append(f" = {clean(setting_text(value))}", style="not bold")
        line.append(f"   ({_may_be(info, value)})", style="dim not bold")
        app.out.print(line, soft_wrap=True)
        said = info.description if info.live else f"{info.description} (From the next start.)"
        app.out.print(Padding(Text(clean(said)), (0, 0, 0, 4)))


def _may_be(info: SettingInfo, value: Any) -> str:
    parts = [part for part in (info.kind, info.allowed) if part]
    if value != info.default:
        parts.append(f"default {setting_text(info.default)}")
    return clean("; ".join(parts))


def _shown(app: AppContext, key: str) -> str:
    return setting_text(masked_values(current_value(app, key, settings_models(plugin_manager(app))), key))


def setting_text(value: Any) -> str:
    """Return a value as it is typed: true, 0.7, "text", [1, 2]."""
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def change_setting(app: AppContext, key: str, text: str) -> str:
    """Write one setting of the open life, or of the one on disk; return what else there is to know about it."""
    if app.opened is not None:
        return "" if app.opened.set_config(key, text).live else FROM_NEXT_START
    from sovl_core.life import Life
    from sovl_core.system_config import save_config, set_config_value

    manager = plugin_manager(app)
    models = settings_models(manager)
    # Holding the lock: a session that is open would write its own settings over these.
    with Life.open(app.life_path()) as life:
        settings = app.config()
        set_config_value(settings, key, text, models)
        save_config(settings, life.config_path)
    # Nothing is running yet: every change holds from the next start, which is now.
    return _not_installed(key, [info.name for info in manager.infos()])


def _not_installed(key: str, installed: List[str]) -> str:
    section, _, name = key.rpartition(".")[0].partition(".")
    name = name.split(".")[0]
    if section != "plugins" or name in installed:
        return ""
    from sovl_core.spelling import did_you_mean

    return f"No plugin named {name!r} is installed. {did_you_mean(name, installed) or 'See: sovl plugins list'}"


def current_value(app: AppContext, key: str, models: Mapping[str, Any]) -> Any:
    """Return a setting as it is now.

    :param models: the plugins' settings.
    """
    from sovl_core.system_config import get_config_value

    return get_config_value(app.config(), key, None, models)


def _leaves(table: Mapping[str, Any], above: str) -> List[Tuple[str, Any]]:
    found: Dict[str, Any] = {}
    for name, value in table.items():
        key = f"{above}.{name}" if above else str(name)
        if isinstance(value, Mapping) and value:
            found.update(_leaves(value, key))
        elif not isinstance(value, Mapping):
            found[key] = value
    return list(found.items())
