"""Judges are shown the smallest departure that they must see, and the nearest thing that is none."""

from typing import Any

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Outcome
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import JSON, answered, exchange, judged, record, refused, verdict_on


def page_of_times(*times: str) -> Exchange:
    return answered(
        [{"lastActivityAt": time} for time in times], operation="list_tasks", target="/api/v1/tasks"
    )


def test_one_task_shows_no_order():
    early, late = "2026-11-24T16:00:00.000Z", "2026-11-24T16:00:01.000Z"

    assert judged("LIST-006", page_of_times(late)).outcome is Outcome.INCONCLUSIVE
    assert judged("LIST-006", page_of_times(late, early)).outcome is Outcome.PASSED
    assert judged("LIST-006", page_of_times(early, late)).reason == "wrong-order"


def test_a_time_is_told_as_a_string_that_is_one():
    def task(value: Any) -> Exchange:
        return answered({"createdAt": value})

    assert judged("GET-008", task("2026-11-24T16:00:00.000Z")).outcome is Outcome.PASSED
    assert judged("GET-008", task(1_764_000_000)).reason == "no-timestamp"
    assert judged("GET-008", task("yesterday")).reason == "no-timestamp"


def test_a_file_may_say_what_it_likes_and_a_refused_download_may_not():
    def download(status: int) -> Exchange:
        return exchange(operation="download_artifact", status=status, body={"success": False})

    told = exchange(operation="get_task", number=2, body={"success": False})

    assert judged("ENVELOPE-011", download(200)).outcome is Outcome.INCONCLUSIVE
    assert judged("ENVELOPE-011", download(404)).outcome is Outcome.PASSED
    assert judged("ENVELOPE-011", told).reason == "status-contradicts-body"


def test_a_refusal_without_a_body_has_no_envelope():
    bare = exchange(status=404, headers=JSON)

    assert judged("ENVELOPE-002", bare).reason == "no-envelope"
    assert judged("ENVELOPE-002", refused(404)).outcome is Outcome.PASSED


def huge(*refusals: Exchange) -> Record:
    probe = "body_too_large"
    control = answered({}, probe=probe, label="twin", number=8)
    listed = answered([], probe=probe, label="list", number=9, operation="list_tasks")
    return record(*refusals, control, listed, facts={probe: {"mark": "m"}})


def test_both_operations_refuse_a_body_beyond_the_limit():
    def answer(label: str, number: int, code: str = "PAYLOAD_TOO_LARGE") -> Exchange:
        return refused(413, code, probe="body_too_large", label=label, number=number)

    good, other = answer("create_task", 1), answer("send_message", 2)

    assert verdict_on("ERROR-020", huge(good, other)).observed.endswith("(and 2 more)")
    assert verdict_on("ERROR-020", huge(good, answer("send_message", 2, "NO"))).reason == "not-refused"


def test_a_creation_without_credentials_that_is_accepted_is_an_effect():
    def seen(status: int) -> Record:
        common = {"probe": "strangers"}
        looks = [
            answered(data, label=f"{what}{when}", number=number, **common)
            for number, (what, when, data) in enumerate(
                [
                    ("history ", "before", {"messages": []}),
                    ("history ", "after", {"messages": []}),
                    ("list ", "before", []),
                    ("list ", "after", []),
                    ("", "before", {"status": "completed"}),
                    ("", "after", {"status": "completed"}),
                ],
                1,
            )
        ]
        creation = refused(
            status, label="no credential: creation", number=9, operation="create_task", **common
        )
        return record(*looks, creation)

    assert verdict_on("AUTH-004", seen(401)).outcome is Outcome.PASSED
    assert verdict_on("AUTH-004", seen(201)).reason == "effect-without-credentials"
