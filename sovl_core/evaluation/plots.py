"""Plots of an evaluation: recall against drift, and what is left of each night's facts over the nights.

matplotlib is imported here and nowhere else, and only when something is drawn. Figures are made and saved without its
global state; the same result gives the same file.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Sequence, Tuple

from sovl_core.durable import replace_file
from sovl_core.error_handling import BadInput
from sovl_core.evaluation.arms import BASE, CONTEXT, LORA, NO_DREAMS, SOVL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DRIFT_PLOT = "recall-against-drift.png"
NIGHTS_PLOT = "recall-over-nights.png"
#: Pixels an inch.
SHARPNESS = 150
#: Colours that colour-blind people tell apart (Okabe and Ito), and a marker besides.
LOOKS = {
    BASE: ("#555555", "X"),
    CONTEXT: ("#E69F00", "D"),
    LORA: ("#D55E00", "s"),
    SOVL: ("#0072B2", "o"),
    NO_DREAMS: ("#009E73", "^"),
}
OTHER_LOOKS = ("#CC79A7", "P")
#: Divergences below this lie on a straight scale, so that none at all has a place.
STRAIGHT_TO = 1e-3
MARKERS = "osD^vPX*<>"
#: Entries of a legend at most.
NAMED = 10


def require_plots(folder: Path) -> None:
    """Refuse what could not be drawn, before hours of work.

    :raises BadInput: when matplotlib is not installed, or there can be no such folder.
    """
    try:
        import matplotlib.backends.backend_agg
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise BadInput(f"Plots need matplotlib: {error}", 'pip install "sovl[plot]"') from None
    if not folder.is_dir() and (folder.exists() or not folder.absolute().parent.is_dir()):
        raise BadInput(f"{folder} is no folder, and none can be made there", "Choose another --plot")


def draw(values: Mapping[str, Any], folder: Path) -> List[Path]:
    """Draw an evaluation, as far as it can be drawn, into a folder, which is made; returns the files.

    :param values: as :meth:`EvaluationResult.values` and :func:`sovl_core.evaluation.seeds.merged` make them.
    :raises OSError: when a file cannot be written.
    """
    folder.mkdir(exist_ok=True)
    figures = {DRIFT_PLOT: recall_against_drift(values), NIGHTS_PLOT: recall_over_nights(values)}
    written: List[Path] = []
    for name, figure in figures.items():
        if figure is not None:
            replace_file(folder / name, _png(figure))
            written.append(folder / name)
    return written


def recall_against_drift(values: Mapping[str, Any]) -> Figure:
    """Return a plot with a mark for each arm, and a small one for each seed where there are several."""
    figure, (axes,) = _panels(1, 6.4, 4.0)
    seeds = values.get("seeds", {})
    most = STRAIGHT_TO
    for name, arm in values["arms"].items():
        colour, marker = LOOKS.get(name, OTHER_LOOKS)
        for one in seeds.values() if len(seeds) > 1 else ():
            most = max(most, _mark(axes, one["arms"].get(name, {}), color=colour, marker=marker, s=22, alpha=0.45))
        most = max(most, _mark(axes, arm, color=colour, marker=marker, s=80, edgecolor="white", label=name))
    axes.set_xscale("symlog", linthresh=STRAIGHT_TO, linscale=0.6)
    axes.set_xlim(-0.3 * STRAIGHT_TO, 2 * most)
    ticks = [0.0, *(10.0**power for power in range(-3, 4) if 10.0**power <= 2 * most)]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("drift: KL to the base on unrelated prompts (nats a token)")
    axes.set_ylabel("recall (share of right answers)")
    axes.set_title(_title(values, "Recall against drift"), loc="left", fontsize="medium")
    _name(figure)
    return figure


def recall_over_nights(values: Mapping[str, Any]) -> Optional[Figure]:
    """Return a plot with a panel for each arm and a line for each night's facts; None where no arm has two nights."""
    arms = {name: curves(arm["nights"]) for name, arm in values["arms"].items() if len(arm.get("nights") or ()) > 1}
    if not arms:
        return None
    from matplotlib import colormaps
    from matplotlib.ticker import MaxNLocator

    figure, panels = _panels(len(arms), max(5.4, 3.0 * len(arms) + 1.4), 3.4)
    nights = max(map(len, arms.values()))
    for axes, (name, lines) in zip(panels, arms.items()):
        for index, line in enumerate(lines):
            colour = colormaps["viridis"](0.85 * index / (nights - 1))
            marker = MARKERS[index % len(MARKERS)]
            mornings, recalled = [morning for morning, _ in line], [recall for _, recall in line]
            label = f"night {index + 1}" if axes is panels[0] and index % -(-nights // NAMED) == 0 else None
            axes.plot(mornings, recalled, color=colour, marker=marker, markersize=5, label=label)
        axes.set_title(name, fontsize="medium")
        axes.set_xlim(0.8, nights + 0.2)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("morning after night")
    panels[0].set_ylabel("recall (share of right answers)")
    figure.suptitle(_title(values, "Recall of each night's facts"), fontsize="medium")
    _name(figure, title="facts of")
    return figure


def curves(nights: Sequence[Mapping[str, Any]]) -> List[List[Tuple[int, float]]]:
    """Return for each night's facts (number of the morning, recall) from the morning after they were told.

    Where only the first and the last morning are known, these two.
    """
    found: List[List[Tuple[int, float]]] = []
    last = len(nights)
    for index, night in enumerate(nights):
        known: Dict[int, Any] = {index + 1: night.get("recall"), last: night.get("recall_at_end")}
        for morning, later in enumerate(nights[index:], start=index + 1):
            of_nights = later.get("recall_of_nights") or ()
            if index < len(of_nights):
                known[morning] = of_nights[index]
        found.append([(morning, known[morning]) for morning in sorted(known) if known[morning] is not None])
    return found


def _panels(count: int, width: float, height: float) -> Tuple[Figure, List[Axes]]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=SHARPNESS, layout="constrained")
    FigureCanvasAgg(figure)
    panels: List[Axes] = []
    for number in range(count):
        axes = figure.add_subplot(1, count, number + 1, sharey=panels[0] if panels else None)
        axes.set_ylim(-0.04, 1.04)
        axes.grid(True, color="#dddddd", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelleft=not panels)
        panels.append(axes)
    return figure, panels


def _mark(axes: Axes, arm: Mapping[str, Any], **looks: Any) -> float:
    """Mark an arm where both figures are known; returns its divergence."""
    divergence, recall = arm.get("kl"), arm.get("recall")
    if divergence is None or recall is None:
        return 0.0
    axes.scatter([divergence], [recall], zorder=3, **looks)
    return float(divergence)


def _name(figure: Figure, **looks: Any) -> None:
    """Say beside the panels what stands for what, where anything does."""
    if any(axes.get_legend_handles_labels()[0] for axes in figure.axes):
        figure.legend(loc="outside right upper", frameon=False, **looks)


def _title(values: Mapping[str, Any], what: str) -> str:
    nights = max((len(arm.get("nights") or ()) for arm in values["arms"].values()), default=0)
    parts = [f"{values['facts']} facts"]
    if nights:
        parts.append("1 night" if nights == 1 else f"{nights} nights")
    if len(values.get("seeds", {})) > 1:
        parts.append(f"mean of {len(values['seeds'])} seeds")
    return f"{what}: {', '.join(parts)}"


def _png(figure: Figure) -> bytes:
    file = io.BytesIO()
    # The version of what drew it would make other bytes of the same picture.
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()
