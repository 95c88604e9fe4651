"""The same of judges of tasks, lists and credentials."""

from datetime import UTC, datetime

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from tests.conformance.kit import (
    JSON,
    LIVE,
    USER,
    call,
    event,
    exchange,
    judged,
    no,
    ok,
    outcome_of,
    result,
    stream,
)


def first_page(length: int) -> str:
    body = {"success": True, "data": [{"id": str(number)} for number in range(length)]}
    default = exchange(probe="pages", label="default", body=body | {"pagination": {"limit": 50}})
    return outcome_of(judged("LIST-001", default))


def test_a_page_of_the_default_length_holds_fifty():
    assert first_page(50) == "passed"
    assert first_page(51) == "other-limit"


@pytest.mark.parametrize("final", ["completed", "failed", "cancelled"])
def test_what_is_finished_stays_so(final):
    def followed(*statuses: str) -> str:
        return outcome_of(
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
    return outcome_of(judged("AUTH-007", *refused, ok("credentials", "good: bearer")))


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

    assert outcome_of(judged("AUTH-006", *refused)) == reason


def waiting(*calls: dict) -> str:
    told = ok("approve_once", "still waiting", {"output": {"toolCalls": [*calls, "c"]}})
    return outcome_of(judged("GET-021", told, facts={"approve_once": {"call": "c"}}))


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

    assert outcome_of(judged("STREAM-032", opened)) == reason


def test_a_follow_up_that_is_answered_when_its_run_must_be_over_is_late():
    over = event("history_done", messageCount=1, isStreaming=False)

    def answered(seconds: float) -> str:
        asked = ok("slow_follow_up", "follow-up", operation="send_message", ended=seconds)
        run = stream([(seconds + 0.1, USER + over)], probe="slow_follow_up", label="run of follow-up")
        return outcome_of(judged("FOLLOWUP-006", asked, run, facts={"slow_follow_up": {"seconds": 2}}))

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


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (401, "INVALID_TOKEN", "passed"),
        (501, "JWT_NOT_CONFIGURED", "precondition"),
        (501, "NOT_IMPLEMENTED", "server-error"),
        (400, "JWT_NOT_CONFIGURED", "wrong-status"),
        (200, "JWT_NOT_CONFIGURED", "accepted"),
    ],
)
def test_only_a_platform_that_says_so_knows_no_tokens(status, code, reason):
    asked = no("credentials", "bad: unsigned token", status, code)

    assert outcome_of(judged("AUTH-010", asked, ok("credentials", "good: bearer"))) == reason


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (299, "passed"),
        (300, "redirected"),
        (303, "redirected"),
        (304, "passed"),
        (305, "redirected"),
        (399, "redirected"),
        (400, "passed"),
    ],
)
def test_which_answers_lead_elsewhere(status, reason):
    assert outcome_of(judged("HTTP-017", exchange(probe="easy_task", status=status))) == reason


def test_idle_clients_are_judged_by_a_harness_that_was_less_than_a_second_late():
    beside = [ok("idle_clients", label) for label in ("alone", "beside idle clients")]

    assert outcome_of(judged("HTTP-019", *beside, lag=1.0)) == "passed"
    assert outcome_of(judged("HTTP-019", *beside, lag=1.001)) == "timing-noise"


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (404, {"success": False}, "passed"),
        (404, {"detail": "no"}, "not-the-envelope"),
        (404, ["success"], "not-the-envelope"),
        (200, {"success": False}, "not-the-envelope"),
    ],
)
def test_a_stream_that_is_refused_is_refused_in_the_envelope(status, body, reason):
    asked = exchange(probe="unknown_task", operation="stream_task", status=status, body=body)

    assert outcome_of(judged("STREAM-030", asked)) == reason


def moved(*times: str | None) -> str:
    """Of a task below one that was active at the 20th second, after messages at these."""
    probe = "follow_up"

    def time(second: str | None) -> str | None:
        return second and f"2026-01-26T15:50:{second}.000Z"

    items = [{"id": "y", "lastActivityAt": time("20")}, {"id": "t", "lastActivityAt": time("30")}]
    messages = [{"id": "m", "role": "user", "content": "?", "createdAt": time(each)} for each in times]
    told = (
        ok(probe, "list", items, operation="list_tasks"),
        ok(probe, "history after", {"messages": messages}),
    )
    return outcome_of(judged("LIST-021", *told, facts={probe: {"task": "t", "younger": "y"}}))


def test_the_time_of_the_last_message_is_that_of_the_follow_up():
    assert moved("10", "30") == "not-moved"
    assert moved(None, "30") == "not-moved"
    assert moved("10", None) == "zero-observations"
    assert moved("10", "20") == "passed"


@pytest.mark.parametrize(
    ("status", "reason"),
    [(401, "wrong-status"), (402, "wrong-status"), (403, "passed"), (404, "passed"), (405, "wrong-status")],
)
def test_a_stranger_is_refused_as_one(status, reason):
    asked = no("other_key", "stranger: stream_task", status, "NO")

    assert outcome_of(judged("ISOLATION-002", asked, ok("other_key", "twin: stream_task"))) == reason


def looked(row: str, *lines: str) -> str:
    """Of a task that left a file and a variable, and what the next one's look printed."""
    probe = "left_behind"
    runs = [
        stream([(0.0, USER + LIVE + result("c", output))], probe=probe, label=f"{name}: stream")
        for name, output in (("first", "LEFT-w"), ("next", "\n".join(lines)))
    ]
    return outcome_of(judged(row, *runs, facts={probe: {"word": "w", "leaves": "first", "looks": "next"}}))


def test_a_look_that_was_cut_short_shows_nothing():
    assert looked("ISOLATION-010", "variable=[]", "end-of-look") == "passed"
    assert looked("ISOLATION-010", "variable=[]") == "stimulus-not-reached"
    assert looked("ISOLATION-010", "end-of-look") == "stimulus-not-reached"
    assert looked("ISOLATION-010", "variable=[x]", "end-of-look") == "left-behind"


def test_the_working_directory_is_printed_in_the_first_three_lines():
    assert looked("ISOLATION-013", "$ pwd", "", "/workspace") == "passed"
    assert looked("ISOLATION-013", "$ pwd", "", "", "/workspace") == "other-root"


def test_a_creation_is_answered_before_a_command_of_six_seconds_can_have_ended():
    def answered(seconds: float) -> str:
        made = ok("quick_answer", "create_task", operation="create_task", ended=seconds)
        return outcome_of(judged("CREATE-007", made, ok("quick_answer", "at once", {"status": "running"})))

    assert answered(5.999) == "passed"
    assert answered(6.0) == "answered-late"


def test_the_first_digest_of_a_variable_is_told():
    digests = ["a" * 64, "b" * 64]
    parts = call("c", args={"command": "printf $PLAIN_WORD | sha256sum"}), result("c", " ".join(digests))
    run = stream([(0.0, b"".join([USER, LIVE, *parts]))], probe="environment", label="run: stream")
    found = judged(
        "VARS-004", run, facts={"environment": {"run": "run", "digests": {"PLAIN_WORD": digests[1]}}}
    )

    assert (outcome_of(found), found.observed) == ("passed", f"sha256 of $PLAIN_WORD: {digests[0]}")


def lasting(seconds: float) -> str:
    """Of a token that was asked for at 1000 s and ends so many seconds after the hour it is good for."""
    ends = datetime.fromtimestamp(1000 + 3600 + seconds, UTC).isoformat().replace("+00:00", "Z")
    made = ok("token_exchange", "good: default", {"token": "eyJ", "expiresAt": ends})
    return outcome_of(judged("TOKEN-008", made, facts={"token_exchange": {"asked at": {"default": 1000.0}}}))


def claimed(seconds: float) -> str:
    """Of a token whose claim `exp` is so many seconds after its `expiresAt`."""
    ends = "2026-01-26T15:50:54.000Z"
    exp = datetime.fromisoformat(ends).timestamp() + seconds
    names = ("default", "30m", "1h", "7d")
    made = [ok("token_exchange", f"good: {name}", {"token": "eyJ", "expiresAt": ends}) for name in names]
    facts = {f"segments: {name}": [{}, {"exp": exp}, 3] for name in names}
    return outcome_of(judged("TOKEN-010", *made, facts={"token_exchange": facts}))


def test_a_claim_agrees_with_what_is_told_to_a_minute():
    assert claimed(60) == claimed(-60) == "passed"
    assert claimed(60.5) == claimed(-60.5) == "contradiction"


def test_a_lifetime_is_exact_to_a_minute():
    assert lasting(60) == lasting(-60) == "passed"
    assert lasting(60.5) == lasting(-60.5) == "wrong-lifetime"
