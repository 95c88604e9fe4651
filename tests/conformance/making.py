"""Exchanges, streams and records made by hand, with times in seconds."""

import json
from typing import Any

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.target.profile import Profile
from sigmic_conformance.conformance.transcript.transcript import (
    Chunk,
    Closed,
    Ending,
    Exchange,
    Sent,
    Transcript,
)

SECOND = 1_000_000_000
DATE = ("Date", "Tue, 24 Nov 2026 16:00:00 GMT")
STREAM = (DATE, ("Content-Type", "text/event-stream"))
JSON = (DATE, ("Content-Type", "application/json"))


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
