"""The kit of tests that judge by hand: exchanges, streams and records, and the verdict of a row on them.

Times are seconds.
"""

import json
from dataclasses import replace
from typing import Any

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.registry import load
from sigmic_conformance.conformance.run.adjudication import adjudicate
from sigmic_conformance.conformance.target.profile import Profile
from sigmic_conformance.conformance.transcript.transcript import (
    Chunk,
    Closed,
    Ending,
    Exchange,
    Sent,
    Transcript,
)
from sigmic_conformance.spec.ledger import Ledger

LEDGER = Ledger.load()
REGISTRY = load(LEDGER.by_id)
SECOND = 1_000_000_000
DATE = ("Date", "Tue, 24 Nov 2026 16:00:00 GMT")
STREAM = (DATE, ("Content-Type", "text/event-stream"))
JSON = (DATE, ("Content-Type", "application/json"))


def judged(
    row: str,
    *exchanges: Exchange,
    facts: dict[str, dict[str, Any]] | None = None,
    noted: dict[str, Any] | None = None,
    lag: float = 0.0,
    **profile: Any,
) -> Verdict:
    """The verdict of a row on these exchanges, numbered as they come, about the reference platform.

    `facts` are those of each probe, `noted` those of the first probe that the row reads.
    """
    judge = REGISTRY.judges[row]
    numbered = [replace(each, number=number) for number, each in enumerate(exchanges, 1)]
    known = (facts or {}) | ({judge.needs[0]: noted} if noted else {})
    return verdict_on(
        row, record(*numbered, facts=known, probes=judge.needs, lag=lag, **{"reference": True} | profile)
    )


def verdict_on(row: str, seen: Record) -> Verdict:
    """The verdict of a row on a record."""
    return adjudicate(REGISTRY.judges[row], LEDGER.by_id[row], seen)


def outcome_of(verdict: Verdict) -> str:
    """The reason of a verdict, or its outcome where it needs none: a blocked one is no pass."""
    return verdict.reason or verdict.outcome.value


def exchange(  # noqa: PLR0913 - an exchange has that many sides, and each test needs few of them
    *,
    probe: str = "p",
    number: int = 1,
    label: str = "x",
    operation: str = "get_task",
    status: int | None = 200,
    body: Any = None,
    headers: tuple[tuple[str, str], ...] = JSON,
    chunks: list[tuple[float, bytes]] | None = None,
    ended: float = 0.0,
    closed: Closed = Closed.COMPLETE,
    method: str = "GET",
    target: str = "/api/v1/tasks/t",
    asked: tuple[tuple[str, str], ...] = (),
    version: str = "1.1",
    weather: bool = False,
) -> Exchange:
    pieces = chunks if chunks is not None else [(0.0, b"" if body is None else json.dumps(body).encode())]
    made = tuple(Chunk(round(at * SECOND), data) for at, data in pieces if data)
    return Exchange(
        probe=probe,
        number=number,
        label=label,
        operation=operation,
        role="owner",
        url=f"http://127.0.0.1{target}",
        sent=Sent(method=method, target=target, version=version, headers=asked),
        started=0,
        head_at=0 if status is not None else None,
        ended=round(ended * SECOND),
        head=f"HTTP/1.1 {status}\r\n\r\n".encode(),
        status=status,
        headers=headers,
        chunks=made,
        size=sum(len(chunk.data) for chunk in made),
        closed=closed,
        weather=weather,
    )


def stream(chunks: list[tuple[float, bytes]], **more: Any) -> Exchange:
    return exchange(operation="stream_task", headers=STREAM, chunks=chunks, **more)


def event(kind: str, **payload: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(payload)}\n\n".encode()


def record(
    *exchanges: Exchange,
    facts: dict[str, dict[str, Any]] | None = None,
    ending: Ending = Ending.COMPLETE,
    lag: float = 0.0,
    probes: tuple[str, ...] = (),
    **profile: Any,
) -> Record:
    names = {each.probe for each in exchanges} | set(facts or {}) | set(probes)
    transcripts = {
        name: Transcript(
            probe=name,
            ending=ending,
            exchanges=tuple(each for each in exchanges if each.probe == name),
            facts=(facts or {}).get(name, {}),
            lag=round(lag * SECOND),
        )
        for name in names
    }
    return Record(Profile(base_url="http://x", **profile), transcripts)


def ok(probe: str, label: str, data: Any = None, **more: Any) -> Exchange:
    return exchange(probe=probe, label=label, body={"success": True, "data": data}, **more)


def no(probe: str, label: str, status: int = 400, code: str = "NO", **more: Any) -> Exchange:
    body = {"success": False, "error": {"code": code, "message": "no"}}
    return exchange(probe=probe, label=label, status=status, body=body, **more)


def content(text: str, *, partial: bool = True) -> bytes:
    return event("content", text=text, isPartial=partial)


def done(text: str) -> bytes:
    return event("done", finalResponse=text)


def result(call: str, output: str, status: str = "success") -> bytes:
    return event("tool_result", callId=call, status=status, output=output)


def call(name: str, **more: Any) -> bytes:
    return event("tool_call", callId=name, **{"toolName": "t", "status": "executing", "args": {}} | more)


LIVE = event("history_done", messageCount=1, isStreaming=True)
IDLE = event("history_done", messageCount=1, isStreaming=False)
USER = event("history_message", id="m1", role="user", content="Hi", createdAt="2026-01-26T15:50:54.870Z")
HEARTBEAT = b":heartbeat\n\n"
