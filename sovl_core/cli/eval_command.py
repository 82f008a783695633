"""Judging what nights teach: ``eval FACTS.jsonl``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Optional

import click

from sovl_core.cli.global_options import split_names
from sovl_core.cli.progress import progress_text, show_progress

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext
    from sovl_core.evaluation.run import Plan
    from sovl_core.evaluation.workplace import Workplace

ALL_ARMS = "base,context,lora,sovl,sovl-no-dreams"


@click.command("eval")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="FACTS.jsonl")
@click.option("--arms", default=ALL_ARMS, show_default=True, metavar="A,B", help="Which ways to know are compared.")
@click.option("--nights", type=click.IntRange(1, 10000), default=1, show_default=True, help="Nights to spread over.")
@click.option(
    "--background",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="TEXT",
    help="Text that perplexity is measured on; a short built-in one otherwise.",
)
@click.option("--seed", type=int, help="Seed of all arms; the setting core.seed otherwise.")
@click.option("--json", "out", type=click.Path(path_type=Path), metavar="OUT", help="Write all results; - prints them.")
@click.option(
    "--keep", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Keep each arm's life in a folder."
)
@click.pass_obj
def evaluate(
    app: AppContext,
    file: Path,
    arms: str,
    nights: int,
    background: Optional[Path],
    seed: Optional[int],
    out: Optional[Path],
    keep: Optional[Path],
) -> None:
    """Judge what nights teach, on facts of a file, in lives of their own.

    Facts are told, nights slept, questions asked, and what came of it is compared with other ways to know.

    Each line of FACTS.jsonl is an object with "tell", "ask" (a list of questions), "answer" (accepted answers) and, if
    wanted, "reverse" (an object with "ask" and "answer"). A line without "tell" asks about something never told; its
    "answer" is empty. Each arm lives in a folder of its own: your life is not touched.

    \b
    base            the model alone
    context         everything told in its prompt
    lora            LoRA on the base itself, the same nights
    sovl            the life as configured
    sovl-no-dreams  trained on the told sentences as they were said
    """
    from sovl_core.evaluation.report import print_evaluation
    from sovl_core.evaluation.run import Evaluation
    from sovl_core.evaluation.workplace import evaluation_folder

    plan = make_plan(app, file, arms, nights, background, seed)
    require_place(out)
    with evaluation_folder(keep) as folder, show_progress(app.err) as progress:
        result = Evaluation(plan, make_workplace(app, folder), progress).run()
    values = result.values()
    if out is None or str(out) != "-":
        print_evaluation(app.out, result)
    else:
        app.print_json(values)
    if out is not None and str(out) != "-":
        write_json(out, values)
        app.note(f"All results are in {out}.")


def make_plan(
    app: AppContext, file: Path, arms: str, nights: int, background: Optional[Path], seed: Optional[int]
) -> Plan:
    """Return what to measure; everything the user gave is read and checked before any model is loaded.

    :raises BadInput: when something of it cannot be used.
    """
    from sovl_core.evaluation.arms import choose_arms
    from sovl_core.evaluation.background_text import passages, read_background
    from sovl_core.evaluation.facts import load_facts
    from sovl_core.evaluation.run import Plan

    chosen = choose_arms(split_names(arms))
    facts = load_facts(file)
    facts.shares(nights)
    text = read_background(background)
    passages(text)
    for warning in facts.warnings:
        app.note(warning)
    return Plan(facts, chosen, nights, text, app.config().core.seed if seed is None else seed)


def make_workplace(app: AppContext, folder: Path) -> Workplace:
    """Return a place that opens lives with the settings and plugins that the user's own life would have."""
    from sovl_core.evaluation.workplace import Workplace
    from sovl_core.model_store import ModelStore

    options = app.options
    more: Dict[str, Any] = {
        "strict": options.strict,
        "warn": app.note,
        "environ": app.environ,
        "store": ModelStore(progress=lambda progress: app.note(progress_text(progress))),
    }
    settings_file = app.life_path() / "life.toml"
    return Workplace(folder, settings_file, dict(options.overrides), options.plugins, tuple(options.without), more)


def require_place(out: Optional[Path]) -> None:
    """Refuse a file that could not be written, before hours of work.

    :raises BadInput: when its folder is not there, or it is one.
    """
    from sovl_core.error_handling import BadInput

    if out is None or str(out) == "-":
        return
    if out.is_dir() or not out.absolute().parent.is_dir():
        raise BadInput(f"{out} cannot be written: it is a folder, or its folder is not there", "Choose another --json")


def write_json(out: Path, values: Dict[str, Any]) -> None:
    """Write results to a file, which is replaced as a whole."""
    from sovl_core.durable import replace_file

    text = json.dumps(values, ensure_ascii=False, indent=2, allow_nan=False)
    replace_file(out, (text + "\n").encode("utf-8", "replace"))
