"""The headers of an ordinary client change no answer."""

from dataclasses import replace
from typing import Any

from sigmic_conformance.model.record.verdict import Verdict
from sigmic_conformance.wire.ordinary_clients import ORDINARY_CLIENTS
from sigmic_conformance.wire.transcript import Exchange
from tests.conformance.kit import IDLE, JSON, STREAM, USER, exchange, judged, success, verdicts

OWN = (("User-Agent", "sigmic-conformance"),)
CURL = ORDINARY_CLIENTS[0].headers
READ_STREAM = "/api/v1/tasks/t/stream"
TARGETS = {
    "get_task": "/api/v1/tasks/t",
    "download_artifact": "/api/v1/tasks/t/artifacts/download?path=a",
    "list_artifacts": "/api/v1/tasks/t/artifacts",
    "list_tasks": "/api/v1/tasks",
}


def pair(**more: Any) -> tuple[Exchange, Exchange]:
    """The same request of the suite and of an ordinary client, with one answer."""
    made = exchange(probe="ordinary_clients", **more)
    return (
        replace(made, sent=replace(made.sent, headers=OWN)),
        replace(made, sent=replace(made.sent, headers=CURL)),
    )


@verdicts(
    (200, 200, "passed"),
    (404, 404, "passed"),
    (200, 400, "answer-differs"),
    (404, 200, "answer-differs"),
    (200, 429, "zero-observations"),
    (200, 503, "zero-observations"),
)
def test_an_ordinary_client_gets_the_same_status(plain: int, other: int) -> Verdict:
    own, ordinary = pair()
    return judged("HTTP-023", replace(own, status=plain), replace(ordinary, status=other))


def task(status: str, **more: object) -> object:
    return success({"id": "t", "status": status, **more})


@verdicts(
    ("get_task", task("completed"), task("completed", readAt=2), "passed"),
    ("get_task", task("completed"), task("running"), "answer-differs"),
    ("get_task", task("completed"), "no envelope", "answer-differs"),
    ("download_artifact", "one", "one", "passed"),
    ("download_artifact", "one", "on", "answer-differs"),
    ("list_artifacts", success({"files": [{"path": "a"}]}), success({"files": []}), "answer-differs"),
    ("list_tasks", success([]), success([{"id": "t"}]), "passed"),
)
def test_an_ordinary_client_gets_the_same_content(operation: str, plain: object, other: object) -> Verdict:
    of = {"operation": operation, "target": TARGETS[operation]}
    own, _ = pair(**of, body=plain, headers=JSON)
    _, ordinary = pair(**of, body=other, headers=JSON)
    return judged("HTTP-023", own, ordinary)


@verdicts(
    (USER + IDLE, "passed"),
    (IDLE, "history-differs"),
    (USER, "history-differs"),
)
def test_an_ordinary_client_reads_the_same_history(other: bytes) -> Verdict:
    stream = {"operation": "stream_task", "target": READ_STREAM, "headers": STREAM}
    own, _ = pair(**stream, chunks=[(1.0, USER + IDLE)])
    _, ordinary = pair(**stream, chunks=[(1.0, other)])
    return judged("HTTP-023", own, ordinary)


def test_the_request_of_the_suite_that_is_nearest_in_time_is_compared():
    """An earlier one may have been answered before the turn was over."""
    own, ordinary = pair()
    early, late = replace(own, status=404), replace(own, started=100)

    assert judged("HTTP-023", early, late, replace(ordinary, started=90)).reason is None
