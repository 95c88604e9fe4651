"""Broken answers that a judge once took for right, or that broke the judge, as records made by hand."""

from collections.abc import Mapping

import pytest

from conformance.adjudication import adjudicate
from conformance.probes.tokens import segments
from conformance.record import Record
from conformance.registry import load
from conformance.transcript import Ending
from conformance.verdict import Outcome, Verdict
from spec.ledger import Ledger
from tests.conformance.making import event, exchange, record, stream

LEDGER = Ledger.load()
REGISTRY = load(LEDGER.by_id)
TIME = "2026-01-26T15:50:54.870Z"


def judged(row: str, seen: Record) -> Verdict:
    return adjudicate(REGISTRY.judges[row], LEDGER.by_id[row], seen)


def result(verdict: Verdict) -> tuple[Outcome, str | None]:
    return verdict.outcome, verdict.reason


def success(data: object) -> dict[str, object]:
    return {"success": True, "data": data}


@pytest.mark.parametrize("token", ["opaque", "", "a.b", "bm8.bm8.bm8", "W10.W10.x", "e30.e30.a.b"])
def test_a_token_that_is_no_jws_is_told_as_wrong(token):
    made = exchange(probe="token_exchange", label="good: default", body=success({"token": token}))

    seen = record(made, facts={"token_exchange": {"segments: default": segments(token)}})

    assert result(judged("TOKEN-006", seen)) == (Outcome.FAILED, "wrong-form")


def test_a_token_in_compact_form_is_right():
    made = exchange(probe="token_exchange", label="good: default", body=success({"token": "x"}))

    seen = record(made, facts={"token_exchange": {"segments: default": segments("e30.e30.a")}})

    assert judged("TOKEN-006", seen).outcome is Outcome.PASSED


def creation(*answers: object, ending: Ending = Ending.COMPLETE) -> Verdict:
    labels = ("json defaults", "json defaults: read", "form defaults", "form defaults: read")
    made = [
        exchange(probe="creation_fields", number=number, label=label, body=success(data))
        for number, (label, data) in enumerate(zip(labels, answers, strict=False), 1)
    ]
    return judged("CREATE-003", record(*made, ending=ending))


@pytest.mark.parametrize("data", [{"status": "pending"}, {"id": ""}, {"id": 7}, {"id": None}, [], "id", None])
def test_a_creation_without_an_id_fails_although_the_probe_ends_there(data):
    assert result(creation(data, ending=Ending.INTERRUPTED)) == (Outcome.FAILED, "no-id")
    assert result(creation({"id": "a"}, {}, data, ending=Ending.INTERRUPTED)) == (Outcome.FAILED, "no-id")


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

    assert result(judged("GET-008", seen)) == (outcome, reason)


def test_a_creation_time_that_changes_is_noticed():
    one = exchange(body=success({"id": "t", "createdAt": TIME}))
    other = exchange(number=2, body=success({"id": "t", "createdAt": "2026-01-26T15:50:54.871Z"}))

    assert result(judged("GET-008", record(one, other, probes=("easy_task",)))) == (Outcome.FAILED, "changed")


def readings(first: Mapping[str, object], second: Mapping[str, object]) -> Verdict:
    saved = success({"messages": []})
    made = [
        exchange(probe="easy_task", number=1, label="finished", body=success(first)),
        exchange(probe="easy_task", number=2, label="finished again", body=success(second)),
        exchange(probe="easy_task", number=3, label="history", body=saved),
        exchange(probe="easy_task", number=4, label="history again", body=saved),
    ]
    return judged("GET-024", record(*made))


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
    assert result(readings(task, task | change)) == (Outcome.FAILED, "changed-by-reading")


def test_two_events_in_one_block_are_noticed():
    marker = event("history_done", messageCount=0, isStreaming=True)
    content = event("content", text="Hello", isPartial=False)
    good = [marker, content, event("done", finalResponse="Hello")]
    run_together = [marker, content[:-1], good[2]]
    on_two_lines = [marker, content.replace(b'"text"', b'\ndata: "text"'), good[2]]

    def look(parts: list[bytes]) -> Verdict:
        return judged("STREAM-005", record(stream([(0.0, b"".join(parts))], probe="easy_task")))

    assert look(good).outcome is Outcome.PASSED
    assert look(on_two_lines).outcome is Outcome.PASSED
    assert result(look(run_together)) == (Outcome.FAILED, "merged-events")


def impostor(*, twin: int | None, status: int, code: str = "AUTH_REQUIRED") -> Verdict:
    refusal = {"success": False, "error": {"code": code, "message": "m"}}
    made = [
        exchange(
            probe="token_exchange", number=1, label="good: default", status=twin, body=success({"token": "x"})
        ),
        exchange(probe="token_exchange", number=2, label="bad: wrong secret", status=status, body=refusal),
        exchange(probe="token_exchange", number=3, label="bad: unknown app", status=401, body=refusal),
    ]
    return judged("ERROR-009", record(*made[0 if twin else 1 :], ending=Ending.INTERRUPTED))


@pytest.mark.parametrize("twin", [200, 401, 500, None])
def test_an_accepted_impostor_fails_whatever_became_of_its_twin(twin):
    assert result(impostor(twin=twin, status=200)) == (Outcome.FAILED, "accepted")


def test_a_refusal_still_needs_its_twin():
    assert result(impostor(twin=500, status=500)) == (Outcome.INCONCLUSIVE, "control-failed")
    assert result(impostor(twin=401, status=401)) == (Outcome.INCONCLUSIVE, "control-failed")
    assert impostor(twin=None, status=401).outcome is Outcome.BLOCKED
    assert impostor(twin=200, status=401, code="INVALID_CREDENTIALS").outcome is Outcome.PASSED


def test_an_accepted_impostor_fails_although_another_was_never_asked():
    made = exchange(probe="token_exchange", label="bad: wrong secret", status=200, body=success({}))

    seen = record(made, ending=Ending.INTERRUPTED)

    assert result(judged("ERROR-009", seen)) == (Outcome.FAILED, "accepted")
