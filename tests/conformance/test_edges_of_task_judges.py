"""The same of judges of tasks, lists and credentials."""

import pytest

from conformance.transcript import Exchange
from conformance.verdict import Outcome, Verdict
from tests.conformance.making import JSON, event, exchange, stream
from tests.conformance.told import LIVE, USER, judged, ok, result, said


def no(probe: str, label: str, status: int, code: str) -> Exchange:
    body = {"success": False, "error": {"code": code, "message": "no"}}
    return exchange(probe=probe, label=label, status=status, body=body)


def first_page(length: int) -> str:
    body = {"success": True, "data": [{"id": str(number)} for number in range(length)]}
    default = exchange(probe="pages", label="default", body=body | {"pagination": {"limit": 50}})
    return said(judged("LIST-001", default))


def test_a_page_of_the_default_length_holds_fifty():
    assert first_page(50) == "passed"
    assert first_page(51) == "other-limit"


@pytest.mark.parametrize("final", ["completed", "failed", "cancelled"])
def test_what_is_finished_stays_so(final):
    def followed(*statuses: str) -> str:
        return said(
            judged("STATE-001", *(ok("easy_task", "x", {"id": "t", "status": status}) for status in statuses))
        )

    assert followed("pending", "running", "awaiting_approval", "running", final, final) == "passed"
    assert followed("pending", final) == "passed"
    assert followed("running", "pending") == "impossible-step"
    assert followed("awaiting_approval", "pending") == "impossible-step"
    for other in {"pending", "running", "awaiting_approval", "completed", "failed", "cancelled"} - {final}:
        assert followed(final, other) == "impossible-step"


def malformed(*codes: str) -> str:
    names = ("short key", "long key", "letters beyond f")
    refused = [no("credentials", f"bad: {name}", 401, code) for name, code in zip(names, codes, strict=True)]
    return said(judged("AUTH-007", *refused, ok("credentials", "good: bearer")))


def test_a_malformed_key_is_refused_with_one_code_of_two():
    assert malformed(*["INVALID_AUTH_FORMAT"] * 3) == "passed"
    assert malformed(*["INVALID_API_KEY"] * 3) == "passed"
    assert malformed(*["UNAUTHORIZED"] * 3) == "wrong-code"
    assert malformed("INVALID_API_KEY", "INVALID_AUTH_FORMAT", "INVALID_API_KEY") == "wrong-code"


@pytest.mark.parametrize(
    ("status", "reason"), [(401, "info"), (403, "info"), (402, "no-reading"), (404, "no-reading")]
)
def test_a_token_for_creation_alone_is_refused_elsewhere_as_a_credential_is(status, reason):
    operations = ("get_task", "get_task_history", "list_artifacts", "stream_task", "list_tasks")
    refused = [no("end_users", f"own: {each}", status, "NO") for each in operations]

    assert said(judged("AUTH-006", *refused)) == reason


def waiting(*calls: dict) -> str:
    told = ok("approve_once", "still waiting", {"output": {"toolCalls": [*calls, "c"]}})
    return said(judged("GET-021", told, facts={"approve_once": {"call": "c"}}))


def test_of_all_calls_in_an_output_the_waiting_one_is_looked_at():
    before = {"callId": "b", "status": "success"}

    assert waiting(before, {"callId": "c", "status": "awaiting_approval"}) == "passed"
    assert waiting(before, {"callId": "c", "status": "executing"}) == "not-in-output"
    assert waiting(before) == "not-in-output"


@pytest.mark.parametrize("row", ["HTTP-021", "ENVELOPE-017"])
def test_an_interim_answer_needs_no_header(row):
    def told(status: int) -> Verdict:
        return judged(row, exchange(probe="easy_task", status=status, headers=JSON[1:]))

    assert told(100).reason == told(199).reason == "zero-observations"
    assert told(200).reason in {"no-date", "no-request-id"}


@pytest.mark.parametrize(
    ("status", "reason"), [(299, "passed"), (300, "redirected"), (399, "redirected"), (400, "passed")]
)
def test_which_answers_redirect_a_stream(status, reason):
    opened = exchange(probe="easy_task", operation="stream_task", status=status)

    assert said(judged("STREAM-032", opened)) == reason


def test_a_follow_up_that_is_answered_when_its_run_must_be_over_is_late():
    over = event("history_done", messageCount=1, isStreaming=False)

    def answered(seconds: float) -> str:
        asked = ok("slow_follow_up", "follow-up", operation="send_message", ended=seconds)
        run = stream([(seconds + 0.1, USER + over)], probe="slow_follow_up", label="run of follow-up")
        return said(judged("FOLLOWUP-006", asked, run, facts={"slow_follow_up": {"seconds": 2}}))

    assert answered(1.9) == "stimulus-not-reached"
    assert answered(2.0) == "answered-late"


def test_as_much_of_a_search_is_told_as_shows_its_end():
    made, search = (
        stream([(0.0, USER + LIVE + result("c", output))], probe="neighbours", label=f"{name}: stream")
        for name, output in (("mine", "SEEN-w"), ("search", "x" * 100 + "end-of-search"))
    )
    found = judged(
        "ISOLATION-008",
        made,
        search,
        facts={"neighbours": {"word": "w", "mine": "mine", "search": "search"}},
    )

    assert found.outcome is Outcome.PASSED
    assert found.observed == f"the search printed {'x' * 67 + 'end-of-search'!r}"
