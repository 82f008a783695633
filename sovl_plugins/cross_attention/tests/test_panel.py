from __future__ import annotations

import pytest

from sovl_cross_attention.panel import status_panel
from sovl_cross_attention.settings import CrossAttentionSettings


def test_its_panel_shows_layers_and_gates(plugin, recwarn):
    rows = plugin.on_status().rows
    gates = ["0.70"] * len(plugin.stack.numbers)
    assert (rows["layers"], rows["gates"]) == (", ".join(map(str, plugin.stack.numbers)), ", ".join(gates))
    assert (rows["weight"], rows["reach"], rows["dynamic"]) == ("1.00", "1.00", "off")
    assert rows["scaffold"] == "reads the prompt"
    assert rows["relevance gate"] == f"threshold {plugin.settings.relevance_threshold}"
    assert [str(w.message) for w in recwarn if "requires_grad" in str(w.message)] == []


@pytest.mark.no_torch
def test_without_models_there_are_no_layers_to_show():
    rows = status_panel(CrossAttentionSettings(weight=1.5, blend=0.5, relevance_gate=False), 0.25, None, None).rows
    assert (rows["weight"], rows["reach"], rows["relevance gate"]) == ("0.75", "0.25", "off")
    assert "layers" not in rows


@pytest.mark.no_torch
@pytest.mark.parametrize(
    ("on", "skill", "row"),
    [
        (False, 0.9, "off"),
        (True, None, "learns in the first night"),
        (True, 0.9, "0.90 of questions told apart in practice"),
        (True, 0.5, "not used: only 0.50 of questions told apart in practice"),
    ],
)
def test_it_tells_what_became_of_the_answer_probe(on, skill, row):
    assert status_panel(CrossAttentionSettings(answer_probe=on), 1.0, skill, None).rows["answer probe"] == row
