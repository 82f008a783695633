"""What a night was measured at, as rows: a share of few stands beside how many it is of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Mapping

from sovl_core.cli.tables import flatten, readable, value_text

if TYPE_CHECKING:
    from sovl_core.night_difference import Pair

#: Where a night's metrics say of how many each share is.
OF = "of"


def measured(metrics: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the metrics of a night by label."""
    counts = metrics.get(OF)
    if not isinstance(counts, Mapping):
        return flatten(metrics)
    shown = {key: share_text(value, counts.get(key)) for key, value in metrics.items() if key != OF}
    return flatten(shown)


def measured_pairs(metrics: Mapping[str, Pair]) -> Dict[str, Pair]:
    """Return the metrics of two nights by label.

    :param metrics: by dotted key, see :class:`sovl_core.night_difference.NightDifference`.
    """
    shown: Dict[str, Pair] = {}
    for key, pair in metrics.items():
        if not key.startswith(f"{OF}."):
            first, second = map(share_text, pair, metrics.get(f"{OF}.{key}", (None, None)))
            shown[readable(key)] = (first, second)
    return shown


def share_text(share: Any, of: Any) -> Any:
    """Return a share with the numbers that it is made of: "0.25 (1 of 4)"; what is no share of a number as it is."""
    if not isinstance(share, (int, float)) or isinstance(share, bool) or type(of) is not int or of <= 0:
        return share
    if not 0 <= share <= 1 or abs(round(share * of) - share * of) > 1e-6 * of:
        return share
    return f"{value_text(float(share))} ({round(share * of)} of {of})"
