from dataclasses import replace
from typing import Any

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import (
    REGISTRY,
    answered,
    content,
    done,
    event,
    judged,
    ok,
    outcome_of,
    stream,
)


@pytest.mark.parametrize(
    ("status", "reason"), [(("completed", "completed"), None), (("completed", "running"), "half-done")]
)
def test_a_refused_follow_up_leaves_the_status(status, reason):
    probe = REGISTRY.checks["FOLLOWUP-013"].needs[0]
    histories = [ok(probe, label, {"messages": []}) for label in ("history before", "history after refusals")]
    tasks = [
        ok(probe, label, {"status": told})
        for label, told in zip(("before", "after refusals"), status, strict=True)
    ]

    assert judged("FOLLOWUP-013", *histories, *tasks).reason == reason


@pytest.mark.parametrize(
    ("status", "times", "reason"), [(200, 1, "passed"), (200, 0, "half-taken"), (409, 1, "half-taken")]
)
def test_an_early_follow_up_is_taken_once_or_not_at_all(status, times, reason):
    messages = [{"id": str(each), "role": "user", "content": "Early"} for each in range(times)]
    probe = "follow_up_early"
    answer = replace(ok(probe, "early follow-up", operation="send_message"), status=status)
    told = answer, ok(probe, "history", {"messages": messages})

    assert outcome_of(judged("FOLLOWUP-015", *told, facts={probe: {"message": "Early"}})) == reason


def refusals(status: int, saved: int) -> list[Exchange]:
    probe: dict[str, Any] = {"probe": "slow_follow_up"}
    messages = [{"id": str(number), "role": "user", "content": "x"} for number in range(saved)]
    error = {"message": "no", "code": "VALIDATION_ERROR"}
    return [
        answered({"messages": messages[:1]}, label="history before", **probe),
        *(answered(error, status=status, label=f"field: {name}", **probe) for name in ("env", "autoExecute")),
        answered({"messages": messages}, label="history after fields", **probe),
        answered({}, label="follow-up", **probe),
    ]


def test_fields_of_a_creation_are_refused_in_a_follow_up_without_a_trace():
    assert judged("FOLLOWUP-018", *refusals(400, 1)).outcome is Outcome.PASSED
    assert judged("FOLLOWUP-018", *refusals(200, 1)).reason == "accepted"
    assert judged("FOLLOWUP-018", *refusals(400, 2)).reason == "half-taken"


@pytest.mark.parametrize(
    ("restored", "outcome"),
    [
        (None, Outcome.PASSED),
        ("", Outcome.PASSED),
        ("It is n2.", Outcome.PASSED),
        ("I do not know one.", Outcome.FAILED),
    ],
)
def test_a_follow_up_that_restores_its_session_remembers_as_well(restored: str | None, outcome: Outcome):
    """None where no probe restored a session, nothing where it did not come to the question."""

    def told(text: str, **where: str) -> Exchange:
        marker = event("history_done", messageCount=0, isStreaming=True)
        return stream([(0.1, marker + content(text) + done(text))], **where)

    runs = [told("It is n1.", probe="follow_up", label="run of follow-up")]
    if restored:
        runs.append(told(restored, probe="restore", label="restored: stream"))
    facts = {"follow_up": {"word": "n1"}} | ({} if restored is None else {"restore": {"word": "n2"}})

    assert judged("FOLLOWUP-008", *runs, facts=facts).outcome is outcome
