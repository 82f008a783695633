"""Judging what nights teach: ``eval FACTS.jsonl``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Sequence, Tuple

import click

from sovl_core.cli.global_options import split_names
from sovl_core.cli.progress import progress_text, show_progress

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext
    from sovl_core.evaluation.findings import Findings
    from sovl_core.evaluation.results import EvaluationResult
    from sovl_core.evaluation.run import Plan
    from sovl_core.evaluation.workplace import Workplace
    from sovl_core.events import Progress

#: The range of the setting core.seed.
SEED = click.IntRange(0, 2**32 - 1)
ALL_ARMS = "base,context,lora,sovl,sovl-no-dreams"


def read_seeds(context: click.Context, option: click.Parameter, text: Optional[str]) -> Optional[List[int]]:
    """Return the seeds of a list with commas, in order, each once; None where none is given.

    :raises click.BadParameter: when one is none, or nothing is named.
    """
    if text is None:
        return None
    found: List[int] = [SEED(name, option, context) for name in split_names(text)]
    if not found:
        raise click.BadParameter("no seed is named; give some like 1,2,3", context, option)
    return list(dict.fromkeys(found))


#: Options that say what to measure; an earlier result was measured otherwise.
TO_MEASURE = ("arms", "nights", "background", "seed", "seeds", "keep")


@click.command("eval")
@click.argument(
    "files", nargs=-1, required=False, type=click.Path(dir_okay=False, path_type=Path), metavar="FACTS.jsonl"
)
@click.option("--arms", default=ALL_ARMS, show_default=True, metavar="A,B", help="Which ways to know are compared.")
@click.option("--nights", type=click.IntRange(1, 10000), default=1, show_default=True, help="Nights to spread over.")
@click.option(
    "--background",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="TEXT",
    help="Text that perplexity is measured on; a short built-in one otherwise.",
)
@click.option("--seed", type=SEED, metavar="N", help="Seed of all arms; the setting core.seed otherwise.")
@click.option(
    "--seeds", callback=read_seeds, metavar="N,M", help="Several seeds: everything for each, and the mean of them."
)
@click.option(
    "--json",
    "out",
    type=click.Path(path_type=Path),
    metavar="OUT",
    help="Write all results, after each arm what there is; - prints them.",
)
@click.option(
    "--plot", type=click.Path(path_type=Path), metavar="DIR", help='Draw plots into a folder; needs "sovl[plot]".'
)
@click.option(
    "--from",
    "earlier",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT",
    help="Measure nothing, show what --json has written; several files are taken as seeds.",
)
@click.option(
    "--keep", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Keep each arm's life in a folder."
)
@click.pass_context
def evaluate(
    context: click.Context,
    files: Tuple[Path, ...],
    arms: str,
    nights: int,
    background: Optional[Path],
    seed: Optional[int],
    seeds: Optional[List[int]],
    out: Optional[Path],
    plot: Optional[Path],
    earlier: Tuple[Path, ...],
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
    app: AppContext = context.obj
    if plot is not None:
        from sovl_core.evaluation.plots import require_plots

        require_plots(plot)
    require_place(out)
    if earlier:
        values = read_earlier(context, [*earlier, *files])
    else:
        plans = make_plans(app, one_file(files), arms, nights, background, chosen_seeds(app, seed, seeds))
        values = measure(app, plans, out, keep)
    show(app, values, out)
    if out is not None and str(out) != "-":
        from sovl_core.evaluation.findings import write_json

        write_json(out, values)
        app.note(f"All results are in {out}.")
    if plot is not None:
        from sovl_core.evaluation.plots import draw

        app.note(f"Plots: {', '.join(map(str, draw(values, plot)))}")


def measure(app: AppContext, plans: Sequence[Plan], out: Optional[Path], keep: Optional[Path]) -> Dict[str, Any]:
    """Carry out plans that differ in their seed alone; returns what they found as JSON-able values.

    What was found is shown even when the rest fails or is interrupted, and the exception goes on.

    :param out: the file that is written after each arm; None for none, - for none before the end.
    :param keep: where each arm's life is kept, in a folder for each of several seeds.
    """
    from sovl_core.evaluation.findings import Findings
    from sovl_core.evaluation.workplace import evaluation_folder, require_new

    require_new(keep)
    findings = Findings([plan.seed for plan in plans], None if str(out) == "-" else out, app.note)
    several = len(plans) > 1
    try:
        with show_progress(app.err) as progress:
            for plan in plans:
                kept = keep / f"seed-{plan.seed}" if keep is not None and several else keep
                with evaluation_folder(kept) as folder:
                    measure_seed(app, plan, folder, findings, named(progress, plan.seed) if several else progress)
    except BaseException:
        if findings:
            show(app, findings.values(), out)
            if out is not None and str(out) != "-":
                app.note(f"What was measured so far is in {out}.")
        raise
    return findings.values()


def measure_seed(
    app: AppContext, plan: Plan, folder: Path, findings: Findings, progress: Callable[[Progress], None]
) -> None:
    """Carry out a plan; what is found goes into ``findings`` arm by arm."""
    from sovl_core.evaluation.run import Evaluation

    def found(result: EvaluationResult) -> None:
        findings.enter(plan.seed, result.values())

    Evaluation(plan, make_workplace(app, folder), progress, found=found).run()


def named(progress: Callable[[Progress], None], seed: int) -> Callable[[Progress], None]:
    """Return what reports progress with the seed before it."""
    return lambda one: progress(replace(one, stage=f"seed {seed}, {one.stage}"))


def show(app: AppContext, values: Dict[str, Any], out: Optional[Path]) -> None:
    """Print results: as JSON where ``out`` is -, else as tables."""
    from sovl_core.evaluation.report import print_evaluation

    if str(out) == "-":
        app.print_json(values)
    else:
        print_evaluation(app.out, values)


def read_earlier(context: click.Context, files: Sequence[Path]) -> Dict[str, Any]:
    """Return the results of earlier evaluations as one.

    :raises BadInput: when they cannot be used, or it was also said what to measure.
    """
    from sovl_core.error_handling import BadInput
    from sovl_core.evaluation.earlier import read_results

    for name in TO_MEASURE:
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise BadInput(f"--from shows what was measured before: --{name} changes nothing of it", "Leave one out")
    return read_results(files)


def one_file(files: Sequence[Path]) -> Path:
    """Return the file of facts.

    :raises click.UsageError: when there is none, or more than one.
    """
    if len(files) != 1:
        raise click.UsageError("One file of facts is needed, or --from OUT for what was measured before")
    return files[0]


def chosen_seeds(app: AppContext, seed: Optional[int], seeds: Optional[List[int]]) -> List[int]:
    """Return the seeds to measure, in order.

    :raises click.UsageError: when they are given in both ways.
    """
    if seeds is None:
        return [app.config().core.seed if seed is None else seed]
    if seed is not None:
        raise click.UsageError("--seed and --seeds: give one of them")
    return seeds


def make_plans(
    app: AppContext, file: Path, arms: str, nights: int, background: Optional[Path], seeds: Sequence[int]
) -> List[Plan]:
    """Return what to measure for each seed; all that the user gave is read and checked before any model is loaded.

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
    return [Plan(facts, chosen, nights, text, seed) for seed in seeds]


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
