"""Models on this machine: ``models list|pull``."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Dict, List, Optional

import click

from sovl_core.cli.command_group import SuggestingGroup
from sovl_core.cli.tables import print_table, size_text, value_text

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext


@click.group("models", cls=SuggestingGroup, invoke_without_command=True)
@click.pass_context
def models(context: click.Context) -> None:
    """List the models on this machine, fetch one."""
    if context.invoked_subcommand is None:
        context.invoke(list_models)


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.pass_obj
def list_models(app: AppContext, as_json: bool = False) -> None:
    """List the models that are on this machine already."""
    from sovl_core.model_store import ModelStore

    found: List[Dict[str, Any]] = [model_data(model) for model in ModelStore().list()]
    if as_json:
        app.print_json(found)
    elif found:
        rows = [(one.get("name"), size_text(one.get("size") or 0), value_text(one.get("path"))) for one in found]
        print_table(app.out, ("model", "size", "where"), rows)
    else:
        app.print(app.typed("No model is on this machine yet. Fetch the default one: sovl models pull"))


@models.command("pull")
@click.argument("model", required=False)
@click.pass_obj
def pull(app: AppContext, model: Optional[str]) -> None:
    """Fetch a model, by default the one that this life uses, and print where it is.

    MODEL is a Hugging Face id, a folder, or a GGUF file, which is converted once.
    """
    from sovl_core.cli.progress import show_progress
    from sovl_core.model_store import ModelStore

    wanted = model or app.config().core.base_model
    with show_progress(app.err) as progress:
        place = ModelStore(progress=progress).locate(wanted)
    app.print(str(place))


def model_data(model: Any) -> Dict[str, Any]:
    """Return what is known of a cached model as plain data."""
    data = dataclasses.asdict(model)
    return {key: str(value) if key == "path" else value for key, value in data.items()}
