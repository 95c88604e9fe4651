import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome
from tests.conformance.kit import LIVE, done, event, judged, stream

START = event("subagent_start", agentName="w", displayName="W", description="d", objective="o")
TOOL = event("subagent_tool", agentName="w", status="start", toolName="x")
END = event("subagent_end", agentName="w", terminateReason="GOAL", result="r")


@pytest.mark.parametrize(
    ("row", "parts", "good"),
    [
        ("EVENT-009", (START,), True),
        ("EVENT-009", (event("subagent_start", agentName="w"),), False),
        ("EVENT-010", (event("subagent_thought", agentName="w", text="t"),), True),
        ("EVENT-010", (event("subagent_thought", agentName="w"),), False),
        ("EVENT-011", (TOOL,), True),
        ("EVENT-011", (event("subagent_tool", agentName="w", status=1, toolName="x"),), False),
        ("EVENT-012", (END,), True),
        ("EVENT-012", (event("subagent_end", agentName="w", result="r"),), False),
        ("EVENT-025", (TOOL,), True),
        ("EVENT-025", (TOOL, event("subagent_tool", agentName="w", status="success", toolName="x")), False),
        ("EVENT-025", (event("subagent_tool", agentName="w", status="odd", toolName="x"),), False),
    ],
)
def test_subagents(row, parts, good):
    found = judged(row, stream([(0.1, LIVE + b"".join(parts) + done("a"))], probe="subagents", ended=0.5))

    kept = Outcome.INFO if row == "EVENT-025" else Outcome.PASSED
    assert found.outcome is (kept if good else Outcome.WARNED)
