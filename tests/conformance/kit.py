"""Helpers for tests of judges: build exchanges, streams and records, and get the verdict of a row on them.

Times are in seconds.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from sigmic_conformance.checks import Check, Clause
from sigmic_conformance.model.record.finding import Finding, Findings
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.registry import load
from sigmic_conformance.run.adjudication import adjudicate
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.wire.transcript import (
    Chunk,
    Closed,
    Ending,
    Exchange,
    Sent,
    Transcript,
)
from sigmic_spec.ledger import Ledger

LEDGER = Ledger.load()
REGISTRY = load(LEDGER.by_id)
P = "p"
"""The probe of exchanges without a probe."""
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
    """Return the verdict of a row on these exchanges, numbered in order, about the reference platform.

    `facts` are the facts of each probe, `noted` those of the first probe that the row reads.
    """
    judge = REGISTRY.checks[row]
    numbered = [replace(each, number=number) for number, each in enumerate(exchanges, 1)]
    known = (facts or {}) | ({judge.needs[0]: noted} if noted else {})
    return verdict_on(
        row, record(*numbered, facts=known, probes=judge.needs, lag=lag, **{"reference": True} | profile)
    )


def verdict_on(row: str, seen: Record) -> Verdict:
    """Return the verdict of a row on a record."""
    return adjudicate(REGISTRY.checks[row], LEDGER.by_id[row], seen)


def check_of(*findings: Finding | Exception, **more: Any) -> Check:
    """Return a check whose only clause, of the run, finds this; an exception is raised."""

    def clause(_: Record) -> Findings:
        for each in findings:
            if isinstance(each, Exception):
                raise each
            yield each

    return check_by(clause, **more)


def check_by(clause: Callable[[Record], Findings], **more: Any) -> Check:
    """Return a check with only this clause of the run."""
    of_the_run = Clause(name="clause", on=frozenset(), reason="broken", function=clause)
    return Check(**{"id": "ARTIFACT-011", "clauses": (of_the_run,), "needs": (P,)} | more)


def found_by(clause: Callable[[Record], Findings], seen: Record) -> Verdict:
    """Return the verdict of a check with only this clause of the run."""
    check = check_by(clause, needs=seen.probes)
    return adjudicate(check, LEDGER.by_id[check.id], seen)


def outcome_of(verdict: Verdict) -> str:
    """Return the reason of a verdict, or its outcome if it has no reason: a blocked one does not pass."""
    return verdict.reason or verdict.outcome.value


def verdicts(
    *cases: Any, ids: Sequence[str] | None = None
) -> Callable[[Callable[..., Verdict]], Callable[..., None]]:
    """Return a decorator that turns a function that returns a verdict into a test.

    A case is the arguments of the function, and the outcome of the verdict, or its reason or "passed".
    """

    def test_of(made: Callable[..., Verdict]) -> Callable[..., None]:
        @pytest.mark.parametrize("case", cases, ids=ids)
        def test(case: tuple[Any, ...]) -> None:
            *given, told = case
            verdict = made(*given)
            assert told == (verdict.outcome if isinstance(told, Outcome) else outcome_of(verdict))

        return test

    return test_of


def decided(verdict: Verdict) -> tuple[Outcome, str | None]:
    return verdict.outcome, verdict.reason


def swept(*parts: bytes, **more: Any) -> dict[str, Verdict]:
    """Return the verdicts of all sweep rows on one stream."""
    made = stream([(1.0, b"".join(parts))], probe="easy_task", ended=1.1, **more)
    rows = [row for row, judge in REGISTRY.checks.items() if judge.anywhere]
    every = {name for row in rows for name in REGISTRY.checks[row].needs}
    seen = record(made, probes=tuple(every))
    return {row: verdict_on(row, seen) for row in rows}


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
    transient: bool = False,
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
        transient=transient,
    )


def stream(chunks: list[tuple[float, bytes]], **more: Any) -> Exchange:
    more = {"target": "/api/v1/tasks/t/stream"} | more
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


def success(data: Any) -> dict[str, Any]:
    return {"success": True, "data": data}


def answered(value: Any, *, at: float = 0.0, took: float = 0.1, status: int = 200, **more: Any) -> Exchange:
    """Return an answer at a time: `value` is its data, or for a refusal its error."""
    body = success(value) if status < 400 else {"success": False, "error": value}
    return replace(exchange(body=body, status=status, ended=at + took, **more), started=round(at * SECOND))


def refused(status: int, code: str = "NO", **more: Any) -> Exchange:
    return exchange(status=status, body={"success": False, "error": {"message": "no", "code": code}}, **more)


def ok(probe: str, label: str, data: Any = None, **more: Any) -> Exchange:
    return exchange(probe=probe, label=label, body=success(data), **more)


def no(probe: str, label: str, status: int = 400, code: str = "NO", **more: Any) -> Exchange:
    return refused(status, code, probe=probe, label=label, **more)


def page_of_tasks(probe: str, label: str, ids: str, **more: Any) -> Exchange:
    """Return a page of the list with a task for each letter of `ids`."""
    return ok(probe, label, [{"id": each, **more} for each in ids], operation="list_tasks")


def files(probe: str, label: str, *paths: str, **sizes: int | None) -> Exchange:
    """Return a list of these paths, and of uploads with these names and sizes."""
    entries: list[dict[str, Any]] = [{"path": path} for path in paths]
    entries += [{"path": f"uploads/{name}", "size": size} for name, size in sizes.items()]
    return ok(probe, label, {"files": entries}, operation="list_artifacts")


def download(
    probe: str, label: str, text: str = "w", *headers: tuple[str, str], status: int = 200, **named: str
) -> Exchange:
    """Return a download of these bytes; underscores in the names of headers become hyphens."""
    more = ((name.replace("_", "-"), value) for name, value in named.items())
    return exchange(
        probe=probe,
        label=label,
        operation="download_artifact",
        chunks=[(0.0, text.encode())],
        headers=(DATE, *headers, *more),
        status=status,
    )


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
