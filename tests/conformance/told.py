"""Judged by hand: a row, what was recorded for it, and the pieces that streams are made of."""

from dataclasses import replace
from typing import Any

from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.registry import load
from sigmic_conformance.conformance.run.adjudication import adjudicate
from sigmic_conformance.conformance.transcript.transcript import Exchange
from sigmic_conformance.spec.ledger import Ledger
from tests.conformance.making import event, exchange, record

LEDGER = Ledger.load()


REGISTRY = load(LEDGER.by_id)


LIVE = event("history_done", messageCount=1, isStreaming=True)


IDLE = event("history_done", messageCount=1, isStreaming=False)


USER = event("history_message", id="m1", role="user", content="Hi", createdAt="2026-01-26T15:50:54.870Z")


BEAT = b":heartbeat\n\n"


def judged(row: str, *exchanges: Exchange, facts: dict | None = None, lag: float = 0.0, **profile) -> Verdict:
    judge = REGISTRY.judges[row]
    numbered = [replace(each, number=number) for number, each in enumerate(exchanges, 1)]
    made = record(*numbered, facts=facts, probes=judge.needs, lag=lag, **{"reference": True} | profile)
    return adjudicate(judge, LEDGER.by_id[row], made)


def said(verdict: Verdict) -> str:
    """The reason of a verdict, or its outcome where it needs none: a blocked one is no pass."""
    return verdict.reason or verdict.outcome.value


def ok(probe: str, label: str, data: Any = None, **more: Any) -> Exchange:
    return exchange(probe=probe, label=label, body={"success": True, "data": data}, **more)


def content(text: str, *, partial: bool = True) -> bytes:
    return event("content", text=text, isPartial=partial)


def done(text: str) -> bytes:
    return event("done", finalResponse=text)


def result(call: str, output: str, status: str = "success") -> bytes:
    return event("tool_result", callId=call, status=status, output=output)


def call(name: str, **more: Any) -> bytes:
    return event("tool_call", callId=name, **{"toolName": "t", "status": "executing", "args": {}} | more)
