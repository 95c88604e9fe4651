"""Invariants of VARS: which variables a creation may have, and with which code others are refused."""

from typing import Any

import pytest

from tests.conformance.traffic import Traffic

INVALID, NO = {"status": 400, "code": "INVALID_ENV"}, {"status": 400, "code": "NO"}
MANY = {f"V{number}": "x" for number in range(101)}


@pytest.mark.parametrize(
    ("row", "env", "kept", "broken", "reason"),
    [
        ("VARS-001", {"A": "a b"}, {}, INVALID, "refused"),
        ("VARS-007", {"_A1": ""}, {}, INVALID, "refused"),
        ("VARS-010", {"1A": "a"}, INVALID, NO, "wrong-code"),
        ("VARS-010", {"A": 1}, INVALID, {}, "wrong-code"),
        ("VARS-011", MANY, INVALID, {}, "wrong-code"),
        ("VARS-012", {"LD_PRELOAD": "a"}, INVALID, NO, "wrong-code"),
        ("VARS-018", {"Ä": "a"}, INVALID, {}, "wrong-code"),
    ],
)
@pytest.mark.parametrize("kind", ["env", "secrets"])
def test_a_variable(kind: str, row: str, env: dict[str, Any], kept: Any, broken: Any, reason: str):
    for more, reasons in ((kept, set()), (broken, {reason})):
        traffic = Traffic()
        traffic.create("Hi", fields={kind: env}, **({"status": 201} | more))

        assert traffic.reasons(row) == reasons


def test_a_wrong_body_says_nothing_of_its_variables():
    traffic = Traffic()
    traffic.create("Hi", fields={"env": {"A": "a"}, "autoExecute": "maybe"}, status=400)

    assert not {"VARS-001", "VARS-007"} & traffic.evaluation().rows.keys()
