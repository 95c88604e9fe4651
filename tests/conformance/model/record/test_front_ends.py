"""An answer that a proxy or parser sends instead of the API is not a failure of the target."""

from dataclasses import replace
from typing import Any

import pytest

from sigmic_conformance.model.record.controls import ANY_CODE, is_refusal
from sigmic_conformance.model.record.front_ends import (
    LARGE_BODY,
    LONG_LINE,
    may_answer,
    may_have_answered,
)
from sigmic_conformance.model.record.verdict import Outcome
from sigmic_conformance.wire.transcript import Exchange, Sent
from tests.conformance.kit import LEDGER, REGISTRY, exchange, judged, ok, record

LENGTH, OTHER = ("Content-Length", "0"), ("content-length", "9")
CHUNKED = ("Transfer-Encoding", "chunked")
TASKS = "/api/v1/tasks"
BEFORE_THE_API: dict[str, dict[str, Any]] = {
    "two lengths": {"asked": (LENGTH, OTHER)},
    "a length and chunks": {"asked": (CHUNKED, LENGTH)},
    "an expectation": {"asked": (LENGTH, ("Expect", "100-continue"))},
    "HTTP/1.0": {"version": "1.0"},
    "an encoded slash": {"target": f"{TASKS}/t%2Fhistory"},
    "an encoded dot segment": {"target": f"{TASKS}/%2e%2E/x"},
    "a dot segment at the end": {"target": f"{TASKS}/.."},
    "an encoded NUL": {"target": f"{TASKS}/t%00"},
    "a long header": {"asked": (("Last-Event-ID", "x" * LONG_LINE),)},
    "a long target": {"target": f"{TASKS}/{'x' * LONG_LINE}"},
}
PAGE = b"<html><h1>400 Bad Request</h1>/usr/share/nginx/html</html>"
ENVELOPE = {"success": False, "error": {"code": "NO", "message": "no"}}
HTML = (("Content-Type", "text/html"),)
each_request = pytest.mark.parametrize("sent", BEFORE_THE_API.values(), ids=BEFORE_THE_API)


def answered_by_a_page(status: int = 400, *, probe: str = "two_lengths", **sent: Any) -> Exchange:
    return exchange(
        probe=probe, label="odd", operation="create_task", method="POST", status=status, headers=HTML, **sent
    )


@each_request
def test_a_front_end_may_answer(sent):
    assert may_answer(answered_by_a_page(**sent).sent)


@pytest.mark.parametrize(
    "sent",
    [
        Sent(method="POST", target=TASKS, headers=(LENGTH, ("Content-Type", "application/json"))),
        Sent(method="GET", target=f"{TASKS}/..%252f"),
        Sent(method="GET", target=f"{TASKS}/t/artifacts/download?path=..%2f..%2fetc%2fpasswd"),
        Sent(method="GET", target=f"{TASKS}/a.b..c"),
        Sent(method="GET", target="/api/v1/nothing"),
        Sent(method="GET", target=TASKS, headers=(("X", "x" * (LONG_LINE - 3)),)),
    ],
)
def test_only_the_api_may_answer(sent):
    assert not may_answer(sent)


def test_an_unanswered_request_does_not_count_as_answered_by_a_front_end():
    lost = exchange(status=None, method="POST", target=f"{TASKS}/t/tools/a%2Fb/approve")

    assert not may_have_answered(lost)


@each_request
def test_checks_of_all_answers_ignore_the_pages_of_a_front_end(sent):
    odd = answered_by_a_page(chunks=[(0.1, PAGE)], **sent)
    of_the_api = ok("easy_task", "task")
    looking = {
        row: [each.note for each in verdict.evidence]
        for row, judge in REGISTRY.checks.items()
        if judge.anywhere
        for verdict in [judged(row, of_the_api, odd)]
        if any(each.probe == odd.probe for each in verdict.evidence)
    }

    assert looking == {}


@each_request
@pytest.mark.parametrize("status", [200, 404, 500])
def test_an_answer_in_the_envelope_counts_as_an_answer_of_the_api(sent, status):
    body = {"success": status == 200, "error": {"code": "NO", "message": "no"}}
    told = exchange(probe="p", status=status, body=body, **sent)

    assert list(record(told).exchanges()) == [told]
    assert list(record(told).before_the_api()) == []


def test_an_approval_by_an_id_with_a_slash_is_seen_where_the_life_of_the_call_is_walked_along():
    """The id of a call is opaque (G-70b)."""
    approved = ok(
        "approve_once", "approve", operation="approve_tool_call", target=f"{TASKS}/t/tools/a%2Fb/approve"
    )

    assert approved in record(approved).exchanges()


@pytest.mark.parametrize("row", ["ENVELOPE-002", "ENVELOPE-016", "HTTP-021"])
def test_the_same_page_to_a_plain_sentis_the_apis(row):
    page = answered_by_a_page(probe="easy_task", chunks=[(0.1, PAGE)], target=f"{TASKS}/t")

    assert judged(row, page).outcome in {Outcome.FAILED, Outcome.WARNED}


def test_an_answer_to_a_request_with_two_lengths_does_not_count_for_the_api():
    empty = exchange(probe="two_lengths", status=200, method="POST", asked=(CHUNKED, LENGTH))

    assert list(record(empty).exchanges()) == []


def refused_for_its_length(size: int, **more: Any) -> Exchange:
    asked = {"method": "POST", "status": 413, "headers": HTML, **more}
    page = exchange(probe="easy_task", label="long", operation="create_task", **asked)
    return replace(page, sent=replace(page.sent, size=size))


def test_a_front_end_that_takes_no_long_bodies_warns_at_most():
    fine, long = exchange(probe="easy_task", status=404, body=ENVELOPE), LARGE_BODY + 1

    told = judged("ENVELOPE-002", fine, refused_for_its_length(long))
    assert told.outcome is Outcome.WARNED
    assert "client_max_body_size" in told.observed
    assert judged("ENVELOPE-002", fine, refused_for_its_length(2**40)).outcome is Outcome.PASSED
    assert judged("ENVELOPE-002", fine, refused_for_its_length(LARGE_BODY)).outcome is Outcome.FAILED
    assert judged("ENVELOPE-002", fine, refused_for_its_length(long, status=400)).outcome is Outcome.FAILED
    assert is_refusal(refused_for_its_length(long), codes=ANY_CODE)
    assert not is_refusal(refused_for_its_length(LARGE_BODY), codes=ANY_CODE)


def test_a_server_error_of_a_front_end_warns_at_most():
    fine = exchange(probe="easy_task")

    assert LEDGER.by_id["HTTP-006"].level == "must"
    assert judged("HTTP-006", fine, answered_by_a_page(400, asked=(LENGTH, OTHER))).outcome is Outcome.PASSED
    assert (
        judged("HTTP-006", fine, answered_by_a_page(501, asked=(CHUNKED, LENGTH))).outcome is Outcome.PASSED
    )
    assert judged("HTTP-006", fine, answered_by_a_page(502, asked=(LENGTH, OTHER))).outcome is Outcome.WARNED
    assert judged("HTTP-006", fine, answered_by_a_page(500)).outcome is Outcome.FAILED
