"""What became of the settings of a classic file, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Sequence

from sovl_core.cli.tables import print_table
from sovl_core.cli.terminal import shorten
from sovl_core.config_import import ABSENT, CHANGED, REFUSED, REPLACED, SAME, UNKNOWN, ImportedSetting

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext

#: Characters of a value that a table shows.
VALUE_WIDTH = 32


def print_imported(app: AppContext, file: str, records: Sequence[ImportedSetting], dry_run: bool) -> None:
    """Print what is taken, what has no counterpart, what is refused, and how many of each."""
    from sovl_core.cli.config_commands import setting_text

    def shown(value: object) -> str:
        return shorten(setting_text(value), VALUE_WIDTH)

    taken, replaced = _of(records, CHANGED, SAME), _of(records, REPLACED)
    refused = _of(records, REFUSED, ABSENT, UNKNOWN)
    if taken:
        rows = [
            (each.old, shown(each.value), each.new, shown(each.new_value) + " (as it is)" * (each.outcome == SAME))
            for each in taken
        ]
        print_table(app.out, ("classic", "value", "today", "value"), rows)
        for each in taken:
            if each.why:
                app.print(f"{each.new}: {each.why}.", "dim")
        app.print()
    if replaced:
        notes = [(each.old, shown(each.value), each.why) for each in replaced]
        print_table(app.out, ("without a counterpart", "value", "instead"), notes)
        app.print()
    if refused:
        problems = [(each.old, shown(each.value), _problem(each, file)) for each in refused]
        print_table(app.out, ("not taken", "value", "why"), problems)
        app.print()
    app.print(_summary(app, records, dry_run))


def _of(records: Sequence[ImportedSetting], *outcomes: str) -> List[ImportedSetting]:
    return [record for record in records if record.outcome in outcomes]


def _problem(record: ImportedSetting, file: str) -> str:
    return f"{file}: no such setting; {record.why}" if record.outcome == UNKNOWN else record.why


def _summary(app: AppContext, records: Sequence[ImportedSetting], dry_run: bool) -> str:
    counts = {
        "changed": len(_of(records, CHANGED)),
        "as they were": len(_of(records, SAME)),
        "without a counterpart": len(_of(records, REPLACED)),
        "not taken": len(_of(records, REFUSED, ABSENT, UNKNOWN)),
    }
    told = ", ".join(f"{count} {what}" for what, count in counts.items())
    if dry_run:
        return f"{told}. Nothing was written."
    where = f" Written: {app.life_path() / 'life.toml'}" if counts["changed"] else " Nothing had to be written."
    return f"{told}.{where}"
