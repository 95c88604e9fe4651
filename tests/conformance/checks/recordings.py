"""What some probes record, made by hand, for judges of several areas that read it."""

from dataclasses import replace
from typing import Any

from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange
from tests.conformance.kit import LIVE, SECOND, answered, done, download, event, exchange, ok, stream


def act(
    operation: str, at: float, *, target: str = "/api/v1/tasks/t", text: str | None = None, status: int = 200
) -> Exchange:
    """What a client asked of task t."""
    body = (
        {"success": True, "data": {}} if status == 200 else {"success": False, "error": {"code": "CONFLICT"}}
    )
    made = exchange(
        operation=operation, body=body, status=status, number=90 + round(at), ended=at + 0.1, target=target
    )
    return replace(made, started=round(at * SECOND), sent=replace(made.sent, text=text))


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


ERROR = event("error", message="no", code="X")


def failing(status: str, error: Any, end: bytes, *, closed: Closed = Closed.COMPLETE) -> list[Exchange]:
    probe: dict[str, Any] = {"probe": "failing_task"}
    return [
        stream([(0.1, LIVE + end)], ended=0.5, closed=closed, target="/api/v1/tasks/t/stream", **probe),
        answered({"id": "t", "status": status, "error": error}, at=1.0, label="failed", **probe),
    ]


SLOW = {"slow_follow_up": {"seconds": 2, "word": "nword"}}


HEARD = ((1.0, LIVE), (4.0, done("a")))


def slow(took: float, *chunks: tuple[float, bytes], told: str = "running", **fields: Any) -> list[Exchange]:
    """A follow-up sent at 0, its run heard from 1 to 4 s, and what get_task told at 1.5 s."""
    probe: dict[str, Any] = {"probe": "slow_follow_up"}
    task = {"id": "t", "status": told, "completedAt": None} | fields
    return [
        answered({}, took=took, label="follow-up", operation="send_message", **probe),
        stream(list(chunks), label="run of follow-up", ended=4.1, **probe),
        answered(task, at=1.5, label="right after", **probe),
        answered(task, at=2.0, label="meanwhile", **probe),
        answered({"id": "t", "completedAt": "2026-01-26T15:50:54.870Z"}, at=5, label="at the end", **probe),
    ]


RUNNING = "files_while_running"


def listing(probe: str, label: str, *entries: dict[str, Any]) -> Exchange:
    return ok(probe, label, {"files": list(entries)}, operation="list_artifacts")


def running(
    status: str = "running", found: int = 200, tags: tuple[str, str] = ('"1"', '"2"')
) -> list[Exchange]:
    return [
        ok(RUNNING, "running: task", {"status": status}),
        listing(RUNNING, "running: files", {"path": "w.txt"}),
        download(RUNNING, "running: download", "w\n", ("ETag", tags[0]), status=found),
        listing(RUNNING, "finished: files", {"path": "w.txt"}),
        download(RUNNING, "finished: download", "w\nmore\n", ("ETag", tags[1])),
    ]
