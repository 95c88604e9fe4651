import pytest

from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.run.adjudication import adjudicate
from sigmic_conformance.wire.transcript import Closed
from tests.conformance.kit import LEDGER, LIVE, REGISTRY, USER, done, event, record, stream, swept


def red(found: dict[str, Verdict]) -> set[str]:
    return {row for row, verdict in found.items() if verdict.outcome in {Outcome.FAILED, Outcome.WARNED}}


CALL = event("tool_call", callId="c1", toolName="t", status="executing", args={})
RESULT = event("tool_result", callId="c1", status="success", output="o")
CONTENT = event("content", text="Hello", isPartial=False)
GOOD = [USER, LIVE, CALL, RESULT, CONTENT, done("Hello")]


def test_a_good_stream_breaks_nothing():
    assert red(swept(*GOOD)) == set()


def test_events_of_other_types_may_be_anywhere():
    assert red(swept(event("connected", server="a"), *GOOD)) == set()


def test_a_judge_without_observations_never_passes():
    empty = record(probes=tuple(REGISTRY.probes))

    passed = [
        row
        for row, judge in REGISTRY.checks.items()
        if adjudicate(judge, LEDGER.by_id[row], empty).outcome in {Outcome.PASSED, Outcome.ERRORED}
    ]

    assert passed == []


def test_a_reset_is_transient_for_the_ending():
    made = stream([(1.0, b"".join(GOOD[:3]))], probe="easy_task", ended=1.2, closed=Closed.RESET)

    assert red(swept(*GOOD[:3], closed=Closed.RESET)) == set()
    assert made.closed is Closed.RESET


LEGAL = {
    "CRLF": b"".join(GOOD).replace(b"\n", b"\r\n"),
    "CR": b"".join(GOOD).replace(b"\n", b"\r"),
    "BOM": b"\xef\xbb\xbf" + b"".join(GOOD),
    "no space": b"".join(GOOD).replace(b": ", b":", 12),
    "ids and retry": b"retry: 3000\n\n" + b"".join(b"id: %d\n" % n + part for n, part in enumerate(GOOD)),
    "comments": b"".join(b": x\n\n" + part for part in GOOD),
    "unknown event": b"".join([*GOOD[:3], event("telemetry", x=1), *GOOD[3:]]),
    "ping beside heartbeats": b"".join([*GOOD[:3], event("ping"), b":heartbeat\n\n", *GOOD[3:]]),
    "extra fields": b"".join(GOOD).replace(b'{"', b'{"zz": 1, "'),
    "two data lines": b"".join(GOOD).replace(b'"role"', b'\ndata: "role"'),
    "data first": b"".join([*GOOD[:5], b'data: {"finalResponse": "Hello"}\nevent: done\n\n']),
}
CLIENTS = {"STREAM-015", "STREAM-017"}


@pytest.mark.parametrize("name", LEGAL)
def test_what_is_legal_breaks_nothing_but_naive_clients(name):
    assert red(swept(LEGAL[name])) <= CLIENTS
