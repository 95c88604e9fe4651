from typing import Any

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import (
    LIVE,
    USER,
    answered,
    call,
    done,
    event,
    judged,
    ok,
    outcome_of,
    result,
    stream,
)

FACTS = {
    "approve_each": {
        "stream": "stream 1",
        "decisions": [
            {"call": "1", "tool": "list", "outcome": "proceed_once", "covered": False},
            {"call": "2", "tool": "shell", "outcome": "proceed_always", "covered": False},
            {"call": "4", "tool": "write", "outcome": "cancel", "covered": False},
        ],
    }
}


def each(
    row: str, *parts: bytes, kept: tuple[str, ...] = ("1", "2", "3", "4"), content: str = "First. "
) -> Verdict:
    chunks = [(0.0, LIVE), *((1.0 + number, part) for number, part in enumerate((*parts, done("a"))))]
    output = {"content": content, "toolCalls": [{"callId": name} for name in kept]}
    others = [
        stream(
            [(0.0, LIVE + call("9", toolName="shell", status="awaiting_approval") + done("a"))],
            probe=probe,
            label=label,
        )
        for probe, label in (("approve_once", "once: stream"), ("approve_cancel", "refused: stream"))
    ]
    return judged(
        row,
        stream(chunks, probe="approve_each", label="stream 1", ended=9.0),
        answered(
            {"id": "t", "status": "completed", "output": output}, probe="approve_each", label="finished"
        ),
        *others,
        facts=FACTS,
    )


TEXT = event("content", text="First. ", isPartial=True)
ONE, TWO, THREE, FOUR = (
    call("1", toolName="list", status="awaiting_approval"),
    call("2", toolName="shell", status="awaiting_approval"),
    call("3", toolName="shell", status="executing"),
    call("4", toolName="write", status="awaiting_approval"),
)
GOOD = (TEXT, ONE, TWO, THREE, FOUR)


@pytest.mark.parametrize(
    ("row", "parts", "reason"),
    [
        ("APPROVE-016", GOOD, None),
        (
            "APPROVE-016",
            (TEXT, call("1", toolName="list", status="executing"), TWO, THREE, FOUR),
            "ran-unasked",
        ),
        (
            "APPROVE-016",
            (TEXT, ONE, TWO, THREE, call("4", toolName="write", status="executing")),
            "ran-unasked",
        ),
        ("APPROVE-017", GOOD, None),
        (
            "APPROVE-017",
            (TEXT, ONE, TWO, call("3", toolName="shell", status="awaiting_approval"), FOUR),
            "other-scope",
        ),
        (
            "APPROVE-017",
            (TEXT, ONE, TWO, THREE, call("4", toolName="write", status="executing")),
            "other-scope",
        ),
        ("APPROVE-017", (TEXT, ONE, TWO, THREE), "stimulus-not-reached"),
        ("APPROVE-021", GOOD, None),
    ],
)
def test_several_calls(row, parts, reason):
    found = each(row, *parts)

    assert (found.outcome is Outcome.PASSED, found.reason) == (reason is None, reason)


WAITS = "awaiting_approval"


def always(*calls: tuple[str, str, str], decisions: tuple[tuple[str, str], ...]) -> str:
    """Of calls (name, tool, status) and the tools (by call) that may run from then on."""
    parts = [call(name, toolName=tool, status=status) for name, tool, status in calls]
    probe = "approve_each"
    heard = stream([(0.0, b"".join([USER, LIVE, *parts, done("x")]))], probe=probe, label="s")
    made = [{"call": name, "tool": tool, "outcome": "proceed_always"} for name, tool in decisions]
    return outcome_of(judged("APPROVE-017", heard, facts={probe: {"stream": "s", "decisions": made}}))


def test_the_first_tool_that_may_always_run_is_looked_at():
    calls = ("1", "shell", WAITS), ("2", "shell", "executing"), ("3", "write", WAITS)

    assert always(*calls, decisions=(("1", "shell"),)) == "passed"
    assert always(*calls, decisions=(("1", "shell"), ("3", "write"))) == "passed"
    assert always(*calls, decisions=(("1", "shell"), ("9", "write"))) == "passed"
    assert always(*calls, decisions=(("9", "shell"), ("1", "shell"))) == "blocked"
    assert always(*calls[:2], ("3", "write", "executing"), decisions=(("1", "shell"),)) == "other-scope"


def together(left: tuple[str, ...], ends: tuple[str, str], made: str = "nfirst.txt") -> Verdict:
    probe: dict[str, Any] = {"probe": "approve_together"}

    def waiting(*calls: str) -> dict:
        return {
            "id": "t",
            "status": "awaiting_approval",
            "pendingApprovals": [{"callId": name} for name in calls],
        }

    parts = (
        LIVE
        + call("a", toolName="shell", status="awaiting_approval")
        + call("b", toolName="shell", status="awaiting_approval")
        + result("a", "o", ends[0])
        + result("b", "o", ends[1])
        + done("a")
    )
    return judged(
        "APPROVE-020",
        answered(waiting("a", "b"), label="both wait", **probe),
        answered(waiting(*left), label="one waits", **probe),
        stream([(0.1, parts)], label="stream 1", **probe),
        answered({"files": [{"path": made}]}, label="files", **probe),
        facts={
            "approve_together": {
                "calls": ["a", "b"],
                "stream": "stream 1",
                "first": "nfirst",
                "second": "nsecond",
            }
        },
    )


def test_two_waiting_calls_are_answered_one_by_one():
    assert together(("b",), ("success", "cancelled")).outcome is Outcome.PASSED
    assert together((), ("success", "cancelled")).reason == "not-by-itself"
    assert together(("b",), ("success", "success")).reason == "not-by-itself"
    assert together(("b",), ("success", "cancelled"), made="nsecond.txt").reason == "not-by-itself"


def two_wait(*first: str) -> str:
    probe = "approve_together"

    def told(label: str, *calls: str) -> Exchange:
        waiting = [{"callId": each} for each in calls]
        return ok(probe, label, {"status": WAITS, "pendingApprovals": waiting})

    parts = [call("a"), call("b"), result("a", "o"), result("b", "no", "cancelled"), done("x")]
    heard = stream([(0.0, b"".join([USER, LIVE, *parts]))], probe=probe, label="s")
    facts = {probe: {"calls": ["a", "b"], "stream": "s", "first": "w1", "second": "w2"}}
    page = ok(probe, "files", {"files": [{"path": "w1"}]})
    return outcome_of(
        judged("APPROVE-020", told("both wait", *first), told("one waits", "b"), heard, page, facts=facts)
    )


def test_two_calls_wait_before_one_is_answered():
    assert two_wait("a", "b") == "passed"
    assert two_wait("a") == "not-by-itself"
    assert two_wait("b") == "not-by-itself"


def test_output_survives_a_refused_call():
    assert each("APPROVE-021", *GOOD, kept=("2", "3")).reason == "output-lost"
    assert each("APPROVE-021", *GOOD, content="").reason == "output-lost"


def kept_until_refused(*kept: str) -> str:
    """Of four calls, the second and the fourth of which were refused, and those that the output keeps."""
    probe = "approve_each"
    parts = [call(name) for name in "1234"]
    heard = stream([(0.0, b"".join([USER, LIVE, *parts, done("x")]))], probe=probe, label="s")
    output = {"content": "", "toolCalls": [{"callId": name} for name in kept]}
    decisions = [{"call": name, "tool": "t", "outcome": "cancel"} for name in "24"]
    finished = ok(probe, "finished", {"output": output})
    facts = {probe: {"stream": "s", "decisions": decisions}}
    return outcome_of(judged("APPROVE-021", heard, finished, facts=facts))


def test_what_was_before_the_first_refusal_is_kept():
    assert kept_until_refused("1") == "passed"
    assert kept_until_refused("2", "3", "4") == "output-lost"
