"""The least that a row must have seen: an answer that has the case of which its sentence speaks."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from sigmic_conformance.conformance.judging.evidence import cite
from sigmic_conformance.conformance.judging.population import LEAST, lacking
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Outcome, Unproven, Verdict, passed
from sigmic_conformance.conformance.registry import Check
from sigmic_conformance.conformance.run.adjudication import adjudicate
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange
from tests.conformance.kit import (
    IDLE,
    LEDGER,
    LIVE,
    REGISTRY,
    USER,
    P,
    call,
    content,
    ok,
    record,
    stream,
)

MESSAGE = {"id": "m", "role": "user", "content": "Hi", "attachedFiles": [{"name": "a", "path": "uploads/a"}]}
COMMENT = b":heartbeat\n\n"


def heard(*parts: bytes) -> Exchange:
    return stream([(0.0, b"".join(parts))], probe="p")


def says(verdict: Verdict) -> Callable[[Record], Verdict]:
    """A judge that always says this."""

    def judge(_: Record) -> Verdict:
        return verdict

    return judge


CASES = {
    "FOLLOWUP-013": (ok("p", "x", {"messages": []}), ok("p", "x", {"messages": [MESSAGE]})),
    "HISTORY-004": (ok("p", "x", {"messages": [MESSAGE]}), ok("p", "x", {"messages": [MESSAGE, MESSAGE]})),
    "GET-018": (ok("p", "x", {}), ok("p", "x", {"status": "running"})),
    "ZIP-027": (ok("p", "x", []), ok("p", "x", [{"id": "t"}])),
    "LIST-020": (ok("p", "x", [{"id": "t"}]), ok("p", "x", [{"id": "t"}, {"id": "u"}])),
    "PHASE-001": (heard(IDLE), heard(USER, IDLE)),
    "STREAM-015": (heard(IDLE), heard(LIVE, content("a"))),
    "APPROVE-006": (heard(LIVE, content("a")), heard(LIVE, call("c"))),
    "STREAM-016": (heard(LIVE, content("a")), heard(LIVE, COMMENT, content("a"))),
}


@pytest.mark.parametrize("row", CASES)
def test_a_row_wants_its_case(row: str):
    without, having = CASES[row]

    assert lacking(row, record(without), (P,)) == LEAST[row].words
    assert lacking(row, record(having), (P,)) is None
    assert lacking(row, record(having), None) is None


def test_every_kind_of_case_is_tried():
    assert {LEAST[row] for row in CASES} == set(LEAST.values())


def test_other_rows_want_none():
    assert lacking("GET-001", record(ok("p", "x", {})), (P,)) is None


def test_rows_with_a_least_are_judged():
    assert set(LEAST) - set(REGISTRY.checks) == set()


def test_a_row_does_not_pass_without_its_case():
    for exchange, outcome in zip(CASES["GET-018"], (Outcome.INCONCLUSIVE, Outcome.PASSED), strict=True):
        judge = Check(id="GET-018", function=says(passed("absent", cite(exchange))), needs=(P,))
        found = adjudicate(judge, LEDGER.by_id["GET-018"], record(exchange))

        assert found.outcome is outcome
        assert found.reason in {Unproven.ZERO_OBSERVATIONS, None}


def test_nothing_passes_on_what_nobody_answered():
    silent = replace(ok("p", "x", {}), status=None, headers=(), closed=Closed.DEADLINE)
    judge = Check(id="GET-001", function=says(passed("fine", cite(silent))), needs=(P,))

    assert adjudicate(judge, LEDGER.by_id["GET-001"], record(silent)).reason == Unproven.ZERO_OBSERVATIONS
