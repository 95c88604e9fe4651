"""Judges of connections, lengths, ids and origins: a record that holds, and the same with one thing wrong."""

from dataclasses import replace
from typing import Any

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange, Framing, Sent
from tests.conformance.kit import (
    SECOND,
    STREAM,
    event,
    exchange,
    judged,
)


def silent(probe: str, label: str) -> Exchange:
    return exchange(probe=probe, label=label, status=None, closed=Closed.TRUNCATED)


def test_a_connection_that_is_kept_serves_three_requests():
    kept = [exchange(probe="one_connection", label=label) for label in ("first", "second", "third")]
    closing = replace(kept[0], headers=(("Connection", "close"),))

    assert judged("HTTP-008", *kept).outcome is Outcome.PASSED
    assert (
        judged("HTTP-008", kept[0], silent("one_connection", "second"), kept[2]).reason == "connection-gone"
    )
    assert judged("HTTP-008", closing).outcome is Outcome.INFO


KINDS = ("one length", "chunks and a length", "nothing, then a length", "a length, then nothing")


def lengths(**changed: Exchange) -> Verdict:
    seen = {name: exchange(probe="two_lengths", label=name, status=400) for name in KINDS}
    seen |= {f"{name}: more": silent("two_lengths", f"{name}: more") for name in KINDS}
    return judged("HTTP-009", *(seen | changed).values())


def test_a_body_that_is_answered_as_a_request_is_a_second_one():
    name = "nothing, then a length: more"
    answered = exchange(probe="two_lengths", label=name)

    assert lengths().outcome is Outcome.PASSED
    assert lengths(**{name: answered}).reason == "second-request"
    assert (
        lengths(
            **{"two": answered, "one length: more": exchange(probe="two_lengths", label="one length: more")}
        ).reason
        == "control-failed"
    )


@pytest.mark.parametrize(
    ("allow", "reason"),
    [
        ("GET, HEAD, POST, OPTIONS", None),
        ("post,get", None),
        ("", "no-allow"),
        ("GET, HEAD", "wrong-allow"),  # what the path has is left out
        ("GET, POST, PUT", "wrong-allow"),  # and here is what was just refused
    ],
)
def test_a_405_says_what_is_allowed(allow: str, reason: str | None):
    told = exchange(
        probe="paths_and_methods",
        label="wrong method",
        status=405,
        method="PUT",
        target="/api/v1/tasks?limit=1",
        headers=(("Allow", allow),) if allow else (),
    )

    assert judged("HTTP-001", told).reason == reason


@pytest.mark.parametrize(
    ("row", "probe", "labels", "control"),
    [
        ("HTTP-005", "paths_and_methods", ["unknown path"], "twin"),
        ("TOKEN-021", "token_exchange", ["raw: malformed", "raw: a list", "raw: empty"], "good: default"),
        (
            "CREATE-028",
            "creation_refusals",
            [
                *("raw: malformed JSON", "raw: empty body", "raw: two values", "raw: not UTF-8"),
                *("bad: not an object", "bad: a string"),
            ],
            "twin",
        ),
    ],
)
def test_what_is_refused_in_the_envelope_is_not_refused_by_a_page(
    row: str, probe: str, labels: list[str], control: str
):
    body = {"success": False, "error": {"code": "VALIDATION_ERROR", "message": "no"}}
    accepted = exchange(probe=probe, label=control)
    told = [exchange(probe=probe, label=label, status=400, body=body) for label in labels]
    bare = replace(told[0], chunks=())

    assert judged(row, accepted, *told).outcome is Outcome.PASSED
    assert judged(row, accepted, bare, *told[1:]).reason == "no-envelope"


def test_an_old_client_gets_no_chunks():
    body = event("history_done", messageCount=0, isStreaming=False)
    old = exchange(probe="old_client", label="old stream", chunks=[(0.1, body)], headers=STREAM)
    ended = replace(old, framing=Framing.CLOSE)

    assert judged("HTTP-010", ended).outcome is Outcome.PASSED
    assert judged("HTTP-010", replace(old, framing=Framing.CHUNKED)).reason == "chunks-for-an-old-client"
    assert judged("HTTP-010", replace(ended, closed=Closed.DEADLINE)).reason == "chunks-for-an-old-client"


def test_somebody_who_waits_before_the_body_gets_a_word():
    early = exchange(probe="expecting", label="before the body", status=417)
    waiting = exchange(probe="expecting", label="before the body", status=None, closed=Closed.DEADLINE)

    assert judged("HTTP-011", early).outcome is Outcome.PASSED
    assert judged("HTTP-011", waiting).reason == "waits-for-the-body"


def test_a_star_goes_without_credentials():
    star = ("Access-Control-Allow-Origin", "*")
    open_to_all = exchange(probe="easy_task", headers=(star,))
    both = exchange(probe="easy_task", headers=(star, ("Access-Control-Allow-Credentials", "true")))

    assert judged("HTTP-013", open_to_all).outcome is Outcome.PASSED
    assert judged("HTTP-013", both).reason == "star-with-credentials"


def from_origin(label: str, *headers: tuple[str, str]) -> Exchange:
    made = exchange(probe="origins", label=label, headers=headers)
    return replace(made, sent=Sent(method="OPTIONS", target="/x", headers=(("Origin", "https://a.example"),)))


def test_no_stranger_is_let_to_the_exchange():
    label = "preflight: token, foreign"

    assert judged("HTTP-015", from_origin(label)).outcome is Outcome.PASSED
    for value in ("*", "https://a.example"):
        granted = from_origin(label, ("Access-Control-Allow-Origin", value))
        assert judged("HTTP-015", granted).reason == "granted-to-a-stranger"


def test_an_answer_that_repeats_an_origin_varies_by_it():
    repeated = ("Access-Control-Allow-Origin", "https://a.example")
    varying = from_origin("x", repeated, ("Vary", "Accept, Origin"))

    assert judged("HTTP-020", varying).outcome is Outcome.PASSED
    assert judged("HTTP-020", from_origin("x")).outcome is Outcome.PASSED
    assert judged("HTTP-020", from_origin("x", repeated)).reason == "no-vary"


def test_origins_are_compared_whole():
    def seen(odd: int, allowed: int = 200) -> Verdict:
        body = {"success": odd < 300, "data": [], "error": {"code": "X", "message": "x"}}
        answers = [exchange(probe="origins", label="no origin", body={"success": True, "data": []})]
        answers.append(exchange(probe="origins", label="allowed", status=allowed))
        answers += [
            exchange(probe="origins", label=label, status=odd, body=body)
            for label in ("other scheme", "other host", "other port")
        ]
        return judged("HTTP-016", *answers, reference=True)

    assert seen(403).outcome is Outcome.PASSED
    assert seen(200).reason == "accepted"
    assert seen(403, allowed=403).reason == "control-failed"


def test_the_api_is_served_where_it_is():
    here = exchange(probe="easy_task", target="/api/v1/tasks")

    assert judged("HTTP-017", here).outcome is Outcome.PASSED
    assert judged("HTTP-017", replace(here, status=308)).reason == "redirected"
    assert judged("HTTP-017", here, replace(here, status=304)).outcome is Outcome.PASSED


def test_an_encoded_slash_is_part_of_an_id():
    controls = [exchange(probe="encoded_ids", label=label) for label in ("twin", "twin: history")]
    unknown = exchange(probe="encoded_ids", label="encoded", status=404)

    assert judged("HTTP-018", *controls, unknown).outcome is Outcome.PASSED
    assert judged("HTTP-018", *controls, unknown, replace(unknown, status=200)).reason == "other-operation"
    assert judged("HTTP-018", *controls, replace(unknown, status=500)).reason == "server-error"
    assert judged("HTTP-018", controls[0], silent("encoded_ids", "twin: history"), unknown).reason == (
        "control-failed"
    )


@pytest.mark.parametrize(
    ("alone", "beside", "reason"), [(0.1, 0.2, None), (0.1, 2.5, "delayed"), (2.5, 2.5, "timing-noise")]
)
def test_idle_clients_delay_nobody(alone: float, beside: float, reason: str | None):
    before = exchange(probe="idle_clients", label="alone", ended=alone)
    after = replace(before, label="beside idle clients", ended=round(beside * SECOND))

    assert judged("HTTP-019", before, after).reason == reason


def test_a_cut_upload_leaves_nothing():
    message = {"id": "m", "role": "user", "content": "x", "createdAt": "2026-01-26T15:50:54.870Z"}

    def seen(*marks: str, messages: int = 1, path: str = "uploads/a.txt") -> Verdict:
        items = [{"id": mark, "systemPrompt": f"m {mark}"} for mark in marks]
        told: dict[str, Any] = {
            "history before": {"messages": [message]},
            "history after": {"messages": [message] * messages},
        }
        told["files after"], told["list"] = {"files": [{"path": path}]}, items
        answers = [
            exchange(probe="cut_uploads", label=label, body={"success": True, "data": data})
            for label, data in told.items()
        ]
        return judged("UPLOAD-024", *answers, facts={"cut_uploads": {"mark": "m"}})

    assert seen("whole").outcome is Outcome.PASSED
    assert seen().reason == "precondition"
    assert seen("whole", "cut").reason == "half-done"
    assert seen("whole", messages=2).reason == "half-done"
    assert seen("whole", path="uploads/cut.bin").reason == "half-done"
