import json
from dataclasses import replace

import pytest

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.checks.recordings import act
from tests.conformance.kit import (
    LIVE,
    USER,
    answered,
    at,
    call,
    content,
    done,
    event,
    exchange,
    judged,
    ok,
    outcome_of,
    record,
    result,
    stream,
    verdict_on,
)


def decided(row: str, *chunks: tuple[float, bytes], label: str = "once: stream") -> str:
    """Of a call that was approved at 2 s."""
    heard = stream([(0.0, USER + LIVE), *chunks], probe="approve_once", label=label, ended=9.0)
    page = ok("approve_once", "files while waiting", {"files": []})
    facts = {"approve_once": {"call": "c", "first": "w0rd"}}
    return outcome_of(judged(row, heard, page, at(2.0, ok("approve_once", "approve")), facts=facts))


WAITS = "awaiting_approval"


def test_a_result_before_the_decision_ran_unasked():
    asked = (1.0, call("c", status=WAITS))

    assert decided("APPROVE-001", asked, (2.0, result("c", "o"))) == "passed"
    assert decided("APPROVE-001", asked, (1.9, result("c", "o"))) == "ran-unasked"
    assert decided("APPROVE-001", asked, (1.9, result("d", "o"))) == "passed"


def approved(*outputs: str) -> Verdict:
    body = b"".join(
        [USER, LIVE, call("c"), *(result("c", each) for each in outputs), content("So."), done("So.")]
    )
    heard = stream([(1.0, body)], probe="approve_once", label="once: stream")
    return judged("APPROVE-003", heard, facts={"approve_once": {"call": "c", "first": "w0rd"}})


def test_the_first_result_after_an_approval_is_looked_at():
    assert approved("w0rd", "other").outcome is Outcome.PASSED
    assert approved("other", "w0rd").reason == "did-not-run"


def refused_call(*events: bytes) -> Verdict:
    heard = stream([(1.0, b"".join([USER, LIVE, *events]))], probe="approve_cancel", label="refused: stream")
    page = ok("approve_cancel", "files", [])
    return judged("APPROVE-006", heard, page, facts={"approve_cancel": {"call": "c", "word": "w"}})


def test_a_refused_call_has_no_result_of_success():
    assert refused_call(result("c", "no", "error")).outcome is Outcome.PASSED
    assert refused_call(result("c", "yes")).reason == "ran-although-refused"


def joining(at: float) -> Record:
    call = event("tool_call", callId="c", toolName="t", status="executing", args={})
    chunks = [(1.0, event("history_done", messageCount=1, isStreaming=True)), (at, call)]
    late = stream(chunks, probe="approve_once", label="joins while waiting", ended=9.0)
    decided = replace(exchange(probe="approve_once", label="approve", number=2), started=5_000_000_000)
    return record(late, decided, facts={"approve_once": {"call": "c"}})


def test_a_call_told_after_its_approval_was_not_told_in_time():
    assert verdict_on("APPROVE-012", joining(2.0)).outcome is Outcome.PASSED
    assert verdict_on("APPROVE-012", joining(6.0)).reason == "not-told"


def saved(*calls: str) -> bytes:
    """What a history tells of an answer with these calls."""
    return event(
        "history_message",
        id="m2",
        role="assistant",
        content="",
        toolCalls=[{"callId": each} for each in calls],
    )


def test_who_joins_while_a_call_waits_is_told_of_it_before_the_decision():
    late = "joins while waiting"

    assert decided("APPROVE-012", (1.9, call("c", status=WAITS)), label=late) == "passed"
    assert decided("APPROVE-012", (2.0, call("c", status=WAITS)), label=late) == "not-told"
    assert decided("APPROVE-012", (1.9, call("d", status=WAITS)), label=late) == "not-told"
    assert decided("APPROVE-012", (1.9, saved("b", "c")), label=late) == "passed"
    assert decided("APPROVE-012", (1.9, saved("b")), label=late) == "not-told"
    assert decided("APPROVE-012", (1.9, saved()), label=late) == "not-told"


def test_a_call_id_is_percent_decoded():
    for status, outcome in ((200, Outcome.PASSED), (404, Outcome.FAILED)):
        answer = answered({"approved": True}, status=status, probe="approve_each", label="approve encoded")
        assert judged("APPROVE-019", answer).outcome is outcome


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
