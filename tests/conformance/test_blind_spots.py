"""Broken answers that a judge once took for right, or that broke the judge, as records made by hand."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.probes.tokens import segments
from sigmic_conformance.conformance.transcript.transcript import Closed, Ending
from tests.conformance.kit import (
    REGISTRY,
    decided,
    done,
    event,
    exchange,
    judged,
    record,
    stream,
    success,
    verdict_on,
)

TIME = "2026-01-26T15:50:54.870Z"
EVERY = tuple(REGISTRY.probes)


@pytest.mark.parametrize("token", ["opaque", "", "a.b", "bm8.bm8.bm8", "W10.W10.x", "e30.e30.a.b"])
def test_a_token_that_is_no_jws_is_told_as_wrong(token):
    made = exchange(probe="token_exchange", label="good: default", body=success({"token": token}))

    seen = record(made, facts={"token_exchange": {"segments: default": segments(token)}})

    assert decided(verdict_on("TOKEN-006", seen)) == (Outcome.FAILED, "wrong-form")


def test_a_token_in_compact_form_is_right():
    made = exchange(probe="token_exchange", label="good: default", body=success({"token": "x"}))

    seen = record(made, facts={"token_exchange": {"segments: default": segments("e30.e30.a")}})

    assert verdict_on("TOKEN-006", seen).outcome is Outcome.PASSED


def creation(*answers: object, ending: Ending = Ending.COMPLETE) -> Verdict:
    labels = ("json defaults", "json defaults: read", "form defaults", "form defaults: read")
    made = [
        exchange(probe="creation_fields", number=number, label=label, body=success(data))
        for number, (label, data) in enumerate(zip(labels, answers, strict=False), 1)
    ]
    return verdict_on("CREATE-003", record(*made, ending=ending))


@pytest.mark.parametrize("data", [{"status": "pending"}, {"id": ""}, {"id": 7}, {"id": None}, [], "id", None])
def test_a_creation_without_an_id_fails_although_the_probe_ends_there(data):
    assert decided(creation(data, ending=Ending.INTERRUPTED)) == (Outcome.FAILED, "no-id")
    assert decided(creation({"id": "a"}, {}, data, ending=Ending.INTERRUPTED)) == (Outcome.FAILED, "no-id")


def test_a_creation_with_an_id_to_read_by_is_right():
    assert creation({"id": "a"}, {}, {"id": "b"}, {}).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("value", "outcome", "reason"),
    [
        (TIME, Outcome.PASSED, None),
        ("2026-01-26T15:50:54+02:00", Outcome.PASSED, None),
        (1769442654, Outcome.FAILED, "no-timestamp"),
        ("1769442654", Outcome.FAILED, "no-timestamp"),
        (None, Outcome.FAILED, "no-timestamp"),
    ],
)
def test_a_creation_time_is_told_as_a_string(value, outcome, reason):
    seen = record(exchange(body=success({"id": "t", "createdAt": value})), probes=("easy_task",))

    assert decided(verdict_on("GET-008", seen)) == (outcome, reason)


def test_a_creation_time_that_changes_is_noticed():
    one = exchange(body=success({"id": "t", "createdAt": TIME}))
    other = exchange(number=2, body=success({"id": "t", "createdAt": "2026-01-26T15:50:54.871Z"}))

    assert decided(judged("GET-008", one, other)) == (
        Outcome.FAILED,
        "changed",
    )


def readings(first: Mapping[str, object], second: Mapping[str, object]) -> Verdict:
    saved = success({"messages": []})
    made = [
        exchange(probe="easy_task", number=1, label="finished", body=success(first)),
        exchange(probe="easy_task", number=2, label="finished again", body=success(second)),
        exchange(probe="easy_task", number=3, label="history", body=saved),
        exchange(probe="easy_task", number=4, label="history again", body=saved),
    ]
    return judged("GET-024", *made)


@pytest.mark.parametrize(
    "change",
    [
        {"completedAt": "2026-01-26T15:50:54.871Z"},
        {"output": {"content": "a", "updatedAt": "2026-01-26T15:50:54.871Z"}},
        {"output": {"content": "b", "updatedAt": TIME}},
        {"output": None},
    ],
)
def test_a_reading_that_changes_the_task_is_noticed(change):
    task = {"id": "t", "completedAt": TIME, "output": {"content": "a", "updatedAt": TIME}}

    assert readings(task, task).outcome is Outcome.PASSED
    assert decided(readings(task, task | change)) == (Outcome.FAILED, "changed-by-reading")


def test_two_events_in_one_block_are_noticed():
    marker = event("history_done", messageCount=0, isStreaming=True)
    content = event("content", text="Hello", isPartial=False)
    good = [marker, content, event("done", finalResponse="Hello")]
    run_together = [marker, content[:-1], good[2]]
    on_two_lines = [marker, content.replace(b'"text"', b'\ndata: "text"'), good[2]]

    def look(parts: list[bytes]) -> Verdict:
        return judged("STREAM-005", stream([(0.0, b"".join(parts))], probe="easy_task"))

    assert look(good).outcome is Outcome.PASSED
    assert look(on_two_lines).outcome is Outcome.PASSED
    assert decided(look(run_together)) == (Outcome.FAILED, "merged-events")


def beside_a_control(*, control: int | None, status: int, code: str = "AUTH_REQUIRED") -> Verdict:
    refusal = {"success": False, "error": {"code": code, "message": "m"}}
    made = [
        exchange(
            probe="token_exchange",
            number=1,
            label="good: default",
            status=control,
            body=success({"token": "x"}),
        ),
        exchange(probe="token_exchange", number=2, label="bad: wrong secret", status=status, body=refusal),
        exchange(probe="token_exchange", number=3, label="bad: unknown app", status=401, body=refusal),
    ]
    return verdict_on("ERROR-009", record(*made[0 if control else 1 :], ending=Ending.INTERRUPTED))


@pytest.mark.parametrize("control", [200, 401, 500, None])
def test_what_was_accepted_fails_whatever_became_of_its_control(control):
    assert decided(beside_a_control(control=control, status=200)) == (Outcome.FAILED, "accepted")


def test_a_refusal_still_needs_its_control():
    assert decided(beside_a_control(control=500, status=500)) == (Outcome.INCONCLUSIVE, "control-failed")
    assert decided(beside_a_control(control=401, status=401)) == (Outcome.INCONCLUSIVE, "control-failed")
    assert beside_a_control(control=None, status=401).outcome is Outcome.BLOCKED
    assert beside_a_control(control=200, status=401, code="INVALID_CREDENTIALS").outcome is Outcome.PASSED


def test_what_was_accepted_fails_although_another_was_never_asked():
    made = exchange(probe="token_exchange", label="bad: wrong secret", status=200, body=success({}))

    seen = record(made, ending=Ending.INTERRUPTED)

    assert decided(verdict_on("ERROR-009", seen)) == (Outcome.FAILED, "accepted")


USER_MESSAGE = {"id": "m1", "role": "user", "content": "Hi", "createdAt": TIME}
ANSWER = {"id": "m2", "role": "assistant", "content": "Hello", "createdAt": "2026-01-26T15:50:55.870Z"}


def told(*messages: dict[str, str], streaming: bool = False, number: int | None = None) -> bytes:
    """The bytes of a stream with these messages as its history."""
    marker = event(
        "history_done", messageCount=len(messages) if number is None else number, isStreaming=streaming
    )
    live = event("content", text="Hello", isPartial=False) + event("done", finalResponse="Hello")
    return (
        b"".join(event("history_message", **each) for each in messages)
        + marker
        + (live if streaming else b"")
    )


def history_then_replay(data: bytes, *, status: str = "completed", asked_first: bool = True) -> Verdict:
    """A history of two messages and a stream, asked for one after the other."""
    saved = success({"status": status, "messages": [USER_MESSAGE, ANSWER]})
    history = exchange(
        probe="easy_task", number=1, label="history", operation="get_task_history", body=saved, ended=1.0
    )
    made = stream([(3.0, data)], probe="easy_task", number=2, ended=3.1)
    if asked_first:
        made = replace(made, started=2_000_000_000)
    else:
        history = replace(history, started=4_000_000_000, ended=5_000_000_000)
    return judged("PHASE-001", history, made)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (told(USER_MESSAGE), "message-missing"),
        (told(ANSWER), "message-missing"),
        (told(), "message-missing"),
        (told(USER_MESSAGE, ANSWER | {"content": "Bye"}), "message-missing"),
        (told(USER_MESSAGE, USER_MESSAGE, ANSWER), "message-repeated"),
        (told(USER_MESSAGE, ANSWER, ANSWER), "message-repeated"),
        (told(ANSWER, USER_MESSAGE), "history-out-of-order"),
    ],
)
def test_a_replay_tells_each_saved_message_once(data, reason):
    assert decided(history_then_replay(data)) == (Outcome.FAILED, reason)


def test_a_replay_of_what_is_saved_is_right():
    assert history_then_replay(told(USER_MESSAGE, ANSWER)).outcome is Outcome.PASSED
    assert history_then_replay(told(USER_MESSAGE | {"id": "other"}, ANSWER)).outcome is Outcome.PASSED
    assert history_then_replay(told(USER_MESSAGE), status="running").outcome is Outcome.PASSED
    assert history_then_replay(told(USER_MESSAGE), asked_first=False).outcome is Outcome.PASSED
    # The stream of a pending task: its message may be saved when it starts.
    assert history_then_replay(told(streaming=True), asked_first=False).outcome is Outcome.PASSED


def test_a_message_that_the_marker_counts_and_nobody_told_is_missing():
    verdict = history_then_replay(told(streaming=True, number=1), asked_first=False)

    assert decided(verdict) == (Outcome.FAILED, "message-missing")


CALL = event("tool_call", callId="c1", toolName="t", status="executing", args={})
ASKS = CALL.replace(b"executing", b"awaiting_approval")
RESULT = event("tool_result", callId="c1", status="success", output="o")
BUSY = told(USER_MESSAGE, streaming=True)[: -len(event("done", finalResponse="Hello"))]


def attempt(row: str, data: bytes, *, closed: Closed = Closed.COMPLETE, status: str = "completed") -> Verdict:
    """The stream of an attempt at tool_task that came to nothing."""
    made = stream(
        [(1.0, data)], probe="tool_task", number=1, label="attempt 1: whole", ended=3.0, closed=closed
    )
    after = exchange(
        probe="tool_task",
        number=2,
        label="attempt 1: after the reader vanished",
        body=success({"status": status}),
    )
    return verdict_on(row, record(made, after, ending=Ending.MISSED))


def test_a_call_that_asks_unbidden_is_noticed_although_nothing_came_of_it():
    left = attempt("CREATE-019", BUSY + ASKS, closed=Closed.HUNG_UP, status="awaiting_approval")

    assert decided(left) == (Outcome.FAILED, "asked")
    assert attempt("CREATE-019", BUSY + CALL + RESULT + done("Hello")).outcome is Outcome.PASSED
    assert attempt("CREATE-019", BUSY + done("Hello")).outcome is Outcome.INCONCLUSIVE


def test_a_run_that_ends_without_a_live_phase_or_done_is_noticed_although_the_attempt_came_to_nothing():
    broken = (Outcome.FAILED, "live-phase-missing")

    assert attempt("PHASE-006", BUSY + CALL + RESULT + done("Hello")).outcome is Outcome.PASSED
    assert decided(attempt("PHASE-006", BUSY + CALL + RESULT)) == broken
    assert decided(attempt("PHASE-006", told(USER_MESSAGE, streaming=True)[: len(BUSY) - 60])) == broken
    assert decided(attempt("PHASE-006", BUSY + CALL, closed=Closed.HUNG_UP)) == broken
    assert decided(attempt("PHASE-006", BUSY + done("Hello"), closed=Closed.HUNG_UP)) == broken


def test_a_live_phase_that_nobody_can_miss_is_not_held_against_the_target():
    unproven = [
        attempt("PHASE-006", told(USER_MESSAGE, ANSWER)),
        attempt("PHASE-006", BUSY, closed=Closed.RESET),
        attempt("PHASE-006", BUSY, closed=Closed.HUNG_UP, status="running"),
    ]

    assert {verdict.outcome for verdict in unproven} == {Outcome.INCONCLUSIVE}


def test_a_range_beyond_the_end_needs_no_envelope():
    refusal = {"success": False, "error": {"message": "m", "code": "NOT_FOUND"}}
    coded = exchange(probe="made_file", number=1, operation="download_artifact", status=404, body=refusal)
    beyond = exchange(probe="made_file", number=2, operation="download_artifact", status=416)
    bare = exchange(probe="made_file", number=2, operation="download_artifact", status=404)

    assert judged("ENVELOPE-002", coded, beyond).outcome is Outcome.PASSED
    assert judged("ENVELOPE-002", coded, bare).outcome is Outcome.FAILED
