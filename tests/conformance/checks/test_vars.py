from typing import Any

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome
from tests.conformance.kit import judged, no, ok


@pytest.mark.parametrize(
    ("row", "labels"),
    [
        ("VARS-011", ("too many", "too many secrets", "too large")),
        ("VARS-012", ("reserved PATH",)),
        ("VARS-018", ("not ASCII",)),
    ],
)
def test_variables_beyond_the_rules_are_refused(row: str, labels: tuple[str, ...]):
    control = ok("variable_limits", "at the limits", {})
    refused = [no("variable_limits", label, 400, "INVALID_ENV") for label in labels]
    taken = [ok("variable_limits", labels[-1], {})]

    assert judged(row, control, *refused).outcome is Outcome.PASSED
    assert judged(row, control, *refused, *taken).reason == "accepted"
    assert (
        judged(row, no("variable_limits", "at the limits", 400, "INVALID_ENV"), *refused).reason
        == "control-failed"
    )


@pytest.mark.parametrize(
    ("bare", "with_env", "reason"),
    [
        (None, None, None),
        (None, {"OWN_WORD": "o"}, None),
        (None, {"OWN_WORD": "o", "OF_EXCHANGE": "e"}, "no-reading"),
        ({"OF_EXCHANGE": "e"}, {"OWN_WORD": "o"}, "no-reading"),
    ],
)
def test_env_of_a_token_is_never_the_exchanges(bare: Any, with_env: Any, reason: str | None):
    told = [
        ok("token_env", "bare: task", {"env": bare}),
        ok("token_env", "with env: task", {"env": with_env}),
    ]

    assert judged("VARS-016", *told, noted={"own": "o"}).reason == reason
