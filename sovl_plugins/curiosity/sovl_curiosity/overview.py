"""What ``/curiosity`` shows: the pressure, why it asked, how ignorance is read, what it learned from the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Optional

from sovl_curiosity.learning import Learned, learned, progress

if TYPE_CHECKING:
    from sovl_core.journal import Journal
    from sovl_core.records import Question
    from sovl_curiosity.calibrations import Calibrations
    from sovl_curiosity.inquiry import Candidate
    from sovl_curiosity.settings import CuriositySettings

#: Answers that are shown one by one.
SHOWN = 5
_WIDTH = 60


def overview(
    pressure: float, settings: CuriositySettings, calibrations: Calibrations, journal: Journal, held_back: str = ""
) -> List[str]:
    """Return the lines of ``/curiosity``.

    :param pressure: in [0, 1].
    :param held_back: what came of the last eruption of which no question came.
    """
    lines = [
        f"pressure   {pressure:.2f}; erupts above {settings.pressure_threshold:g}, "
        f"with a chance of {settings.eruption_chance:g}"
    ]
    asked = [question for question in journal.questions(limit=50) if question.status in ("asked", "answered")]
    lines.append(f"last asked {_asked(asked[0])}" if asked else "last asked nothing yet")
    lines += [f"held back  {held_back}"] if held_back else []
    lines.append(f"ignorance  {how_ignorance_is_read(settings, calibrations, journal)}")
    return lines + _learned(learned(journal), settings)


def why(question: Question) -> str:
    """Return in words why a question was asked, from what was kept with it; "" where it was not weighed."""
    return _weighed(question.details, "above") if "score" in question.details else ""


def why_not(candidate: Optional[Candidate], threshold: float) -> str:
    """Return in words why an eruption came to no question.

    :param candidate: the question that was weighed, None where none could be written.
    """
    if candidate is None:
        return "no question came to mind"
    return f'"{_short(candidate.text)}"\n  why      {_weighed(candidate.details(threshold), "not above")}'


def _weighed(kept: Dict[str, Any], above: str) -> str:
    read = "calibrated" if kept.get("calibrated") else "1 - confidence"
    worth = f"worth {kept['score']:.2f}"
    if "threshold" in kept:
        worth += f", {above} {kept['threshold']:g}"
    about = f'about "{_short(str(kept.get("about", "")))}": ' if kept.get("about") else ""
    return f"{_occasion(kept)}{about}ignorance {kept['ignorance']:.2f} ({read}), novelty {kept['novelty']:.2f}, {worth}"


def _occasion(kept: Dict[str, Any]) -> str:
    if "night" in kept:
        return f"night {kept['night']} {'left it unclear' if kept.get('unclear') else 'learned it'}, "
    return "after a dream, " if kept.get("dreamed") else ""


def how_ignorance_is_read(settings: CuriositySettings, calibrations: Calibrations, journal: Journal) -> str:
    """Return in words where ignorance comes from now."""
    classic = "1 - confidence"
    if settings.metric != "calibrated":
        return f"{classic} (metric = {settings.metric})"
    found = calibrations.in_use(journal)
    if found is None:
        return f"{classic}, until a night with enough questions has calibrated it"
    night, made = found
    figures = (
        f"calibrated in night {night} on {made.known} known and {made.unknown} unknown questions: ranks "
        f"{made.area:.0%} of the pairs right (classic {made.classic_area:.0%})"
    )
    return figures if made.trusted else f"{classic}; {figures}, and so is not used"


def _asked(question: Question) -> str:
    reason = why(question)
    answered = "answered" if question.status == "answered" else "not answered"
    return f'"{_short(question.text)}" ({answered})' + (f"\n  why      {reason}" if reason else "")


def _learned(found: List[Learned], settings: CuriositySettings) -> List[str]:
    mean = progress(found)
    if not found:
        return ["learned    no night has learned from an answer yet"]
    better = sum(each.drop > 0 for each in found)
    lines = [f"learned    {better} of the latest {len(found)} answers are known better than before their night"]
    if mean is not None:
        lines[0] += f": {-mean:+.2f} nats a token, mean"
        if mean <= 0:
            lines[0] += f"; it asks less often (stalled_chance {settings.stalled_chance:g})"
    lines += [
        f'  night {each.night}: {each.before:.2f} -> {each.after:.2f} nats a token, "{_short(each.question)}" '
        f'"{_short(each.answer)}"'
        for each in found[:SHOWN]
    ]
    return lines


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _WIDTH else flat[: _WIDTH - 1] + "…"
