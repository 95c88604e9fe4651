import gzip
from dataclasses import replace

import pytest

from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.wire.spelling import Spelling
from sigmic_conformance.wire.transcript import Closed, Exchange, Framing, Sent
from tests.conformance.handwritten import Traffic, stories
from tests.conformance.kit import (
    JSON,
    SECOND,
    STREAM,
    download,
    event,
    exchange,
    judged,
    ok,
    outcome_of,
    verdicts,
)


def test_an_interim_answer_needs_no_header():
    def told(status: int) -> Verdict:
        return judged("HTTP-021", exchange(probe="easy_task", status=status, headers=JSON[1:]))

    assert told(100).reason == told(199).reason == "zero-observations"
    assert told(200).reason == "no-date"


@verdicts(
    ("GET, HEAD, POST, OPTIONS", "passed"),
    ("post,get", "passed"),
    ("", "no-allow"),
    ("GET, HEAD", "wrong-allow"),  # methods of the path are left out
    ("GET, POST, PUT", "wrong-allow"),  # and here the refused method is listed
)
def test_a_405_says_what_is_allowed(allow: str) -> Verdict:
    told = exchange(
        probe="paths_and_methods",
        label="wrong method",
        status=405,
        method="PUT",
        target="/api/v1/tasks?limit=1",
        headers=(("Allow", allow),) if allow else (),
    )
    return judged("HTTP-001", told)


def test_a_method_may_be_refused_without_a_405():
    other = exchange(probe="paths_and_methods", label="wrong method", status=404, method="PUT")

    assert judged("HTTP-001", other).outcome is Outcome.PASSED
    assert judged("HTTP-001", replace(other, status=200)).outcome is Outcome.INCONCLUSIVE


def test_bytes_after_a_head_are_a_body():
    head = exchange(probe="paths_and_methods", method="HEAD", operation="list_tasks")

    assert judged("HTTP-002", head).outcome is Outcome.PASSED
    assert judged("HTTP-002", replace(head, surplus=88)).reason == "body-after-head"


MADE = "created_file"


@verdicts((405, Outcome.PASSED), (None, Outcome.WARNED))
def test_a_head_that_is_not_honoured_is_answered(status):
    head = exchange(probe=MADE, label="head", method="HEAD", status=status)
    return judged("HTTP-003", head, download(MADE, "download", "abc"))


def test_bytes_beyond_the_announced_length_count():
    body = exchange(probe="easy_task", body={}, headers=(("Content-Length", "2"),))

    assert judged("HTTP-004", body).outcome is Outcome.PASSED
    assert judged("HTTP-004", replace(body, surplus=3)).reason == "wrong-length"


@verdicts(
    (Closed.COMPLETE, "5", Outcome.PASSED),
    (Closed.COMPLETE, "6", Outcome.FAILED),
    (Closed.BOUND, "50000000", Outcome.INCONCLUSIVE),
    (Closed.BOUND, "4", Outcome.FAILED),
)
def test_an_answer_is_as_long_as_it_says(closed, said):
    made = exchange(
        probe="easy_task", chunks=[(0.0, b"12345")], headers=(("Content-Length", said),), closed=closed
    )
    return judged("HTTP-004", made)


@verdicts((9.9, Outcome.INCONCLUSIVE), (2.0, Outcome.FAILED))
def test_a_wait_that_ended_while_bytes_arrived_shows_no_length(last: float) -> Verdict:
    slow = exchange(
        probe="easy_task",
        chunks=[(0.0, b"1"), (last, b"2")],
        headers=(("Content-Length", "5"),),
        closed=Closed.DEADLINE,
        ended=10.0,
    )
    return judged("HTTP-004", slow)


@verdicts((1, Outcome.PASSED), (9, Outcome.FAILED))
def test_a_cut_answer_that_is_whole_is_longer_than_it_says(lacking: int) -> Verdict:
    body = b'{"success": true}'
    said = (("Content-Length", str(len(body) + lacking)),)
    whole = exchange(probe="easy_task", chunks=[(0.0, body)], headers=(("Content-Length", str(len(body))),))
    cut = exchange(probe="easy_task", chunks=[(0.0, body)], headers=said, closed=Closed.TRUNCATED)
    return judged("HTTP-004", whole, cut)


@verdicts((0, Outcome.FAILED), (9, Outcome.PASSED))
def test_a_cut_answer_that_decodes_to_its_end_is_longer_than_it_says(lacking: int) -> Verdict:
    content = b"a file " * 100
    encoded = gzip.compress(content)
    said = (("Content-Length", str(len(content))), ("Content-Encoding", "gzip"))
    plain = exchange(probe="easy_task", chunks=[(0.0, content)], headers=said[:1])
    body = encoded[: len(encoded) - lacking]
    cut = exchange(probe="easy_task", chunks=[(0.0, body)], headers=said, closed=Closed.TRUNCATED)
    return judged("HTTP-004", plain, cut)


@verdicts(
    (498, "passed"), (499, "passed"), (500, "server-error"), (501, "zero-observations"), (502, "server-error")
)
def test_what_is_a_server_error(status):
    return judged("HTTP-006", exchange(probe="easy_task", status=status))


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
    for body, outcome in (
        (exchange(probe="one_connection", label="then JSON", status=404), Outcome.PASSED),
        (silent("one_connection", "then JSON"), Outcome.WARNED),
        (silent("one_connection", "then a list behind JSON"), Outcome.WARNED),
    ):
        assert judged("HTTP-008", *kept, body).outcome is outcome


@pytest.mark.parametrize("throttled", [0, 1, 2])
def test_a_connection_on_which_a_request_is_throttled_shows_nothing(throttled: int):
    kept = [exchange(probe="one_connection", label=label) for label in ("first", "second", "third")]
    kept[throttled] = replace(kept[throttled], status=429)

    assert judged("HTTP-008", *kept[: throttled + 1]).reason == "target-throttled"


@pytest.mark.parametrize("status", [None, 201, 400, 502])
def test_two_lengths_are_refused_in_any_way_or_read_as_one(status):
    names = ("chunks and a length", "nothing, then a length", "a length, then nothing")
    firsts = [exchange(probe="two_lengths", label=name, status=status) for name in names]
    mores = [exchange(probe="two_lengths", label=f"{name}: more", status=None) for name in names]
    control = ok("two_lengths", "one length")
    alone = exchange(probe="two_lengths", label="one length: more", status=None)

    assert judged("HTTP-009", *firsts, *mores, control, alone).outcome is Outcome.PASSED


KINDS = ("one length", "chunks and a length", "nothing, then a length", "a length, then nothing")


def lengths(**changed: Exchange) -> Verdict:
    seen = {name: exchange(probe="two_lengths", label=name, status=400) for name in KINDS}
    seen |= {f"{name}: more": silent("two_lengths", f"{name}: more") for name in KINDS}
    return judged("HTTP-009", *(seen | changed).values())


def test_a_body_that_is_answered_as_a_request_is_a_second_one():
    name = "nothing, then a length: more"
    answered = exchange(probe="two_lengths", label=name)

    assert lengths().outcome is Outcome.PASSED
    second = lengths(**{name: answered})
    assert second.reason == "second-request"
    assert second.observed == "nothing, then a length: the request in the body was answered with 200"
    assert (
        lengths(
            **{"two": answered, "one length: more": exchange(probe="two_lengths", label="one length: more")}
        ).reason
        == "control-failed"
    )


def test_an_old_client_gets_no_chunks():
    body = event("history_done", messageCount=0, isStreaming=False)
    old = exchange(probe="outdated_client", label="old stream", chunks=[(0.1, body)], headers=STREAM)
    ended = replace(old, framing=Framing.CLOSE)

    assert judged("HTTP-010", ended).outcome is Outcome.PASSED
    assert judged("HTTP-010", replace(old, framing=Framing.CHUNKED)).reason == "chunks-for-an-old-client"
    assert judged("HTTP-010", replace(ended, closed=Closed.DEADLINE)).reason == "chunks-for-an-old-client"


def test_a_client_that_waits_before_the_body_gets_100_continue():
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


@verdicts(
    (299, "passed"),
    (300, "redirected"),
    (303, "redirected"),
    (304, "passed"),
    (305, "redirected"),
    (399, "redirected"),
    (400, "passed"),
)
def test_which_answers_lead_elsewhere(status):
    return judged("HTTP-017", exchange(probe="easy_task", status=status))


def test_a_path_that_no_page_names_may_lead_elsewhere():
    slash = exchange(probe="easy_task", target="/api/v1/tasks/", operation="", status=307)

    assert outcome_of(judged("HTTP-017", exchange(probe="easy_task", number=2), slash)) == "passed"


def test_an_encoded_slash_is_part_of_an_id():
    controls = [exchange(probe="encoded_ids", label=label) for label in ("twin", "twin: history")]
    unknown = exchange(probe="encoded_ids", label="encoded", status=404)

    assert judged("HTTP-018", *controls, unknown).outcome is Outcome.PASSED
    assert judged("HTTP-018", *controls, unknown, replace(unknown, status=200)).reason == "other-operation"
    assert judged("HTTP-018", *controls, replace(unknown, status=500)).reason == "server-error"
    assert judged("HTTP-018", controls[0], silent("encoded_ids", "twin: history"), unknown).reason == (
        "control-failed"
    )


def test_idle_clients_are_judged_by_a_harness_that_was_less_than_a_second_late():
    beside = [ok("idle_clients", label) for label in ("alone", "beside idle clients")]

    assert outcome_of(judged("HTTP-019", *beside, lag=1.0)) == "passed"
    assert outcome_of(judged("HTTP-019", *beside, lag=1.001)) == "timing-noise"


@verdicts((2.0, 2.0, "passed"), (2.0, 2.000000001, "delayed"), (2.000000001, 2.5, "timing-noise"))
def test_idle_clients_delay_no_other(alone: float, beside: float) -> Verdict:
    before = exchange(probe="idle_clients", label="alone", ended=alone)
    after = replace(before, label="beside idle clients", ended=round(beside * SECOND))
    return judged("HTTP-019", before, after)


def test_an_answer_that_repeats_an_origin_varies_by_it():
    repeated = ("Access-Control-Allow-Origin", "https://a.example")
    varying = from_origin("x", repeated, ("Vary", "Accept, Origin"))

    assert judged("HTTP-020", varying).outcome is Outcome.PASSED
    assert judged("HTTP-020", from_origin("x")).outcome is Outcome.PASSED
    assert judged("HTTP-020", from_origin("x", repeated)).reason == "no-vary"


@pytest.mark.parametrize(
    ("plain", "status", "form", "reason"),
    [
        (200, 200, Spelling.TYPE_CASE, None),
        (200, 415, Spelling.TYPE_CASE, "other-form-refused"),
        (409, 415, Spelling.TYPE_CASE, "zero-observations"),  # the plain form was refused as well
        (200, 411, Spelling.CHUNKED, "zero-observations"),  # a server may require a length
        (200, 429, Spelling.TYPE_CASE, "zero-observations"),
    ],
)
def test_a_request_is_accepted_in_each_form(plain: int, status: int, form: Spelling, reason: str | None):
    usual = exchange(probe="spellings", status=plain, operation="create_task", method="POST")
    made = replace(usual, number=2, status=status, sent=replace(usual.sent, spelling=form))

    assert judged("HTTP-022", usual, made).reason == reason


def test_a_target_that_takes_no_forms_need_not_take_them_in_another_form():
    def created(number: int, media: str, status: int, form: Spelling = Spelling.PLAIN) -> Exchange:
        made = exchange(
            probe="spellings",
            number=number,
            status=status,
            operation="create_task",
            method="POST",
            asked=(("Content-Type", media),),
        )
        return replace(made, sent=replace(made.sent, spelling=form))

    json = created(1, "application/json", 201)
    plain = created(2, "multipart/form-data; boundary=x", 415)
    other = created(3, "MULTIPART/Form-Data; Boundary=x", 415, Spelling.TYPE_CASE)

    assert judged("HTTP-022", json, plain, other).reason == "zero-observations"
    assert judged("HTTP-022", json, replace(plain, status=201), other).reason == "other-form-refused"


def test_a_target_that_takes_no_key_in_a_header_of_its_own_need_not_take_it_in_capitals():
    def read(number: int, name: str, status: int, form: Spelling = Spelling.PLAIN) -> Exchange:
        made = exchange(probe="spellings", number=number, status=status, asked=((name, "a key"),))
        return replace(made, sent=replace(made.sent, spelling=form))

    bearer, own = read(1, "Authorization", 200), read(2, "X-API-Key", 401)
    capitals = read(3, "X-API-KEY", 401, Spelling.HEADER_CASE)

    assert judged("HTTP-022", bearer, own, capitals).reason == "zero-observations"
    assert judged("HTTP-022", bearer, replace(own, status=200), capitals).reason == "other-form-refused"


@verdicts(
    (401, Spelling.HEADER_CASE, "not-recognised"),
    (200, Spelling.HEADER_CASE, "passed"),
    (401, Spelling.HEADER_ORDER, "zero-observations"),
)
def test_header_names_are_recognised_in_each_letter_case(status: int, form: Spelling) -> Verdict:
    plain = exchange(probe="spellings")
    other = replace(plain, number=2, status=status, sent=replace(plain.sent, spelling=form))
    return judged("HTTP-012", plain, other)


def test_a_key_in_mixed_case_is_taken_where_one_in_the_documented_case_is():
    def read(number: int, name: str, status: int, probe: str = "credentials") -> Exchange:
        asked = ((name, "a key"),)
        return exchange(probe=probe, number=number, label="header case", status=status, asked=asked)

    mixed = read(1, "x-ApI-kEy", 401, "paths_and_methods")

    assert judged("HTTP-012", read(1, "X-API-Key", 200), mixed).reason == "not-recognised"
    assert judged("HTTP-012", read(1, "X-API-Key", 401), mixed).reason == "zero-observations"


@verdicts((404, "passed"), (200, "accepted"))
def test_an_unknown_path_is_refused(status: int) -> Verdict:
    probe, body = "paths_and_methods", {"success": False, "error": {"message": "no", "code": "NOT_FOUND"}}
    asked = exchange(probe=probe, label="unknown path", status=status, body=body)
    return judged("HTTP-005", ok(probe, "twin"), asked)


test_a_task_that_was_cancelled_twice = stories(
    (
        "HTTP-007",
        lambda told: Traffic().create("Hi").cancel().get("cancelled").cancel(status=409).get(told),
        "cancelled",
        "completed",
        "state-changed",
    ),
)
