"""The page of settings: every key of the kernel and of the plugins of this repository."""

from __future__ import annotations

from typing import Any, Dict, List

from sovl_core.cli.config_commands import setting_text
from sovl_core.settings_info import SettingInfo, describe_config
from sovl_core.system_config import SystemConfig
from tools.reference.markdown import code, page, table

INTRODUCTION = """
`sovl config describe` prints these with the values of your life, `sovl config set KEY VALUE` changes one for good,
`--set KEY=VALUE` for one run. In `life.toml` a section is a table: `[generation]`, `[plugins.dream]`. Each key is also
an environment variable: `SOVL_GENERATION__TEMPERATURE=0`. See [settings](../how-to/settings.md).

What is marked "next start" is read when models are loaded: within a session a change waits for the next one.
"""


def settings_page(plugins: Dict[str, Any]) -> str:
    """Return the page; ``plugins`` are classes of plugins by name."""
    parts = [INTRODUCTION, "## Kernel"]
    parts += _sections([info for info in describe_config(SystemConfig) if info.key != "plugins"])
    parts += ["## Plugins", "Each also has `enabled`, true by default: `sovl config set plugins.NAME.enabled false`."]
    for name, plugin in plugins.items():
        parts += _sections(describe_config(plugin.settings_model, f"plugins.{name}"))
    return page("Settings", *parts)


def _sections(settings: List[SettingInfo]) -> List[str]:
    """Return a heading and a table for each section, in the order of declaration."""
    by_section: Dict[str, List[SettingInfo]] = {}
    for info in settings:
        by_section.setdefault(info.key.rpartition(".")[0], []).append(info)
    parts: List[str] = []
    for section, members in by_section.items():
        parts += [f"### `{section}`"] if section else []
        parts.append(table(("key", "default", "may be", "what it does"), [_row(info) for info in members]))
    return parts


def _row(info: SettingInfo) -> List[str]:
    may_be = info.allowed if info.choices else ", ".join(part for part in (info.kind, info.allowed) if part)
    said = info.description if info.live else f"{info.description} *Next start.*"
    return [code(info.key.rpartition(".")[2]), code(setting_text(info.default)), may_be, said]
