"""The agent may be a real model: disobedience makes some verdicts inconclusive and changes no other."""

from pathlib import Path

import pytest

from lab.platforms.side_by_side import Order, SideBySide
from sigmic_conformance.model.record.verdict import Outcome
from sigmic_conformance.reports import reference

pytestmark = [pytest.mark.judgement, pytest.mark.xdist_group("targets"), pytest.mark.timeout(900)]
ROOT = Path(__file__).parents[2]
# If a command was not run, its rows are inconclusive: stimulus or control is missing, or any evidence.
OPEN = {"stimulus-not-reached", "control-failed", "zero-observations", "timing-noise"}
FINE = {Outcome.PASSED, Outcome.INFO}
LEFT_OPEN = {"Disobedient": range(41), "Deaf": range(50, 181)}
ELSEWHERE = {"ISOLATION-013"}
"""An example names /workspace; the target's commands find their files elsewhere: legal, with a warning."""


@pytest.mark.parametrize(
    "order", [Order(parts=(agent,), flags=("--journeys", "pairs")) for agent in LEFT_OPEN]
)
def test_a_disobedient_agent_leaves_rows_open_and_changes_none(order: Order, side_by_side: SideBySide):
    mock = reference.read(ROOT / reference.FILE)
    found = side_by_side.of(order)

    assert {each.outcome for each in mock.values()} <= FINE
    assert found.verdicts.keys() == mock.keys()
    other = found.rows("failed", "warned", "errored", "blocked", "inapplicable")
    claimed = {row: why for row, why in other.items() if not why.endswith("without mcp")}
    assert {row: why for row, why in claimed.items() if row not in ELSEWHERE} == {}
    left_open = found.rows("inconclusive")
    assert {row: why for row, why in left_open.items() if why.partition(":")[0] not in OPEN} == {}
    assert len(left_open) in LEFT_OPEN[order.parts[0]], left_open
