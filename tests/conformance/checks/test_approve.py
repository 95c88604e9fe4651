import json

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.checks.recordings import act
from tests.conformance.kit import (
    LIVE,
    event,
    judged,
    stream,
)

TARGET = "/api/v1/tasks/t"


def judged_call(*statuses: tuple[float, str], actions: tuple[Exchange, ...] = ()) -> Verdict:
    """Judge a call that was told with these statuses."""
    chunks = [(0.0, LIVE)]
    for seconds, status in statuses:
        kind = "tool_result" if status in {"success", "error", "cancelled"} else "tool_call"
        chunks.append((seconds, event(kind, callId="c", toolName="x", status=status)))
    heard = stream(chunks, number=1, ended=9, target=f"{TARGET}/stream")
    return judged("APPROVE-022", heard, *actions)


def answer(outcome: str, at: float) -> Exchange:
    target = "/api/v1/tasks/t/tools/%63/approve"
    return act("approve_tool_call", at, target=target, text=json.dumps({"outcome": outcome}))


@pytest.mark.parametrize(
    ("statuses", "actions", "good"),
    [
        ([(1, "executing"), (2, "success")], (), True),
        ([(1, "awaiting_approval"), (3, "success")], (answer("proceed_once", 2),), True),
        ([(1, "awaiting_approval"), (3, "executing"), (4, "error")], (answer("proceed_always", 2),), True),
        ([(1, "awaiting_approval"), (3, "cancelled")], (answer("cancel", 2),), True),
        ([(1, "awaiting_approval"), (3, "success")], (), False),
        ([(1, "awaiting_approval"), (3, "success")], (answer("cancel", 2),), False),
        ([(1, "awaiting_approval"), (3, "success")], (answer("proceed_once", 4),), False),
        ([(1, "executing"), (3, "cancelled")], (), False),
        ([(1, "executing"), (3, "cancelled")], (act("cancel_task", 2),), True),
        ([(1, "success"), (3, "executing")], (), False),
    ],
)
def test_the_trace_of_a_call_is_a_path(statuses, actions, good):
    found = judged_call(*statuses, actions=actions)

    assert found.outcome is (Outcome.PASSED if good else Outcome.WARNED)
