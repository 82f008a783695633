"""What ``sovl status`` shows of the cross-attention: where it listens, how open its gates are, how much it may say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Optional

from sovl_core.plugin import StatusPanel
from sovl_cross_attention.settings import LEAST_SKILL

if TYPE_CHECKING:
    from sovl_cross_attention.settings import CrossAttentionSettings
    from sovl_cross_attention.stack import CrossAttentionStack


def status_panel(
    settings: CrossAttentionSettings,
    multiplier: float,
    skill: Optional[float],
    stack: Optional[CrossAttentionStack],
) -> StatusPanel:
    """Return the panel.

    :param multiplier: how much of the last night was accepted.
    :param skill: of the answer probe, None before it has practised.
    :param stack: None while no models are loaded.
    """
    rows: Dict[str, Any] = {
        "weight": f"{settings.weight * settings.blend:.2f}",
        "reach": f"{multiplier:.2f}",
        "dynamic": settings.dynamic,
        "relevance gate": f"threshold {settings.relevance_threshold}" if settings.relevance_gate else "off",
        "answer probe": _probe_row(skill) if settings.answer_probe else "off",
    }
    if stack is not None:
        rows["scaffold"] = "moves with the base" if stack.stepped else "reads the prompt"
        rows["layers"] = ", ".join(str(number) for number in stack.numbers)
        rows["gates"] = ", ".join(f"{float(layer.gate.detach()):.2f}" for layer in stack.cross_layers())
    return StatusPanel("Cross-attention", rows)


def _probe_row(skill: Optional[float]) -> str:
    if skill is None:
        return "learns in the first night"
    shown = f"{skill:.2f} of questions told apart in practice"
    return shown if skill >= LEAST_SKILL else f"not used: only {shown}"
