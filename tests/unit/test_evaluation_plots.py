from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest

from sovl_core.error_handling import BadInput
from sovl_core.evaluation.plots import (
    DRIFT_PLOT,
    NIGHTS_PLOT,
    curves,
    draw,
    recall_against_drift,
    recall_over_nights,
    require_plots,
)
from sovl_core.evaluation.seeds import merged

pytest.importorskip("matplotlib")


def _night(recall: Optional[float], at_end: Optional[float], *of_nights: Optional[float]) -> Dict[str, Any]:
    return {"told": 2, "recall": recall, "recall_at_end": at_end, "recall_of_nights": list(of_nights)}


NIGHTS = [_night(1.0, 0.5, 1.0), _night(0.5, 0.25, 0.75, 0.5), _night(1.0, 1.0, 0.5, 0.25, 1.0)]


def _values(kl: Optional[float] = 0.2, recall: float = 0.5, nights: Any = (), arms: Any = ("base", "lora")) -> Any:
    return {"facts": 6, "arms": {name: {"kl": kl, "recall": recall, "nights": list(nights)} for name in arms}}


def _marks(figure: Any) -> List[List[float]]:
    return [list(marks.get_offsets()[0]) for marks in figure.axes[0].collections]


def test_each_arm_is_marked_where_its_figures_are() -> None:
    figure = recall_against_drift(_values(0.2, 0.5))
    assert _marks(figure) == [[0.2, 0.5]] * 2
    axes = figure.axes[0]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["base", "lora"]
    assert "nats a token" in axes.get_xlabel()
    assert "recall" in axes.get_ylabel()
    assert axes.get_title("left") == "Recall against drift: 6 facts"
    # No drift at all has a place of its own, within the picture.
    assert axes.get_xlim()[0] < 0.0 < 0.2 < axes.get_xlim()[1]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["0", "0.001", "0.01", "0.1"]


def test_several_seeds_are_marked_beside_their_mean() -> None:
    figure = recall_against_drift(
        merged({"1": _values(0.0, 0.5, arms=["sovl"]), "2": _values(0.5, 1.0, arms=["sovl"])})
    )
    assert _marks(figure) == [[0.0, 0.5], [0.5, 1.0], [0.25, 0.75]]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["sovl"]
    assert figure.axes[0].get_title("left") == "Recall against drift: 6 facts, mean of 2 seeds"


def test_what_has_no_figure_is_not_marked() -> None:
    figure = recall_against_drift(_values(None))
    assert _marks(figure) == []
    assert figure.legends == []


def test_each_nights_facts_are_followed_from_the_morning_after() -> None:
    assert curves(NIGHTS) == [[(1, 1.0), (2, 0.75), (3, 0.5)], [(2, 0.5), (3, 0.25)], [(3, 1.0)]]
    # Where only the first and the last morning are known.
    assert curves([_night(1.0, 0.5), _night(0.5, 0.25), _night(None, None)]) == [
        [(1, 1.0), (3, 0.5)],
        [(2, 0.5), (3, 0.25)],
        [],
    ]


def test_arms_that_live_through_nights_have_a_panel_each() -> None:
    values = _values(nights=NIGHTS, arms=["lora", "sovl"])
    values["arms"]["base"] = {"recall": 0.0, "nights": []}
    figure = recall_over_nights(values)
    assert figure is not None
    assert [axes.get_title() for axes in figure.axes] == ["lora", "sovl"]
    for axes in figure.axes:
        assert [list(line.get_xydata()[:, 1]) for line in axes.lines] == [[1.0, 0.75, 0.5], [0.5, 0.25], [1.0]]
        assert axes.get_xlabel() == "morning after night"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["night 1", "night 2", "night 3"]


def test_many_nights_do_not_fill_the_picture_with_names() -> None:
    nights = [_night(1.0, 1.0) for _ in range(25)]
    figure = recall_over_nights(_values(nights=nights, arms=["sovl"]))
    assert figure is not None
    assert len(figure.legends[0].get_texts()) == 9


def test_one_night_has_no_curve() -> None:
    assert recall_over_nights(_values(nights=NIGHTS[:1])) is None


def test_files_are_the_same_each_time_and_pictures(tmp_path: Path) -> None:
    values = _values(nights=NIGHTS)
    first, again = draw(values, tmp_path / "a"), draw(values, tmp_path / "b")
    assert [path.name for path in first] == [DRIFT_PLOT, NIGHTS_PLOT]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert first[0].read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in draw(_values(), tmp_path / "a")] == [DRIFT_PLOT]


def test_drawing_leaves_no_global_state() -> None:
    # Reading the setting "backend" is what would choose one.
    code = (
        "import sys, matplotlib\n"
        "def settings(): return {key: matplotlib.rcParams[key] for key in matplotlib.rcParams if key != 'backend'}\n"
        "before = settings()\n"
        "from sovl_core.evaluation.plots import recall_against_drift, _png\n"
        "_png(recall_against_drift({'facts': 1, 'arms': {'base': {'kl': 0.0, 'recall': 0.0}}}))\n"
        "assert settings() == before\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_missing_matplotlib_is_named_with_what_to_install(tmp_path: Path, mocker: Any) -> None:
    require_plots(tmp_path / "new")
    mocker.patch.dict(sys.modules, {"matplotlib": None})
    with pytest.raises(BadInput, match="Plots need matplotlib") as caught:
        require_plots(tmp_path)
    assert caught.value.hint == 'pip install "sovl[plot]"'


def test_a_place_where_no_folder_can_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "none" / "folder"):
        with pytest.raises(BadInput, match="is no folder"):
            require_plots(folder)
