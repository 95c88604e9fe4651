from dataclasses import replace

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome
from tests.conformance.kit import exchange, judged


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
