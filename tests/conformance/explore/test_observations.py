from dataclasses import replace

import pytest

from sigmic_conformance.conformance.explore.observations import observations, rows_of
from sigmic_conformance.conformance.judging.verdict import Verdict, failed, info
from sigmic_conformance.conformance.transcript.transcript import Ending, Exchange, Transcript
from tests.conformance.kit import exchange


def phase(*exchanges: Exchange, testimony: list[dict]) -> dict[str, Transcript]:
    facts = {"testimony": testimony}
    return {"p": Transcript(probe="p", ending=Ending.COMPLETE, exchanges=exchanges, facts=facts)}


def told(check: str, number: int = 1, said: str = "Bad: so and so") -> dict:
    return {"exchange": number, "check": check, "said": said}


def broken(row: str) -> dict[str, Verdict]:
    return {row: failed("broken", expected="this", observed="that")}


def test_what_no_row_says_is_told_once_with_its_command():
    two = (exchange(number=1), exchange(number=2))

    (only,) = observations(
        phase(*two, testimony=[told("positive_data_acceptance", n) for n in (1, 2)]), {}, ()
    )

    assert (only.check, only.operation, only.times, only.exchange) == (
        "positive_data_acceptance",
        "get_task",
        2,
        1,
    )
    assert only.said == "Bad: so and so"
    assert only.curl.startswith("curl -i -N")


def test_what_a_broken_row_says_is_not_told_again():
    seen = phase(exchange(status=400), testimony=[told("response_schema_conformance")])

    assert observations(seen, broken("ENVELOPE-002"), ()) == ()
    assert len(observations(seen, broken("HTTP-006"), ())) == 1
    assert len(observations(seen, {"ENVELOPE-002": info("holds")}, ())) == 1


def test_testimony_about_an_exchange_that_was_not_kept_is_dropped():
    assert observations(phase(exchange(), testimony=[told("ignored_auth", 7)]), {}, ()) == ()


def test_a_file_or_a_range_may_be_refused_for_what_no_schema_says():
    def refused(status: int, *parts: str) -> dict[str, Transcript]:
        made = exchange(status=status, target="/api/v1/tasks")
        form = replace(made, sent=replace(made.sent, parts=parts))
        return phase(form, testimony=[told("positive_data_acceptance")])

    assert observations(refused(400, "message=x", "files: a.zip (3 bytes)"), {}, ()) == ()
    assert observations(refused(416), {}, ()) == ()
    assert len(observations(refused(400, "message=x"), {}, ())) == 1


@pytest.mark.parametrize(("name", "told_of"), [("x%C2%B6", 0), ("c37c1d78-4d23-4e53-949a-ddd775f25e01", 1)])
def test_an_id_that_is_no_uuid_may_be_malformed(name: str, told_of: int):
    made = exchange(status=400, target=f"/api/v1/tasks/{name}")

    found = observations(phase(made, testimony=[told("positive_data_acceptance")]), {}, ())
    assert len(found) == told_of


@pytest.mark.parametrize(
    ("check", "operation", "status", "rows"),
    [
        ("content_type_conformance", "stream_task", 200, ("STREAM-001",)),
        ("content_type_conformance", "get_task", 200, ("ENVELOPE-014",)),
        ("response_schema_conformance", "get_task", 200, ()),
        ("response_schema_conformance", "get_task", 404, ("ENVELOPE-002",)),
        ("allow_header_conformance", "", 405, ("HTTP-001",)),
        ("something_new", "get_task", 200, ()),
    ],
)
def test_the_rows_of_a_check(check, operation, status, rows):
    assert rows_of(check, exchange(operation=operation, status=status)) == rows


def test_invalid_data_at_which_a_clause_was_violated_is_not_told_again():
    seen = phase(exchange(status=201), testimony=[told("negative_data_rejection")])

    assert observations(seen, {}, {("p", 1)}) == ()
    assert len(observations(seen, {}, {("p", 2)})) == 1
